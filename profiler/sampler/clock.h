/* SPDX-License-Identifier: MIT */
/*
 * clock.h - what makes SIGPROF arrive, and how much CPU time a signal stands for.
 *
 * Two clocks may count a thread's CPU time:
 *
 *   timer   A POSIX timer of the thread's own. The kernel looks at it at its tick only, so at most
 *           CONFIG_HZ distinct signals come per CPU second; what expired between two ticks is in
 *           si_overrun. It sees user and kernel time alike.
 *   perf    A software clock event with exclude_kernel, held by the collector where the kernel
 *           permits it: user time, at any rate. A period that ends in the kernel is not signalled.
 *
 * Once perf signals come, user time is theirs, each worth a period, and a timer signal counts only
 * when it hit in the kernel. Until then, and where there is no perf event, the timer counts for
 * both; so a thread too short for the collector to notice is sampled as well.
 *
 * The timer expires several times a tick, so that every tick that finds the thread running brings
 * a signal, and the expirations say how much CPU time has passed since the last one. The first
 * one stands for a whole tick, whatever part of it the thread has lived: that makes up for what
 * passes after the last one, and the sum over many threads, however short, is the time they used.
 * Time adds up until it is worth a period; where a period is longer than a tick, most ticks leave
 * no sample.
 *
 * Runs in:   arm, rearm, release: the sampled thread, ordinary code; the rest also in the signal.
 * Source:    perf_event_open(2), timer_create(2), fcntl(2) F_SETSIG; kernel/time/posix-cpu-timers.c
 */
#ifndef PROF_SAMPLER_CLOCK_H
#define PROF_SAMPLER_CLOCK_H

#include "profiler/channel/channel.h"
#include "profiler/sampler/interrupted_x86_64.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct thread_clock {
    int timer; /* kernel timer id; meaningful while armed */
    bool armed;
    bool first_tick;    /* no tick since the timer was started */
    bool perf;          /* perf signals come */
    uint64_t credit_ns; /* ticks that count, not yet worth a period */
    uint64_t random;
    /* CPU time as getrusage(2) splits it, at the last tick, in microseconds */
    uint64_t system_us, total_us;
    struct interrupted_point perf_point; /* where the last perf signal hit */
};

/* One of our signals. */
struct clock_signal {
    bool perf;
    struct channel_slot *slot; /* timer: whose */
    int fd;                    /* perf: si_fd, the collector's descriptor */
    uint32_t expirations;      /* timer: of its interval, since the last signal */
};

struct clock_weight {
    uint32_t periods; /* 0: another clock counts this time */
    bool in_kernel;
};

/* Starts a timer for a thread of this process, whose signals will name `slot`. Returns -1 when the
 * system refuses (RLIMIT_SIGPENDING, for one). */
int clock_arm(struct thread_clock *clock, struct channel_slot *slot, int tid);

/* No further signals of the timer, which stays allocated. */
void clock_disarm(struct thread_clock *clock);

/* Starts a disarmed timer again. */
void clock_rearm(struct thread_clock *clock);

/* Frees the timer. A signal that is already pending still arrives. */
void clock_release(struct thread_clock *clock);

/* How often the timer expires. */
uint64_t clock_timer_interval_ns(void);

/* What the calling thread's next tick is compared with, once its timer was started. */
void clock_note_usage(struct thread_clock *clock);

/* False when a SIGPROF is not from our clocks. */
bool clock_identify(const siginfo_t *info, struct clock_signal *signal);

/* How many periods have passed that no sample is taken of, whoever counts them. */
uint32_t clock_pass(struct thread_clock *clock, const struct clock_signal *signal);

/* How many periods a signal stands for. Makes a system call for a tick. */
struct clock_weight clock_weigh(struct thread_clock *clock, const struct clock_signal *signal,
                                const ucontext_t *context);

/* CPU time the calling thread has used. */
uint64_t clock_thread_cpu_ns(void);
uint64_t clock_process_cpu_ns(void);
uint64_t clock_monotonic_ns(void);

#endif
