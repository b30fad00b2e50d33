/* SPDX-License-Identifier: MIT */
/*
 * target.h - what the target programs share: CPU time on demand and a way to fail.
 *
 * Everything here is static inline, so that a target stays one file and needs nothing but libc.
 */
#ifndef TESTS_TARGETS_TARGET_H
#define TESTS_TARGETS_TARGET_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline int64_t target_clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Keeps the calling thread busy for this much of its own CPU time. Async-signal-safe. */
static inline void target_spin_ms(int ms)
{
    int64_t end = target_clock_ns(CLOCK_THREAD_CPUTIME_ID) + (int64_t)ms * 1000000;
    volatile uint64_t state = 1;
    while (target_clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
        for (int i = 0; i < 2000; i++)
            state = state * 6364136223846793005ULL + 1;
}

/*
 * The result of a recursive call passes through here before it is used. The compiler cannot see
 * what happens to it, and so cannot turn the recursion into a loop, which GCC does with `f(n - 1) +
 * 1`.
 */
#define TARGET_KEEP_FRAME(value) __asm__ volatile("" : "+r"(value))

/* Status 99 is kept for a target whose own set-up failed, so that no test takes it for a result. */
#define TARGET_CHECK(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                        \
            perror(NULL);                                                                          \
            exit(99);                                                                              \
        }                                                                                          \
    } while (0)

/* The first argument as a number, or the default without one. */
static inline int target_number(int argc, char **argv, int otherwise)
{
    return argc > 1 ? atoi(argv[1]) : otherwise;
}

#endif
