/* SPDX-License-Identifier: MIT */
/*
 * exec_chain - forks and execs itself N deep (4 by default), then execs once without a fork.
 */
#include "tests/targets/target.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void exec_self(char *program, int depth, const char *how)
{
    char number[16];
    snprintf(number, sizeof number, "%d", depth);
    execl("/proc/self/exe", program, number, how, (char *)NULL);
    TARGET_CHECK(!"execl returned");
}

int main(int argc, char **argv)
{
    int depth = target_number(argc, argv, 4);
    const char *how = argc > 2 ? argv[2] : "started";
    target_spin_ms(30);
    printf("%s, %d to go\n", how, depth);
    fflush(stdout);
    if (strcmp(how, "replaced") == 0)
        return 40 + depth;
    if (depth == 0)
        exec_self(argv[0], 0, "replaced");
    pid_t pid = fork();
    TARGET_CHECK(pid >= 0);
    if (pid == 0)
        exec_self(argv[0], depth - 1, "forked");
    int status;
    TARGET_CHECK(waitpid(pid, &status, 0) == pid);
    return WEXITSTATUS(status) + 1;
}
