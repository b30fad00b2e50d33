/* SPDX-License-Identifier: MIT */
/*
 * spawns - starts /bin/true and /bin/false by posix_spawn, system, popen and vfork.
 */
#include "tests/targets/target.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int wait_for(pid_t pid)
{
    int status;
    TARGET_CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static int by_posix_spawn(const char *program)
{
    char *arguments[] = {(char *)program, NULL};
    pid_t pid;
    TARGET_CHECK(posix_spawn(&pid, program, NULL, NULL, arguments, environ) == 0);
    return wait_for(pid);
}

static int by_vfork(const char *program)
{
    pid_t pid = vfork();
    if (pid == 0) {
        execl(program, program, (char *)NULL);
        _exit(98);
    }
    return wait_for(pid);
}

static int by_popen(const char *program)
{
    FILE *stream = popen(program, "r");
    TARGET_CHECK(stream);
    return pclose(stream);
}

static int by_system(const char *program)
{
    return system(program);
}

static const struct way {
    const char *name;
    int (*run)(const char *program);
} ways[] = {
    {"posix_spawn", by_posix_spawn},
    {"vfork", by_vfork},
    {"popen", by_popen},
    {"system", by_system},
};

int main(void)
{
    for (int turn = 0; turn < 5; turn++) {
        target_spin_ms(20);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
            printf("%s %#x %#x\n", ways[i].name, (unsigned)ways[i].run("/bin/true"),
                   (unsigned)ways[i].run("/bin/false"));
    }
    return 0;
}
