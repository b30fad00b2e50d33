/* SPDX-License-Identifier: MIT */
/*
 * kept_files.c - holds files open, or copies of them.
 */
#include "profiler/collector/kept_files.h"

#include "profiler/base/memory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    FEWEST = 16,
    MOST = 4096,
    TRIES = 4,             /* a module whose first processes had ended may be in later ones */
    SHARE = 4,             /* of the limit of open files; clocks and processes need the rest */
    NAMES_SHARE = 2,       /* of that, for each kind, and in addition to it */
    COPY_LIMIT = 64 << 20, /* of one file: some 10 ms, in which the rings do not fill up */
    COPIES_LIMIT = 256 << 20,
};

/* <linux/magic.h> leaves the first out, and older ones the second. */
#define MAGIC_CIFS 0xFF534D42
#define MAGIC_SMB2 0xFE534D42

/* Mounts are told apart by their number (Linux 5.8), else by their device. 0: not known. */
static uint64_t mount_of(int directory, const char *path)
{
    struct statx status;
    if (statx(directory, path, AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &status) != 0)
        return 0;
    if (status.stx_mask & STATX_MNT_ID)
        return status.stx_mnt_id;
    return (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor;
}

static uint32_t usual_most(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / SHARE < FEWEST)
        return FEWEST;
    return limit.rlim_cur / SHARE < MOST ? (uint32_t)(limit.rlim_cur / SHARE) : MOST;
}

void kept_files_init(struct kept_files *files, uint32_t most)
{
    most = most ? most : usual_most();
    *files = (struct kept_files){.modules.most = most};
    for (int kind = 0; kind < KEPT_NAMES; kind++)
        files->names[kind].most = (most + NAMES_SHARE - 1) / NAMES_SHARE;
    files->mounts[0] = mount_of(AT_FDCWD, "/");
    files->mounts[1] = mount_of(AT_FDCWD, ".");
    files->mounts[2] = mount_of(AT_FDCWD, "/proc/self/exe");
}

static void release_list(struct kept_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->files[i].fd >= 0)
            close(list->files[i].fd);
    }
    free(list->files);
}

void kept_files_release(struct kept_files *files)
{
    release_list(&files->modules);
    for (int kind = 0; kind < KEPT_NAMES; kind++)
        release_list(&files->names[kind]);
    for (uint32_t i = 0; i < files->root_count; i++)
        close(files->roots[i].fd);
    free(files->roots);
    free(files->tries);
    *files = (struct kept_files){0};
}

static uint8_t *tries_of(struct kept_files *files, uint32_t module)
{
    if (module >= files->tries_count) {
        uint32_t count = module + 64;
        files->tries = memory_resize(files->tries, count, 1);
        memset(files->tries + files->tries_count, 0, count - files->tries_count);
        files->tries_count = count;
    }
    return &files->tries[module];
}

bool kept_files_want(struct kept_files *files, uint32_t module)
{
    uint8_t *tries = tries_of(files, module);
    return *tries < TRIES && ++*tries;
}

/* Whether holding the file open changes nothing for anybody. A file that is deleted from a network
 * file system while it is open stays in its folder under another name, which cannot be removed. */
static bool may_hold(const struct kept_files *files, int fd)
{
    struct statfs system;
    if (fstatfs(fd, &system) == 0) {
        uint32_t type = (uint32_t)system.f_type;
        if (type == NFS_SUPER_MAGIC || type == MAGIC_CIFS || type == MAGIC_SMB2)
            return false;
    }
    uint64_t mount = mount_of(fd, "");
    for (int i = 0; mount && i < KEPT_FILES_MOUNTS; i++) {
        if (files->mounts[i] == mount)
            return true;
    }
    return false;
}

/* A copy without a name, or -1. */
static int copy_of(struct kept_files *files, int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0 || status.st_size > COPY_LIMIT ||
        files->copied + (uint64_t)status.st_size > COPIES_LIMIT)
        return -1;
    int copy = memfd_create("prof", MFD_CLOEXEC);
    off_t from = 0;
    while (copy >= 0 && from < status.st_size) {
        ssize_t part = sendfile(copy, fd, &from, (size_t)(status.st_size - from));
        if (part > 0)
            continue;
        close(copy);
        return -1;
    }
    if (copy >= 0) {
        const struct timespec times[2] = {status.st_atim, status.st_mtim};
        futimens(copy, times); // it may have to be told from another one's
        files->copied += (uint64_t)status.st_size;
    }
    return copy;
}

