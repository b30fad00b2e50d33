/* SPDX-License-Identifier: MIT */
/*
 * fork_workers - a parent and four children that spin at the same time.
 */
#include "tests/targets/target.h"

#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 4 };

int main(void)
{
    pid_t pids[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        pids[i] = fork();
        TARGET_CHECK(pids[i] >= 0);
        if (pids[i] == 0) {
            target_spin_ms(20 * (i + 1));
            exit(10 + i);
        }
    }
    target_spin_ms(50);
    for (int i = 0; i < WORKERS; i++) {
        int status;
        TARGET_CHECK(waitpid(pids[i], &status, 0) == pids[i]);
        printf("worker %d: status %#x\n", i, (unsigned)status);
    }
    return 0;
}
