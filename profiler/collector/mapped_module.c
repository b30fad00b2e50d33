/* SPDX-License-Identifier: MIT */
/*
 * mapped_module.c - candidates in order, each checked before it is believed.
 */
#include "profiler/collector/mapped_module.h"

#include "profiler/base/clock.h"
#include "profiler/base/regular_file.h"
#include "profiler/collector/elf_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char deleted[] = " (deleted)";

size_t mapped_module_path_length(const char *path, size_t size)
{
    const size_t tail = sizeof deleted - 1;
    char copy[PATH_MAX];
    if (size <= tail || size >= sizeof copy || memcmp(path + size - tail, deleted, tail) != 0)
        return size;
    memcpy(copy, path, size);
    copy[size] = '\0';
    return access(copy, F_OK) == 0 ? size : size - tail;
}

/* What the kernel says of the first mapping of a file in the range. */
struct vma {
    uint64_t start, end, inode; /* inode 0: not known */
    bool deleted;
};

static struct vma find_vma(const struct mapped_module *module)
{
    char name[64], line[PATH_MAX + 128];
    struct vma vma = {0};
    snprintf(name, sizeof name, "/proc/%d/maps", (int)module->pid);
    FILE *maps = module->pid ? fopen(name, "re") : NULL;
    while (maps && !vma.inode && fgets(line, sizeof line, maps)) {
        uint64_t start, end, inode;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %" SCNu64, &start, &end, &inode) ==
                3 &&
            start >= module->start && start < module->end)
            vma = (struct vma){start, end, inode, strstr(line, " (deleted)\n") != NULL};
    }
    if (maps)
        fclose(maps);
    return vma;
}

static bool has_build_id(int fd, const struct mapped_module *module)
{
    char path[64];
    struct elf_file elf;
    size_t size;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (elf_file_open(&elf, path, NULL) != 0)
        return false;
    const uint8_t *id = elf_file_build_id(&elf, &size);
    bool same = id && size == module->build_id_size && memcmp(id, module->build_id, size) == 0;
    elf_file_close(&elf);
    return same;
}

/* Opens a candidate; -1 when it is not the one. `believed`: what the path leads to cannot be
 * another file. */
static int try_path(const struct mapped_module *module, const struct vma *vma, const char *path,
                    bool believed)
{
    struct stat status;
    int fd = regular_file_open(path, &status, NULL);
    if (fd < 0)
        return -1;
    bool same;
    if (module->build_id_size)
        same = has_build_id(fd, module);
    else
        same = believed || (vma->inode && status.st_ino == vma->inode);
    if (same)
        return fd;
    close(fd);
    return -1;
}

static bool same_file(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

/* Whether paths mean the same in that process as here. */
static bool sees_what_we_see(pid_t pid)
{
    char root[64], mounts[64];
    snprintf(root, sizeof root, "/proc/%d/root", (int)pid);
    snprintf(mounts, sizeof mounts, "/proc/%d/ns/mnt", (int)pid);
    return same_file(root, "/") && same_file(mounts, "/proc/self/ns/mnt");
}

/* What the path leads to from here. The kernel marks paths of files that were deleted or replaced,
 * so that without a build-id and where inode numbers do not help, a path without the mark is good.
 */
static int open_own(const struct mapped_module *module, const struct vma *vma)
{
    bool unknown = !module->pid || !vma->inode;
    bool believed = unknown || (!vma->deleted && sees_what_we_see(module->pid));
    return try_path(module, vma, module->path, believed);
}

int mapped_module_open(const struct mapped_module *module, int *root)
{
    char path[PATH_MAX + 64];
    *root = -1;
    if (module->build_id_size) {
        int fd = try_path(module, &(struct vma){0}, module->path, false);
        if (fd >= 0 || !module->pid)
            return fd;
    }
    struct vma vma = find_vma(module);
    int fd = module->build_id_size ? -1 : open_own(module, &vma);
    if (fd >= 0 || !module->pid)
        return fd;
    snprintf(path, sizeof path, "/proc/%d/root", (int)module->pid);
    *root = same_file(path, "/") ? -1 : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)module->pid,
             vma.start, vma.end);
    fd = vma.inode ? try_path(module, &vma, path, true) : -1;
    if (fd >= 0)
        return fd;
    snprintf(path, sizeof path, "/proc/%d/exe", (int)module->pid);
    fd = module->is_program ? try_path(module, &vma, path, true) : -1;
    if (fd >= 0)
        return fd;
    snprintf(path, sizeof path, "/proc/%d/root%s", (int)module->pid, module->path);
    return try_path(module, &vma, path, false);
}

/* Kernels stamp files with the time of the last tick. */
static bool was_written_since(const struct stat *status, uint64_t since_ns)
{
    const uint64_t tick = 20000000;
    uint64_t written =
        (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec;
    uint64_t ago = clock_read_ns(CLOCK_MONOTONIC) - since_ns;
    return written + ago + tick >= clock_read_ns(CLOCK_REALTIME);
}

bool mapped_module_is_trusted(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
           (status.st_uid == geteuid() || status.st_uid == 0) && !(status.st_mode & S_IWOTH);
}

/* `below`: a link of /proc/PID, with the rest of the path. */
static int open_jit_file(pid_t pid, const char *below, const char *name, uint64_t since_ns)
{
    char path[128];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/%s/%s", (int)pid, below, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_uid == geteuid() || status.st_uid == 0) && was_written_since(&status, since_ns))
        return fd;
    close(fd);
    return -1;
}

int mapped_module_open_jit_map(pid_t pid, uint32_t inner_pid, uint64_t since_ns)
{
    char name[32];
    snprintf(name, sizeof name, "perf-%" PRIu32 ".map", inner_pid);
    return open_jit_file(pid, "root/tmp", name, since_ns);
}

int mapped_module_open_jit_dump(pid_t pid, uint32_t inner_pid, uint64_t since_ns)
{
    static const char *const places[] = {"root/tmp", "cwd"};
    char name[32];
    int fd = -1;
    snprintf(name, sizeof name, "jit-%" PRIu32 ".dump", inner_pid);
    for (size_t i = 0; i < sizeof places / sizeof *places && fd < 0; i++)
        fd = open_jit_file(pid, places[i], name, since_ns);
    if (fd < 0 || mapped_module_is_trusted(fd))
        return fd;
    close(fd);
    return -1;
}
