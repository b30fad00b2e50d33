/* SPDX-License-Identifier: MIT */
/*
 * outlives_parent - exits right after fork; the child leaves the session and its standard streams,
 * then spins for N ms (300).
 */
#include "tests/targets/target.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    pid_t child = fork();
    TARGET_CHECK(child >= 0);
    if (child > 0)
        return 0;
    TARGET_CHECK(setsid() >= 0);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        close(fd);
    target_spin_ms(target_number(argc, argv, 300));
    return 0;
}
