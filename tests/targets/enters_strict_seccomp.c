/* SPDX-License-Identifier: MIT */
/*
 * enters_strict_seccomp - gives up every system call but read, write and exit, and is busy after.
 */
#include "tests/targets/target.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TURNS = 100000000 };

int main(void)
{
    static const char done[] = "still here\n";
    volatile uint32_t turns = TURNS;
    target_spin_ms(100);
    TARGET_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
    // counted, not timed: the mode takes the time stamp counter away as well
    while (turns > 0)
        turns--;
    int status = write(STDOUT_FILENO, done, sizeof done - 1) == sizeof done - 1 ? 3 : 4;
    for (;;) // exit_group, which _exit calls, is not allowed
        syscall(SYS_exit, status);
}
