/* SPDX-License-Identifier: MIT */
/*
 * clock_timer.c - a POSIX timer on a thread's CPU clock.
 *
 * Timers neither survive exec nor are inherited by fork; setitimer does the first, which kills
 * programs without a handler, and is therefore not used.
 *
 * Raw system calls: the C library's timer_create wants a timer_t and, before 2.34, librt; and it
 * knows no clocks of other threads, which a thread that could not arm its own may need.
 */
#include "profiler/sampler/clock.h"
#include "profiler/sampler/session.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(clockid_t id)
{
    struct timespec time;
    clock_gettime(id, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t clock_thread_cpu_ns(void)
{
    return now(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t clock_process_cpu_ns(void)
{
    return now(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t clock_monotonic_ns(void)
{
    return now(CLOCK_MONOTONIC);
}

/* The clock of any thread of this process: linux/posix-timers_types.h, CPUCLOCK_PERTHREAD_MASK |
 * CPUCLOCK_SCHED below the inverted thread id. */
static clockid_t cpu_clock_of(int tid)
{
    return (clockid_t)(~(unsigned)tid << 3 | 6);
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000),
                             .tv_nsec = (long)(ns % 1000000000)};
}

uint64_t clock_timer_interval_ns(void)
{
    enum { PER_TICK = 16 };
    return session.tick_ns ? session.tick_ns / PER_TICK : session.period_ns;
}

static int start(struct thread_clock *clock)
{
    struct itimerspec times = {.it_interval = timespec_of(clock_timer_interval_ns()),
                               .it_value = {.tv_nsec = 1}};
    clock->first_tick = true;
    return (int)syscall(SYS_timer_settime, clock->timer, 0, &times, NULL);
}

/* A random number that differs between threads and runs; splitmix64 (Steele et al., 2014). */
static uint64_t seed(int tid)
{
    uint64_t x = clock_monotonic_ns() + (uint64_t)tid * 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

int clock_arm(struct thread_clock *clock, struct channel_slot *slot, int tid)
{
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event.sigev_value.sival_ptr = slot;
    event._sigev_un._tid = tid;
    clock->random = seed(tid);
    clock->credit_ns = clock->random % session.period_ns; // a random point of its first period
    clock->armed = false;
    if (syscall(SYS_timer_create, cpu_clock_of(tid), &event, &clock->timer) != 0)
        return -1;
    clock->armed = true;
    if (start(clock) != 0) {
        clock_release(clock);
        return -1;
    }
    return 0;
}

void clock_disarm(struct thread_clock *clock)
{
    struct itimerspec zero = {.it_value = {0, 0}};
    if (clock->armed)
        syscall(SYS_timer_settime, clock->timer, 0, &zero, NULL);
}

void clock_rearm(struct thread_clock *clock)
{
    if (clock->armed)
        start(clock);
}

void clock_release(struct thread_clock *clock)
{
    if (clock->armed)
        syscall(SYS_timer_delete, clock->timer);
    clock->armed = false;
}
