/* SPDX-License-Identifier: MIT */
/*
 * destination.c - where results go.
 */
#include "profiler/cli/destination.h"

#include "profiler/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

static int write_beside(const char *path, const struct text *text, struct error *error)
{
    struct text temporary = TEXT_INIT;
    text_printf(&temporary, "%s.%d.tmp", path, (int)getpid());
    int result = -1;
    int fd = open(temporary.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        error_errno(error, "cannot create %s", path);
        goto cleanup;
    }
    bool failed = write_all(fd, text->data, text->length) < 0;
    int cause = errno;
    if (close(fd) < 0 && !failed) {
        failed = true;
        cause = errno;
    }
    if (!failed && rename(temporary.data, path) < 0) {
        failed = true;
        cause = errno;
    }
    if (failed) {
        unlink(temporary.data);
        errno = cause;
        error_errno(error, "cannot write %s", path);
        goto cleanup;
    }
    result = 0;
cleanup:
    text_release(&temporary);
    return result;
}

int destination_write(const char *path, const struct text *text, struct error *error)
{
    struct stat status;
    if (strcmp(path, "-") == 0) {
        // closed when prof began: main has put something in its place, for itself only
        if (fcntl(STDOUT_FILENO, F_GETFD) & FD_CLOEXEC)
            return error_set(error, EBADF, "cannot write to standard output: it is closed");
        if (write_all(STDOUT_FILENO, text->data, text->length) < 0)
            return error_errno(error, "cannot write to standard output");
        return 0;
    }
    // a pipe or a device cannot be replaced, only written to
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write_all(fd, text->data, text->length) < 0) {
            error_errno(error, "cannot write %s", path);
            if (fd >= 0)
                close(fd);
            return -1;
        }
        close(fd);
        return 0;
    }
    return write_beside(path, text, error);
}

static char *expand(const char *pattern, pid_t pid, unsigned counter)
{
    struct text name = TEXT_INIT;
    for (; *pattern; pattern++) {
        if (pattern[0] == '%' && pattern[1] == 'p')
            text_printf(&name, "%d", (int)pid);
        else if (pattern[0] == '%' && pattern[1] == 'n')
            text_printf(&name, "%u", counter);
        else if (pattern[0] == '%' && pattern[1] == '%')
            text_append_char(&name, '%');
        else {
            text_append_char(&name, *pattern);
            continue;
        }
        pattern++;
    }
    return text_take(&name);
}

char *destination_expand(const char *pattern, pid_t pid)
{
    bool counted = false;
    for (const char *at = pattern; *at; at++) {
        if (at[0] == '%' && at[1]) {
            counted |= at[1] == 'n';
            at++;
        }
    }
    for (unsigned counter = 1;; counter++) {
        char *name = expand(pattern, pid, counter);
        if (!counted || access(name, F_OK) < 0)
            return name;
        free(name);
    }
}
