/* SPDX-License-Identifier: MIT */
/*
 * mask.h - the calling thread's signal mask, as the kernel has it.
 *
 * Runs in: anywhere, also in the signal. System calls of our own, because the C library's functions
 * are interposed here (guard.h).
 */
#ifndef PROF_SAMPLER_MASK_H
#define PROF_SAMPLER_MASK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* A set as the kernel takes it: bit n - 1 for signal n. */
#define MASK_OURS (1ULL << (SIGPROF - 1))

/* `how` as for sigprocmask(2); the mask before goes to *old unless that is NULL. */
void mask_change(int how, uint64_t set, uint64_t *old);

/* Blocks our signal under the program's own mask; returns whether it was blocked already, which is
 * what mask_unblock_ours takes. */
bool mask_block_ours(void);
void mask_unblock_ours(bool was_blocked);

#endif
