/* SPDX-License-Identifier: MIT */
/*
 * daemonizes - forks twice, leaves its session and closes every descriptor, then works on.
 */
#include "tests/targets/target.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_everything(void)
{
    for (int fd = 0; fd < 1024; fd++)
        close(fd);
}

/* With every descriptor closed, what the daemon opens next must be 0, 1 and 2. */
static _Noreturn void daemon_main(const char *result, const char *unfinished)
{
    close_everything();
    if (chdir("/") != 0)
        _exit(99);
    int first = open("/dev/null", O_RDWR);
    int second = dup(first);
    target_spin_ms(100);
    int fd = open(unfinished, O_WRONLY | O_CREAT | O_EXCL, 0600);
    char line[64];
    int length = snprintf(line, sizeof line, "daemon: descriptors %d %d %d\n", first, second, fd);
    if (write(fd, line, (size_t)length) != length || rename(unfinished, result) != 0)
        _exit(99);
    _exit(0);
}

static void start_daemon(const char *result, const char *unfinished)
{
    pid_t child = fork();
    TARGET_CHECK(child >= 0);
    if (child == 0) {
        TARGET_CHECK(setsid() >= 0);
        pid_t grandchild = fork();
        TARGET_CHECK(grandchild >= 0);
        if (grandchild == 0)
            daemon_main(result, unfinished);
        _exit(0);
    }
    TARGET_CHECK(waitpid(child, NULL, 0) == child);
}

static int print_when_there(const char *result)
{
    for (int tries = 0; tries < 2000; tries++) {
        FILE *stream = fopen(result, "r");
        if (stream) {
            char line[64];
            TARGET_CHECK(fgets(line, sizeof line, stream));
            fclose(stream);
            fputs(line, stdout);
            return 0;
        }
        usleep(10000);
    }
    puts("the daemon left nothing behind");
    return 1;
}

int main(void)
{
    char folder[PATH_MAX - 32];
    char result[PATH_MAX], unfinished[PATH_MAX];
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/daemonizes.XXXXXX", temporary ? temporary : "/tmp");
    TARGET_CHECK(mkdtemp(folder));
    snprintf(result, sizeof result, "%s/result", folder);
    snprintf(unfinished, sizeof unfinished, "%s/unfinished", folder);
    start_daemon(result, unfinished);
    int status = print_when_there(result);
    unlink(result);
    rmdir(folder);
    return status;
}
