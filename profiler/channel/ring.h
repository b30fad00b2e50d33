/* SPDX-License-Identifier: MIT */
/*
 * ring.h - byte ring from one sampled thread to the collector.
 *
 * Runs in:   signal handler (begin, put, commit); collector (peek, consume).
 * Memory:    the collector owns the segment; the thread only borrows its slot.
 * When full: a record is dropped whole; the caller counts it.
 * Order:     one writer (the thread, or its handler, never both at once) and one reader. Bytes are
 *            published by the release store of `head` in ring_commit and given back by the release
 *            store of `tail` in ring_consume.
 *
 *     struct ring_writer w;
 *     ring_begin(&w, slot, ring, size, CHANNEL_SAMPLE);
 *     ring_put_varint(&w, time); ...
 *     if (!ring_commit(&w)) lost++;
 */
#ifndef PROF_CHANNEL_RING_H
#define PROF_CHANNEL_RING_H

#include "profiler/channel/channel.h"

struct ring_writer {
    struct channel_slot *slot;
    uint8_t *ring;
    uint64_t mask;
    uint64_t begin, at, limit; /* positions in bytes ever written; limit: where free space ends */
    uint8_t kind;
};

static inline void ring_begin(struct ring_writer *w, struct channel_slot *slot, uint8_t *ring,
                              uint32_t ring_size, enum channel_record kind)
{
    uint64_t head = atomic_load_explicit(&slot->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&slot->tail, memory_order_acquire);
    *w = (struct ring_writer){
        .slot = slot,
        .ring = ring,
        .mask = ring_size - 1,
        .begin = head,
        .at = head + CHANNEL_RECORD_HEADER,
        .limit = tail + ring_size,
        .kind = (uint8_t)kind,
    };
}

/* Bytes past the limit are counted but not stored; ring_commit then refuses the record. */
static inline void ring_put_byte(struct ring_writer *w, uint8_t byte)
{
    if (w->at < w->limit)
        w->ring[w->at & w->mask] = byte;
    w->at++;
}

static inline void ring_put_varint(struct ring_writer *w, uint64_t value)
{
    while (value > 0x7f) {
        ring_put_byte(w, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    ring_put_byte(w, (uint8_t)value);
}

/* Zigzag: small numbers of either sign become short varints. */
static inline uint64_t ring_zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? ~0ULL : 0);
}

static inline void ring_put_bytes(struct ring_writer *w, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ring_put_byte(w, ((const uint8_t *)bytes)[i]);
}

/* Publishes the record. False, and nothing is published, when it did not fit. */
static inline bool ring_commit(struct ring_writer *w)
{
    uint64_t size = w->at - w->begin - CHANNEL_RECORD_HEADER;
    if (w->at > w->limit || size > CHANNEL_RECORD_MAX)
        return false;
    w->ring[w->begin & w->mask] = w->kind;
    for (int i = 0; i < 3; i++)
        w->ring[(w->begin + 1 + (uint64_t)i) & w->mask] = (uint8_t)(size >> 8 * i);
    atomic_store_explicit(&w->slot->head, w->at, memory_order_release);
    return true;
}

/*
 * Collector: copies the bytes between tail and head, at most ring_size, into `bytes` (of at least
 * ring_size) and returns how many. Nothing is consumed yet.
 */
size_t ring_peek(struct channel_slot *slot, const uint8_t *ring, uint32_t ring_size,
                 uint8_t *bytes);

/* Collector: gives `size` bytes back to the writer. */
void ring_consume(struct channel_slot *slot, size_t size);

#endif
