/* SPDX-License-Identifier: MIT */
/*
 * decoding_work.h - how many bytes of tables may still be decoded for a batch of addresses.
 *
 * Many entries may refer to one table: units to abbreviations and a line program, functions to a
 * list of ranges. Honest files have it read a few times over at most; a small one that is made for
 * it would take hours. What runs out of work finds fewer names.
 *
 * Threads: all that decode a file take from the same.
 */
#ifndef PROF_SYMBOLIZER_DECODING_WORK_H
#define PROF_SYMBOLIZER_DECODING_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decoding_work {
    uint64_t left;
};

/* For a file of so many bytes. What a unit refers to is decoded three times at most; after
 * link-time optimisation, thousands of units share abbreviations of their own size. */
static inline void decoding_work_add(struct decoding_work *work, uint64_t bytes)
{
    enum { TIMES = 16 };
    __atomic_add_fetch(&work->left, TIMES * bytes, __ATOMIC_RELAXED);
}

static inline void decoding_work_begin(struct decoding_work *work)
{
    __atomic_store_n(&work->left, (uint64_t)16 << 20, __ATOMIC_RELAXED);
}

static inline void decoding_work_end(struct decoding_work *work)
{
    __atomic_store_n(&work->left, 0, __ATOMIC_RELAXED);
}

/* Whether there was that much left; none is left when there was not. NULL: there is no limit. */
static inline bool decoding_work_take(struct decoding_work *work, uint64_t bytes)
{
    uint64_t left = work ? __atomic_load_n(&work->left, __ATOMIC_RELAXED) : 0;
    if (!work)
        return true;
    while (!__atomic_compare_exchange_n(&work->left, &left, left > bytes ? left - bytes : 0, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return left > bytes;
}

static inline bool decoding_work_is_over(const struct decoding_work *work)
{
    return work && !__atomic_load_n(&work->left, __ATOMIC_RELAXED);
}

#endif
