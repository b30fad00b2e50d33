/* SPDX-License-Identifier: MIT */
/*
 * kills_newborns - forks many children and kills each one somewhere in its first instants.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 100, TURNS_PER_STEP = 10000 };

int main(int argc, char **argv)
{
    int children = target_number(argc, argv, 3000), killed = 0;
    for (int i = 0; i < children; i++) {
        pid_t pid = fork();
        TARGET_CHECK(pid >= 0);
        if (pid == 0) {
            for (volatile unsigned turns = 0;; turns++) {
            }
        }
        for (volatile int turns = 0; turns < i % STEPS * TURNS_PER_STEP; turns++) {
        }
        int status;
        TARGET_CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
        killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    target_spin_ms(50);
    printf("%d of %d killed\n", killed, children);
    return 0;
}
