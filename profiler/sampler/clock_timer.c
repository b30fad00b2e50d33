/* SPDX-License-Identifier: MIT */
/*
 * clock_timer.c - a POSIX timer on the thread's CPU clock.
 *
 * The kernel checks CPU timers at its tick, so at most CONFIG_HZ distinct signals arrive per CPU
 * second; the expirations between two ticks are in si_overrun, and each counts in the weight.
 * Timers neither survive exec nor are inherited by fork; setitimer does the first, which kills
 * programs without a handler, and is therefore not used.
 *
 * Raw system calls: the C library's timer_create wants a timer_t and, before 2.34, librt.
 */
#include "profiler/sampler/clock.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Distinguishes our signals from a SIGPROF of the program's own timers: an address nobody else
 * can pass in si_value. */
static const char cookie;

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

/* A point in (0, period], different for each thread and run. splitmix64 (Steele et al., 2014) over
 * the time and the thread id; quality beyond "not in step with anything" is not needed. */
static uint64_t random_phase(uint64_t period_ns)
{
    uint64_t x = clock_monotonic_ns() + (uint64_t)syscall(SYS_gettid) * 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return (x ^ x >> 31) % period_ns + 1;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000),
                             .tv_nsec = (long)(ns % 1000000000)};
}

int clock_arm(struct thread_clock *clock, uint64_t period_ns)
{
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event.sigev_value.sival_ptr = (void *)&cookie;
    event._sigev_un._tid = (int)syscall(SYS_gettid);
    clock->armed = false;
    if (syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &clock->timer) != 0)
        return -1;
    struct itimerspec times = {.it_interval = timespec_of(period_ns),
                               .it_value = timespec_of(random_phase(period_ns))};
    clock->armed = true;
    if (syscall(SYS_timer_settime, clock->timer, 0, &times, NULL) != 0) {
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

void clock_rearm(struct thread_clock *clock, uint64_t period_ns)
{
    struct itimerspec times = {.it_interval = timespec_of(period_ns),
                               .it_value = timespec_of(random_phase(period_ns))};
    if (clock->armed)
        syscall(SYS_timer_settime, clock->timer, 0, &times, NULL);
}

void clock_release(struct thread_clock *clock)
{
    if (clock->armed)
        syscall(SYS_timer_delete, clock->timer);
    clock->armed = false;
}

uint32_t clock_weight(const siginfo_t *info)
{
    if (info->si_code != SI_TIMER || info->si_value.sival_ptr != (const void *)&cookie)
        return 0;
    return info->si_overrun > 0 ? 1 + (uint32_t)info->si_overrun : 1;
}
