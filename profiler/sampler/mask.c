/* SPDX-License-Identifier: MIT */
/*
 * mask.c - the calling thread's signal mask, as the kernel has it.
 */
#include "profiler/sampler/mask.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

void mask_change(int how, uint64_t set, uint64_t *old)
{
    syscall(SYS_rt_sigprocmask, how, &set, old, sizeof set);
}

bool mask_block_ours(void)
{
    uint64_t before = 0;
    mask_change(SIG_BLOCK, MASK_OURS, &before);
    return before & MASK_OURS;
}

void mask_unblock_ours(bool was_blocked)
{
    if (!was_blocked)
        mask_change(SIG_UNBLOCK, MASK_OURS, NULL);
}
