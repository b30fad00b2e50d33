/* SPDX-License-Identifier: MIT */
/*
 * output.c - the file a recording is written to.
 */
#include "profiler/recording/output.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "profiler/recording/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_FLAGS = O_CLOEXEC | O_NOCTTY };

/* Only a lock held by somebody else is a refusal: not every file system knows locks. */
static int lock(int fd, const char *path, struct error *error)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return 0;
    return error_set(error, EWOULDBLOCK, "another process is writing to %s", path);
}

static bool starts_with_magic(int fd)
{
    char start[sizeof RECORDING_MAGIC - 1];
    return pread(fd, start, sizeof start, 0) == (ssize_t)sizeof start &&
           memcmp(start, RECORDING_MAGIC, sizeof start) == 0;
}

static int keep_as_old(const char *path, struct error *error)
{
    struct text old = TEXT_INIT;
    text_printf(&old, "%s.old", path);
    int result = rename(path, old.data);
    if (result < 0)
        error_errno(error, "cannot move %s to %s", path, old.data);
    text_release(&old);
    return result;
}

/* Deals with a regular file that is in the way: `*empty` becomes its descriptor when it is empty
 * and can be written to, and stays -1 when it was moved. */
static int make_way(const char *path, int *empty, struct error *error)
{
    struct stat status;
    int result = -1;
    int fd = open(path, O_RDWR | OPEN_FLAGS);
    if (fd < 0)
        return error_errno(error, "cannot open %s", path);
    if (lock(fd, path, error) < 0)
        goto cleanup;
    if (fstat(fd, &status) < 0) {
        error_errno(error, "cannot look at %s", path);
    } else if (status.st_size == 0) {
        *empty = fd;
        return 0;
    } else if (!starts_with_magic(fd)) {
        error_set(error, EEXIST, "%s is there already and is not a recording of prof", path);
    } else {
        result = keep_as_old(path, error);
    }
cleanup:
    close(fd);
    return result;
}

static int create_new(const char *path, struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | OPEN_FLAGS, 0666);
    if (fd < 0)
        return error_errno(error, "cannot create %s", path);
    if (lock(fd, path, error) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int create_at(const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return create_new(path, error);
    if (!S_ISREG(status.st_mode)) {
        int fd = open(path, O_WRONLY | OPEN_FLAGS);
        return fd < 0 ? error_errno(error, "cannot open %s", path) : fd;
    }
    int empty = -1;
    if (make_way(path, &empty, error) < 0)
        return -1;
    return empty >= 0 ? empty : create_new(path, error);
}

int output_create(struct output *output, const char *path, struct error *error)
{
    // A link is followed by hand: renaming one (/dev/stdout is one) would not move its file.
    char *resolved = realpath(path, NULL);
    int fd = create_at(resolved ? resolved : path, error);
    free(resolved);
    if (fd < 0)
        return -1;
    *output = (struct output){.fd = fd};
    return 0;
}

int output_open(struct output *output, const char *path, struct error *error)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_NONBLOCK | OPEN_FLAGS);
    if (fd < 0)
        return error_errno(error, "cannot open %s to write", path);
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        error_set(error, 0, "%s is not a regular file", path);
        goto failed;
    }
    if (lock(fd, path, error) < 0)
        goto failed;
    *output = (struct output){.fd = fd, .size = (uint64_t)status.st_size};
    return 0;
failed:
    close(fd);
    return -1;
}

int output_cut(struct output *output, uint64_t size, const char *path, struct error *error)
{
    if (size != output->size && ftruncate(output->fd, (off_t)size) < 0)
        return error_errno(error, "cannot cut the damaged end off %s", path);
    if (lseek(output->fd, (off_t)size, SEEK_SET) < 0)
        return error_errno(error, "cannot write at the end of %s", path);
    output->size = size;
    return 0;
}

int output_write(struct output *output, const void *bytes, size_t size, struct error *error)
{
    size_t done = 0;
    while (done < size) {
        ssize_t written = write(output->fd, (const char *)bytes + done, size - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            errno = written < 0 ? errno : ENOSPC;
            error_errno(error, "cannot write the recording");
            int ignored = ftruncate(output->fd, (off_t)output->size);
            (void)ignored; // readers stop at a cut chunk as well
            return -1;
        }
        done += (size_t)written;
    }
    output->size += size;
    return 0;
}

int output_close(struct output *output, struct error *error)
{
    int fd = output->fd;
    output->fd = -1;
    // Linux has closed the descriptor even when close was interrupted.
    if (close(fd) < 0 && errno != EINTR)
        return error_errno(error, "cannot write the recording");
    return 0;
}
