/* SPDX-License-Identifier: MIT */
/*
 * overflows_stack - recurses until the kernel sends SIGSEGV.
 */
#include "tests/targets/target.h"

#include <sys/resource.h>

static __attribute__((noinline)) int descend(int depth)
{
    volatile char block[512];
    block[depth & 511] = (char)depth;
    int below = descend(depth + 1);
    TARGET_KEEP_FRAME(below);
    return below + block[depth & 255];
}

int main(void)
{
    struct rlimit no_core = {0};
    setrlimit(RLIMIT_CORE, &no_core);
    target_spin_ms(50);
    puts("about to overflow");
    fflush(stdout);
    return descend(0);
}
