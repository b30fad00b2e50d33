/* SPDX-License-Identifier: MIT */
/*
 * browser.c - shows a file in the user's browser.
 */
#include "profiler/cli/browser.h"

#include "profiler/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a process of its own group and without our streams, so that it outlives prof and is silent. */
static void become(const char *program, const char *path)
{
    int fd = open("/dev/null", O_RDWR);
    setsid();
    for (int stream = 0; stream <= 2 && fd >= 0; stream++)
        dup2(fd, stream);
    execlp(program, program, path, (char *)NULL);
    _exit(127);
}

static bool is_there(const char *program)
{
    const char *folders = getenv("PATH");
    if (strchr(program, '/'))
        return access(program, X_OK) == 0;
    bool found = false;
    for (const char *at = folders ? folders : "/usr/bin:/bin"; *at && !found;) {
        size_t size = strcspn(at, ":");
        struct text file = TEXT_INIT;
        text_printf(&file, "%.*s/%s", (int)size, at, program);
        found = access(file.data, X_OK) == 0;
        text_release(&file);
        at += size + (at[size] == ':');
    }
    return found;
}

int browser_open(const char *path, struct error *error)
{
    const char *programs[] = {getenv("BROWSER"), "xdg-open", "sensible-browser", "open"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (!programs[i] || !programs[i][0] || !is_there(programs[i]))
            continue;
        pid_t pid = fork();
        if (pid < 0)
            return error_errno(error, "cannot start %s", programs[i]);
        if (pid == 0) {
            if (fork() == 0) // the grandchild has no parent that would have to wait for it
                become(programs[i], path);
            _exit(0);
        }
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        return 0;
    }
    return error_set(error, 0,
                     "there is no browser to open %s with: set BROWSER, or install "
                     "xdg-open",
                     path);
}
