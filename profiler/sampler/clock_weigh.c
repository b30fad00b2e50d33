/* SPDX-License-Identifier: MIT */
/*
 * clock_weigh.c - whose signal it is, and what it stands for.
 *
 * Kernel or user time? A tick that hit in a system call shows in the registers. One that hit in a
 * page fault or an interrupt does not; but the kernel has just counted it for the one or the other
 * side, and what getrusage(2) reports is the CPU time split in proportion to those counts. So it is
 * the system's time that has grown since the last tick when this one hit in the kernel, and hardly
 * when it did not.
 *
 * What a perf signal itself costs (interrupt, delivery, return) is kernel time, too, but a part of
 * the period that the next perf signal stands for: a tick in there must not count once more. It is
 * delivered before the program has made another step, with every register as it was.
 *
 * Code of the signal handler.
 */
#include "profiler/sampler/clock.h"
#include "profiler/sampler/session.h"

#include <fcntl.h>
#include <sys/resource.h>

/* A timer names its slot; no timer of the program's own can name an address in there. */
static struct channel_slot *slot_named(const siginfo_t *info)
{
    char *first = (char *)session_slot(0), *named = info->si_value.sival_ptr;
    uint64_t size = (uint64_t)session.slot_count * sizeof(struct channel_slot);
    bool inside = session.header && named >= first && (uint64_t)(named - first) < size &&
                  (uint64_t)(named - first) % sizeof(struct channel_slot) == 0;
    return inside ? (struct channel_slot *)named : NULL;
}

/* A program that sends itself SIGPROF by F_SETSIG, too, cannot be told apart: nobody does. */
static bool is_perf(const siginfo_t *info)
{
    return session.perf && (info->si_code == POLL_IN || info->si_code == POLL_HUP);
}

bool clock_identify(const siginfo_t *info, struct clock_signal *signal)
{
    *signal = (struct clock_signal){.expirations = 1};
    if (info->si_code == SI_TIMER) {
        signal->slot = slot_named(info);
        if (info->si_overrun > 0)
            signal->expirations += (uint32_t)info->si_overrun;
        return signal->slot != NULL;
    }
    signal->perf = is_perf(info);
    signal->fd = info->si_fd;
    return signal->perf;
}

static uint64_t next_random(struct thread_clock *clock)
{
    uint64_t x = clock->random | 1; // xorshift64 (Marsaglia, 2003)
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return clock->random = x;
}

/* The CPU time that a tick stands for. */
static uint64_t tick_worth_ns(struct thread_clock *clock, uint32_t expirations)
{
    bool first = clock->first_tick;
    clock->first_tick = false;
    return first && session.tick_ns ? session.tick_ns : expirations * clock_timer_interval_ns();
}

static uint32_t add_credit(struct thread_clock *clock, uint64_t ns)
{
    uint64_t credit = clock->credit_ns + ns;
    clock->credit_ns = credit % session.period_ns;
    return (uint32_t)(credit / session.period_ns);
}

uint32_t clock_pass(struct thread_clock *clock, const struct clock_signal *signal)
{
    return signal->perf ? 0 : add_credit(clock, tick_worth_ns(clock, signal->expirations));
}

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

/* Whether most of the CPU time since the last tick is the kernel's. */
static bool was_in_kernel(struct thread_clock *clock)
{
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) != 0)
        return false;
    uint64_t system = microseconds(usage.ru_stime);
    uint64_t total = system + microseconds(usage.ru_utime);
    bool most = 2 * (system - clock->system_us) > total - clock->total_us;
    clock->system_us = system;
    clock->total_us = total;
    return most;
}

void clock_note_usage(struct thread_clock *clock)
{
    was_in_kernel(clock);
}

static struct clock_weight weigh_tick(struct thread_clock *clock, uint32_t expirations,
                                      const ucontext_t *context)
{
    struct clock_weight weight = {.periods = 0};
    // always asked, because the next tick is compared with this one
    bool in_kernel = was_in_kernel(clock);
    uint64_t worth_ns = tick_worth_ns(clock, expirations);
    weight.in_kernel = interrupted_in_syscall(context) ||
                       (in_kernel && !(clock->perf && interrupted_at(&clock->perf_point, context)));
    if (weight.in_kernel || !clock->perf)
        weight.periods = add_credit(clock, worth_ns);
    return weight;
}

/* A first perf signal comes a whole period after the event was opened; ticks count up to it. As
 * what passes after a thread's last signal is half a period on average, half of the first count. */
static struct clock_weight weigh_perf(struct thread_clock *clock, const ucontext_t *context)
{
    struct clock_weight weight = {.periods = 1};
    if (!clock->perf)
        weight.periods = (uint32_t)(next_random(clock) >> 32 & 1);
    clock->perf = true;
    interrupted_note(&clock->perf_point, context);
    return weight;
}

struct clock_weight clock_weigh(struct thread_clock *clock, const struct clock_signal *signal,
                                const ucontext_t *context)
{
    return signal->perf ? weigh_perf(clock, context)
                        : weigh_tick(clock, signal->expirations, context);
}
