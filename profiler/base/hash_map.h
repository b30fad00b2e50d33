/* SPDX-License-Identifier: MIT */
/*
 * hash_map.h - from a 64-bit key to a 32-bit index.
 *
 * Open addressing with linear probing, at most half full. Our own because folding a profile and
 * interning its stacks is nothing but look-ups in this table; a general library's per-entry
 * allocation and callbacks cost several times as much.
 *
 * Memory: zero-initialised is empty; the map owns its slots until hash_map_release.
 */
#ifndef PROF_BASE_HASH_MAP_H
#define PROF_BASE_HASH_MAP_H

#include <stdint.h>

#define HASH_MAP_NONE UINT32_MAX /* never stored as a value */

struct hash_map {
    struct hash_map_slot {
        uint64_t key;
        uint32_t value;
        uint32_t used;
    } * slots;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t count;
};

void hash_map_release(struct hash_map *map);

/* The value stored for the key, or HASH_MAP_NONE. */
uint32_t hash_map_get(const struct hash_map *map, uint64_t key);

/* A pointer to the value for the key; a new entry holds HASH_MAP_NONE, to be set by the caller.
 * Valid until the next call. */
uint32_t *hash_map_at(struct hash_map *map, uint64_t key);

/* A 64-bit finaliser with full avalanche (MurmurHash3 fmix64, public domain). */
static inline uint64_t hash_u64(uint64_t value)
{
    value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdULL;
    value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return value ^ (value >> 33);
}

#endif
