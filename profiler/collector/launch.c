/* SPDX-License-Identifier: MIT */
/*
 * launch.c - starts the command with the sampler preloaded.
 */
#include "profiler/collector/launch.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "profiler/channel/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A variable with something put before or after what the user has in it. */
static char *variable(const char *name, const char *value, char separator, bool before)
{
    struct text text = TEXT_INIT;
    const char *present = getenv(name);
    text_printf(&text, "%s=", name);
    if (present && present[0] && !before)
        text_printf(&text, "%s%c", present, separator);
    text_append_string(&text, value);
    if (present && present[0] && before)
        text_printf(&text, "%c%s", separator, present);
    return text_take(&text);
}

static bool replaced(const char *entry, char *const *additions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(entry, additions[i], strcspn(additions[i], "=") + 1) == 0)
            return true;
    }
    return false;
}

/* Our environment with additions in it; only those are our own memory. */
struct environment {
    char **all;
    char *additions[3];
    size_t addition_count;
};

static void make_environment(struct environment *e, const struct launch_options *options)
{
    size_t kept = 0, have = 0;
    e->addition_count = 0;
    if (options->library && options->session) {
        struct text session = TEXT_INIT;
        text_printf(&session, CHANNEL_ENVIRONMENT "=%s", options->session);
        e->additions[e->addition_count++] = variable("LD_PRELOAD", options->library, ':', true);
        e->additions[e->addition_count++] = text_take(&session);
        // the ASan runtime aborts when another library is preloaded before it
        if (options->address_sanitizer)
            e->additions[e->addition_count++] =
                variable("ASAN_OPTIONS", "verify_asan_link_order=0", ':', false);
    }
    while (environ[have])
        have++;
    e->all = memory_new(have + e->addition_count + 1, sizeof *e->all);
    for (size_t i = 0; i < have; i++) {
        if (!replaced(environ[i], e->additions, e->addition_count))
            e->all[kept++] = environ[i];
    }
    for (size_t i = 0; i < e->addition_count; i++)
        e->all[kept++] = e->additions[i];
}

static void release_environment(struct environment *e)
{
    for (size_t i = 0; i < e->addition_count; i++)
        free(e->additions[i]);
    free(e->all);
}

pid_t launch_command(const struct launch_options *options, struct error *error)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return error_errno(error, "cannot make a pipe");
    struct environment environment;
    make_environment(&environment, options);
    pid_t pid = fork();
    if (pid == 0) {
        if (options->ignore_child)
            signal(SIGCHLD, SIG_IGN);
        sigprocmask(SIG_SETMASK, options->mask, NULL);
        setrlimit(RLIMIT_NOFILE, options->files);
        if (options->path)
            execve(options->path, options->arguments, environment.all);
        else
            execvpe(options->arguments[0], options->arguments, environment.all);
        int cause = errno;
        ssize_t ignored = write(fds[1], &cause, sizeof cause);
        (void)ignored;
        _exit(127);
    }
    int fork_errno = errno;
    release_environment(&environment);
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        errno = fork_errno;
        return error_errno(error, "cannot start a process");
    }
    // closed by a successful exec; otherwise the cause arrives
    int cause = 0;
    ssize_t got;
    do
        got = read(fds[0], &cause, sizeof cause);
    while (got < 0 && errno == EINTR);
    close(fds[0]);
    if (got == (ssize_t)sizeof cause) {
        error_set(error, cause, "cannot run '%s': %s", options->arguments[0], strerror(cause));
        return -1;
    }
    return pid;
}

int launch_find_library(char *path, size_t size, struct error *error)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return error_errno(error, "cannot find out where prof is");
    self[length] = '\0';
    for (int levels = 0; levels < 2; levels++) {
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = '\0';
    }
    snprintf(path, size, "%s/lib/prof/libprof.so", self);
    if (path[strcspn(path, " :")])
        return error_set(error, 0,
                         "the sampler cannot be preloaded from %s, because the loader "
                         "splits that path at blanks and colons",
                         path);
    if (access(path, R_OK) < 0)
        return error_errno(error, "cannot read the sampler library %s", path);
    return 0;
}
