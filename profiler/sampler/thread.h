/* SPDX-License-Identifier: MIT */
/*
 * thread.h - what the sampler keeps per thread, from its first instruction to its last.
 *
 * Runs in:   the thread itself, ordinary code; thread_self also in the signal.
 * Memory:    one private mapping per thread, had at its start and given back at its end, so that
 *            the handler never needs any.
 */
#ifndef PROF_SAMPLER_THREAD_H
#define PROF_SAMPLER_THREAD_H

#include "profiler/channel/ring.h"
#include "profiler/sampler/clock.h"
#include "profiler/unwind/unwind.h"

enum { THREAD_WINDOW = 8192 };

struct sampler_thread {
    struct channel_slot *slot;
    uint8_t *ring;
    struct thread_clock clock;
    bool rests;       /* no samples for now, and no ticks */
    bool surrendered; /* the program uses SIGPROF here itself: no perf clock any more */
    uint64_t start_cpu_ns;
    uint64_t stack_low, stack_high; /* the stack the thread was born with */
    /* of the walk under way; here because a signal may find a stack with 2 KiB left */
    struct unwind_registers registers;
    struct unwind_memory memory;
    struct unwind_walk walk;
    struct unwind_cache cache;
    uint8_t window[THREAD_WINDOW]; /* a copy of some other stack while it is walked */
};

/* The calling thread's, or NULL while it is not sampled. */
struct sampler_thread *thread_self(void);

/* Starts sampling the calling thread; a refusal is counted in the segment's header. `main_thread`:
 * the process's first thread; another one has a stack of `stack_size` bytes with its guard (0: not
 * known). */
void thread_begin(bool main_thread, size_t stack_size);

/* Whether this process is the one that the sampler was set up in or followed to, and not one that
 * was forked past our handlers (_Fork, a raw system call): that one keeps its hands off. So does
 * one that may have given up system calls. */
bool thread_process_is_ours(void);

/* Lets the calling thread's clock rest, or go on. Async-signal-safe. */
void thread_rest(bool rest);
bool thread_rests(void);

/* The same, for a program that blocks SIGPROF and means it: none of ours may be pending then, so
 * the collector takes its clock off this thread, for good, before this returns. */
void thread_surrender(void);

/* No clock on any thread of this process any more, nor on any that comes: the return from a signal
 * may be forbidden from now on. Waits until the collector has taken its own off. */
void thread_surrender_all(void);

/* Ends it: no signal of ours comes after this, the slot is handed to the collector. */
void thread_end(void);

/* In a forked child: the thread's slot still belongs to the parent; take a new one. */
void thread_begin_again(void);

/* In a forked child that is not to be sampled: gives up the memory, leaves the parent's slot. */
void thread_forget(void);

/* Puts one record of ordinary code into the thread's ring, with our signal blocked. Waits for
 * room as long as the collector lives. `fill` writes the payload and may be called more than once.
 */
void thread_put(enum channel_record kind, void (*fill)(struct ring_writer *, const void *),
                const void *what);

/* The same without waiting: where the ring is full the record is lost, and nothing says so. */
void thread_put_now(enum channel_record kind, void (*fill)(struct ring_writer *, const void *),
                    const void *what);

#endif
