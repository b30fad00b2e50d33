/* SPDX-License-Identifier: MIT */
/*
 * hash_map.h - from a 64-bit key to a 32-bit index.
 *
 * Open addressing with linear probing, at most half full. Our own because folding a profile and
 * interning its stacks is nothing but look-ups in this table; a general library's per-entry
 * allocation and callbacks cost several times as much.
 *
 * Keys may come from files that were made to measure. A seed that differs from process to process
 * keeps their makers from choosing keys that all want the same slot. Who knows the seed all the
 * same, like a forked process that reads untrusted files, gains little: a key that would come to
 * lie far from its slot has the map choose another seed. What the map says does not depend on the
 * seed, and nobody may go through its slots, whose order does.
 *
 * Memory: zero-initialised is empty; the map owns its slots until hash_map_release.
 */
#ifndef PROF_BASE_HASH_MAP_H
#define PROF_BASE_HASH_MAP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_MAP_NONE UINT32_MAX /* never stored as a value */

struct hash_map {
    struct hash_map_slot {
        uint64_t key;
        uint32_t value;
        uint32_t used;
    } * slots;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t count;
    uint64_t seed; /* of what is in the slots */
};

void hash_map_release(struct hash_map *map);

/* Makes room in an empty map for about as many keys as it will have. */
void hash_map_reserve(struct hash_map *map, uint64_t count);

/* The value stored for the key, or HASH_MAP_NONE. */
uint32_t hash_map_get(const struct hash_map *map, uint64_t key);

/* A pointer to the value for the key; a new entry holds HASH_MAP_NONE, to be set by the caller.
 * Valid until the next call. */
uint32_t *hash_map_at(struct hash_map *map, uint64_t key);

/* Random numbers, never 0: the same for the whole process, and a new one each time. Without the
 * kernel's help they are only hard to guess. */
uint64_t hash_seed(void);
uint64_t hash_seed_new(void);

/* A 64-bit finaliser with full avalanche (MurmurHash3 fmix64, public domain). */
static inline uint64_t hash_u64(uint64_t value)
{
    value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdULL;
    value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return value ^ (value >> 33);
}

/* FNV-1a over eight bytes at a time, finished by hash_u64. */
static inline uint64_t hash_bytes(const char *bytes, size_t size, uint64_t seed)
{
    uint64_t hash = seed ^ size;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        hash = hash_u64(hash ^ word);
    }
    uint64_t tail = 0;
    memcpy(&tail, bytes, size);
    return hash_u64(hash ^ tail);
}

#endif
