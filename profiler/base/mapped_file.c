/* SPDX-License-Identifier: MIT */
/*
 * mapped_file.c - maps a regular file.
 */
#include "profiler/base/mapped_file.h"

#include "profiler/base/regular_file.h"

#include <sys/mman.h>
#include <unistd.h>

int mapped_file_open(struct mapped_file *file, const char *path, struct error *error)
{
    struct stat status;
    int fd = regular_file_open(path, &status, error);
    return fd < 0 ? -1 : mapped_file_take(file, fd, &status, path, error);
}

int mapped_file_take(struct mapped_file *file, int fd, const struct stat *status, const char *path,
                     struct error *error)
{
    void *data = NULL;
    if (status->st_size > 0)
        data = mmap(NULL, (size_t)status->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        error_errno(error, "cannot map %s", path);
        close(fd);
        return -1;
    }
    close(fd);
    *file = (struct mapped_file){
        .data = data,
        .size = (size_t)status->st_size,
        .device = status->st_dev,
        .inode = status->st_ino,
        .owner = status->st_uid,
        .mode = status->st_mode,
        .modified_ns = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec,
    };
    return 0;
}

void mapped_file_forget(const struct mapped_file *file)
{
    if (file->data)
        madvise((void *)file->data, file->size, MADV_DONTNEED);
}

void mapped_file_close(struct mapped_file *file)
{
    if (file->data)
        munmap((void *)file->data, file->size);
    *file = (struct mapped_file){0};
}
