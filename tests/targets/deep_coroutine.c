/* SPDX-License-Identifier: MIT */
/*
 * deep_coroutine - recurses 4,000 frames deep on a makecontext stack and works there.
 */
#include "tests/targets/target.h"

#include <sys/mman.h>
#include <ucontext.h>

enum { FRAMES = 4000, STACK_SIZE = 16 * 1024 * 1024, TURNS = 250000000 };

static ucontext_t program, coroutine;

/* A fixed number of turns, not an amount of CPU time: a profiler that takes all of that for itself
 * has to be seen. */
__attribute__((noinline)) static int work(void)
{
    volatile int turns = TURNS;
    while (turns > 0)
        turns--;
    return 0;
}

__attribute__((noinline)) static int dig(int frames)
{
    int depth = frames > 1 ? dig(frames - 1) : work();
    TARGET_KEEP_FRAME(depth);
    return depth + 1;
}

static void coroutine_main(void)
{
    printf("%d frames\n", dig(FRAMES));
}

int main(void)
{
    TARGET_CHECK(getcontext(&coroutine) == 0);
    coroutine.uc_stack.ss_sp =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TARGET_CHECK(coroutine.uc_stack.ss_sp != MAP_FAILED);
    coroutine.uc_stack.ss_size = STACK_SIZE;
    coroutine.uc_link = &program;
    makecontext(&coroutine, coroutine_main, 0);
    TARGET_CHECK(swapcontext(&program, &coroutine) == 0);
    return 0;
}
