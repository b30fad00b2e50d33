/* SPDX-License-Identifier: MIT */
/*
 * clock.h - reads a clock of the system as one number.
 */
#ifndef PROF_BASE_CLOCK_H
#define PROF_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds of CLOCK_MONOTONIC, CLOCK_REALTIME, ... */
static inline uint64_t clock_read_ns(clockid_t id)
{
    struct timespec time;
    clock_gettime(id, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Seconds of CLOCK_MONOTONIC, for differences. */
static inline double clock_monotonic_seconds(void)
{
    return (double)clock_read_ns(CLOCK_MONOTONIC) / 1e9;
}

#endif
