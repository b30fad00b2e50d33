/* SPDX-License-Identifier: MIT */
/*
 * counting_sort.c - sorts records by a small number in each, in linear time.
 */
#include "profiler/base/counting_sort.h"

#include "profiler/base/memory.h"

#include <stdlib.h>

static uint32_t key_at(const uint32_t *keys, size_t stride, uint32_t index)
{
    return *(const uint32_t *)((const char *)keys + stride * index);
}

uint32_t *counting_sort(const uint32_t *before, uint32_t count, const uint32_t *keys, size_t stride,
                        uint32_t limit)
{
    uint32_t *order = memory_new(count + (size_t)1, sizeof *order);
    uint32_t *places = memory_new(limit + (size_t)1, sizeof *places); // [key]: of its next record
    for (uint32_t i = 0; i < count; i++)
        places[key_at(keys, stride, i) + 1]++;
    for (uint32_t key = 0; key < limit; key++)
        places[key + 1] += places[key];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = before ? before[i] : i;
        order[places[key_at(keys, stride, index)]++] = index;
    }
    free(places);
    return order;
}
