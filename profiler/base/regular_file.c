/* SPDX-License-Identifier: MIT */
/*
 * regular_file.c - O_PATH names a file without opening it.
 */
#include "profiler/base/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Opens what the descriptor names. Without /proc, what is at the path by now, if that is the same.
 */
static int open_named(int named, const char *path, const struct stat *status)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    char link[32];
    struct stat now;
    snprintf(link, sizeof link, "/proc/self/fd/%d", named);
    int fd = open(link, flags);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = open(path, flags);
    if (fd < 0 || (fstat(fd, &now) == 0 && now.st_dev == status->st_dev &&
                   now.st_ino == status->st_ino && S_ISREG(now.st_mode)))
        return fd;
    close(fd);
    errno = ESTALE;
    return -1;
}

int regular_file_open(const char *path, struct stat *status, struct error *error)
{
    int fd = -1, named = open(path, O_PATH | O_CLOEXEC);
    struct stat found;
    if (named < 0)
        return error_errno(error, "cannot open %s", path);
    if (fstat(named, &found) < 0)
        error_errno(error, "cannot look at %s", path);
    else if (!S_ISREG(found.st_mode))
        error_set(error, 0, "%s is not a regular file", path);
    else if ((fd = open_named(named, path, &found)) < 0)
        error_errno(error, "cannot open %s", path);
    else if (fstat(fd, status) < 0) { // its size may be another by now
        error_errno(error, "cannot look at %s", path);
        close(fd);
        fd = -1;
    }
    close(named);
    return fd;
}
