/* SPDX-License-Identifier: MIT */
/*
 * jumps - setjmp/longjmp out of deep calls, and sigsetjmp/siglongjmp out of a signal handler.
 */
#include "tests/targets/target.h"

#include <setjmp.h>
#include <signal.h>

enum { DEPTH = 100, TURNS = 20000 };

static jmp_buf target;
static sigjmp_buf signal_target;

static __attribute__((noinline)) int descend_and_jump(int depth)
{
    volatile int work = 0;
    for (int i = 0; i < 100; i++)
        work += i;
    if (depth == 0)
        longjmp(target, 1);
    int below = descend_and_jump(depth - 1);
    TARGET_KEEP_FRAME(below);
    return below + work;
}

static void on_signal(int signal)
{
    (void)signal;
    siglongjmp(signal_target, 1);
}

int main(void)
{
    volatile int jumps = 0, signals = 0;
    TARGET_CHECK(signal(SIGUSR1, on_signal) != SIG_ERR);
    for (volatile int turn = 0; turn < TURNS; turn++) {
        if (setjmp(target) == 0)
            descend_and_jump(DEPTH);
        else
            jumps++;
        if (sigsetjmp(signal_target, 1) == 0)
            raise(SIGUSR1);
        else
            signals++;
    }
    printf("%d jumps, %d out of a handler\n", jumps, signals);
    return 0;
}
