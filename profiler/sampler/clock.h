/* SPDX-License-Identifier: MIT */
/*
 * clock.h - what makes SIGPROF arrive: one clock per thread, counting that thread's CPU time.
 *
 * Runs in:   the thread that is sampled, in ordinary code; clock_disarm also in the signal.
 * Variation: one file per kind of clock behind these prototypes (clock_timer.c).
 */
#ifndef PROF_SAMPLER_CLOCK_H
#define PROF_SAMPLER_CLOCK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct thread_clock {
    int timer; /* kernel timer id; meaningful while armed */
    bool armed;
};

/* Starts the calling thread's clock; the first signal comes at a random point of the first period,
 * so that short threads are sampled as fairly as long ones. Returns -1 when the system refuses
 * (RLIMIT_SIGPENDING, for one). */
int clock_arm(struct thread_clock *clock, uint64_t period_ns);

/* Async-signal-safe: no further signals, the timer stays allocated. */
void clock_disarm(struct thread_clock *clock);

/* Starts a disarmed clock again. Async-signal-safe. */
void clock_rearm(struct thread_clock *clock, uint64_t period_ns);

/* Frees the timer. A signal that is already pending still arrives. */
void clock_release(struct thread_clock *clock);

/* How many periods a signal stands for; 0 when it is not from our clocks. */
uint32_t clock_weight(const siginfo_t *info);

/* CPU time the calling thread has used. */
uint64_t clock_thread_cpu_ns(void);
uint64_t clock_process_cpu_ns(void);
uint64_t clock_monotonic_ns(void);

#endif
