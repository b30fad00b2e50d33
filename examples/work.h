/* SPDX-License-Identifier: MIT */
/*
 * work.h - CPU time on demand, for the C examples.
 *
 * One round is three dependent shifts and exclusive-ors (Marsaglia, "Xorshift RNGs", 2003): it
 * touches no memory, takes the same time wherever it runs, and its result is the same everywhere.
 */
#ifndef EXAMPLES_WORK_H
#define EXAMPLES_WORK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define WORK_SEED 88172645463325252ULL

/* A macro, so that the time belongs to the function that spends it and to no frame of its own. */
#define WORK_ROUNDS(state, rounds)                                                                 \
    do {                                                                                           \
        for (uint64_t left_ = (rounds); left_ > 0; left_--) {                                      \
            (state) ^= (state) << 13;                                                              \
            (state) ^= (state) >> 7;                                                               \
            (state) ^= (state) << 17;                                                              \
        }                                                                                          \
    } while (0)

/* The amount of work asked for: the first argument in percent, 100 without one. */
static inline uint64_t work_percent(int argc, char **argv)
{
    if (argc < 2)
        return 100;
    char *end;
    unsigned long percent = strtoul(argv[1], &end, 10);
    if (argc > 2 || *argv[1] < '0' || *argv[1] > '9' || *end != '\0' || percent > 100000) {
        fprintf(stderr, "usage: %s [WORK]   in percent, from 0 to 100000, 100 by default\n",
                argv[0]);
        exit(2);
    }
    return percent;
}

#endif
