/* SPDX-License-Identifier: MIT */
/*
 * counting_sort.h - sorts records by a small number in each, in linear time.
 *
 * For millions of records with keys below some hundred thousands: comparing them (qsort) was a
 * quarter of the time to draw a long recording. (D. Knuth, The Art of Computer Programming, vol.
 * 3, 5.2, algorithm D.)
 */
#ifndef PROF_BASE_COUNTING_SORT_H
#define PROF_BASE_COUNTING_SORT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The indexes of `count` records by ascending key; records of one key in the order of `before`,
 * which is such a list, or in their own order where it is NULL. The key of the first record is at
 * `keys`, those of the others follow at `stride` bytes from each other; all are below `limit`. The
 * list is the caller's, to be freed with free().
 */
uint32_t *counting_sort(const uint32_t *before, uint32_t count, const uint32_t *keys, size_t stride,
                        uint32_t limit);

#endif
