/* SPDX-License-Identifier: MIT */
/*
 * debuginfod.c - runs debuginfod-find.
 */
#include "symbolizer/debuginfod.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starts the command, its output going to the pipe. Its own messages are not ours to show. */
static bool start(pid_t *pid, const char *build_id, int output)
{
    char *arguments[] = {(char *)"debuginfod-find", (char *)"debuginfo", (char *)build_id, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failure = posix_spawnp(pid, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failure == 0;
}

bool debuginfod_fetch(const char *build_id, struct text *path)
{
    int ends[2], status = -1;
    size_t before = path->length;
    char part[4096];
    ssize_t size;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    bool started = start(&pid, build_id, ends[1]);
    close(ends[1]);
    while (started && (size = read(ends[0], part, sizeof part)) > 0)
        text_append(path, part, (size_t)size);
    if (started && size < 0 && errno == EINTR)
        kill(pid, SIGTERM); // whoever handles a signal without restarting wants this to end
    close(ends[0]);
    while (started && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (path->length > before && path->data[path->length - 1] == '\n')
        path->data[--path->length] = '\0';
    return status == 0 && path->length > before;
}

bool debuginfod_cache(struct text *path)
{
    const char *cache = getenv("DEBUGINFOD_CACHE_PATH");
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache)
        text_append_string(path, cache);
    else if (xdg && *xdg)
        text_printf(path, "%s/debuginfod_client", xdg);
    else if (home && *home)
        text_printf(path, "%s/.cache/debuginfod_client", home);
    return path->length > 0;
}