/* What can be kept in place of a descriptor, which is taken: itself, a copy, or nothing. */
static int keepable(struct kept_files *files, int fd)
{
    if (may_hold(files, fd))
        return fd;
    int copy = copy_of(files, fd);
    close(fd);
    return copy;
}

/* The root's index, or -1 where it cannot be held. */
static int keep_root(struct kept_files *files, int fd)
{
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        return -1;
    for (uint32_t i = 0; i < files->root_count; i++) {
        if (files->roots[i].device == status.st_dev && files->roots[i].inode == status.st_ino)
            return (int)i;
    }
    int own = may_hold(files, fd) ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (own < 0)
        return -1;
    *array_push(&files->roots, &files->root_count, &files->root_capacity) =
        (struct kept_root){own, status.st_dev, status.st_ino};
    return (int)files->root_count - 1;
}

static void drop(struct kept_files *files, struct kept_list *list, struct kept_file *file)
{
    close(file->fd);
    file->fd = -1;
    list->open--;
    files->dropped++;
}

static void drop_oldest(struct kept_files *files, struct kept_list *list)
{
    while (list->oldest < list->count && list->files[list->oldest].fd < 0)
        list->oldest++;
    if (list->oldest == list->count)
        return;
    drop(files, list, &list->files[list->oldest]);
}

static void add(struct kept_files *files, struct kept_list *list, struct kept_file file)
{
    if (list->open >= list->most)
        drop_oldest(files, list);
    *array_push(&list->files, &list->count, &list->capacity) = file;
    list->open++;
}

void kept_files_add_module(struct kept_files *files, uint32_t module, int fd, int root)
{
    int kept = keepable(files, fd);
    *tries_of(files, module) = TRIES;
    if (kept >= 0)
        add(files, &files->modules, (struct kept_file){module, kept, keep_root(files, root)});
}

static struct kept_file *find(const struct kept_list *list, uint32_t id)
{
    for (uint32_t i = list->count; i-- > 0;) {
        if (list->files[i].id == id && list->files[i].fd >= 0)
            return &list->files[i];
    }
    return NULL;
}

/* A program that has the number of an earlier one writes over its file. */
static void drop_overwritten(struct kept_files *files, struct kept_list *list, int fd)
{
    struct stat now, held;
    for (uint32_t i = list->oldest; i < list->count && fstat(fd, &now) == 0; i++) {
        struct kept_file *file = &list->files[i];
        if (file->fd >= 0 && fstat(file->fd, &held) == 0 && held.st_ino == now.st_ino &&
            held.st_dev == now.st_dev)
            drop(files, list, file);
    }
}

/* They have a limit, too: a build may start a thousand programs that compile at run time. */
void kept_files_add_names(struct kept_files *files, enum kept_names kind, uint32_t process, int fd)
{
    drop_overwritten(files, &files->names[kind], fd);
    add(files, &files->names[kind], (struct kept_file){process, fd, -1});
}

bool kept_files_has_names(const struct kept_files *files, enum kept_names kind, uint32_t process)
{
    const struct kept_list *list = &files->names[kind];
    for (uint32_t i = list->count; i-- > 0;) {
        if (list->files[i].id == process)
            return true; // one that was dropped would only drop others
    }
    return false;
}

void kept_files_settle_names(struct kept_files *files, uint32_t process)
{
    for (int kind = 0; kind < KEPT_NAMES; kind++) {
        struct kept_list *list = &files->names[kind];
        struct kept_file *file = find(list, process);
        if (file)
            file->fd = keepable(files, file->fd);
        list->open -= file && file->fd < 0;
    }
}

static const char *path_of(int fd, char path[KEPT_FILES_PATH])
{
    snprintf(path, KEPT_FILES_PATH, "/proc/self/fd/%d", fd);
    return path;
}

const char *kept_files_module(const struct kept_files *files, uint32_t module,
                              char path[KEPT_FILES_PATH])
{
    const struct kept_file *kept = find(&files->modules, module);
    return kept ? path_of(kept->fd, path) : NULL;
}

const char *kept_files_root(const struct kept_files *files, uint32_t module,
                            char path[KEPT_FILES_PATH])
{
    const struct kept_file *kept = find(&files->modules, module);
    return kept && kept->root >= 0 ? path_of(files->roots[kept->root].fd, path) : NULL;
}

const char *kept_files_names(const struct kept_files *files, enum kept_names kind, uint32_t process,
                             char path[KEPT_FILES_PATH])
{
    const struct kept_file *kept = find(&files->names[kind], process);
    return kept ? path_of(kept->fd, path) : NULL;
}
