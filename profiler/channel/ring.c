/* SPDX-License-Identifier: MIT */
/*
 * ring.c - the collector's end of a ring.
 */
#include "profiler/channel/ring.h"

#include <string.h>

size_t ring_peek(struct channel_slot *slot, const uint8_t *ring, uint32_t ring_size, uint8_t *bytes)
{
    uint64_t tail = atomic_load_explicit(&slot->tail, memory_order_relaxed);
    uint64_t head = atomic_load_explicit(&slot->head, memory_order_acquire);
    uint64_t size = head - tail;
    if (size > ring_size)
        return 0; // the target scribbled over its slot: there is nothing to be had here
    uint64_t at = tail & (ring_size - 1);
    uint64_t first = size < ring_size - at ? size : ring_size - at;
    memcpy(bytes, ring + at, first);
    memcpy(bytes + first, ring, size - first);
    return size;
}

void ring_consume(struct channel_slot *slot, size_t size)
{
    atomic_fetch_add_explicit(&slot->tail, size, memory_order_release);
}
