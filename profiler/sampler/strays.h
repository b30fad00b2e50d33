/* SPDX-License-Identifier: MIT */
/*
 * strays.h - threads of this process that did not begin here: made by clone(2) itself, or before
 * the sampler was loaded.
 *
 * The collector finds them in /proc/PID/task, claims a slot for each and opens a perf event on it,
 * or asks for a timer. Such a thread may have no thread-local storage, or share its creator's; so
 * its signals are told by what they carry (enum channel_stray, struct clock_signal).
 */
#ifndef PROF_SAMPLER_STRAYS_H
#define PROF_SAMPLER_STRAYS_H

#include "profiler/sampler/thread.h"

/* Takes the memory for a few of them; without it they are not sampled. Ordinary code. */
void strays_prepare(void);

/* In the signal: what is kept for the stray that runs, or NULL when the signal is no stray's, or
 * nothing was left for it, which is counted. */
struct sampler_thread *strays_find(const struct clock_signal *signal);

/* In the signal, any thread: gives those that are new a timer where they ask for one. */
void strays_arm(void);

/* No ticks for any of them any more. */
void strays_stop(void);

/* In a forked child: the parent's have stayed behind. */
void strays_forget(void);

#endif
