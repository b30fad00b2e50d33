/* SPDX-License-Identifier: MIT */
/*
 * busy.h - work that the compiler cannot leave out, and the clock to count it by.
 */
#ifndef TESTS_BENCH_LOADS_BUSY_H
#define TESTS_BENCH_LOADS_BUSY_H

#include <stdint.h>
#include <time.h>

/* Each round is a dependent multiplication and an addition: a nanosecond or two. */
static inline uint64_t busy_rounds(uint64_t count)
{
    uint64_t x = count;
    for (uint64_t i = 0; i < count; i++) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        __asm__ volatile("" : "+r"(x));
    }
    return x;
}

static inline double busy_thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline uint64_t busy_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
