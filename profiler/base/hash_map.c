/* SPDX-License-Identifier: MIT */
/*
 * hash_map.c - from a 64-bit key to a 32-bit index.
 */
#include "profiler/base/hash_map.h"

#include "profiler/base/clock.h"
#include "profiler/base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>

/* Steps from its slot that a key may lie. Where chance alone places ten million keys in a table
 * that is half full, the farthest lies some 80 away. */
enum {
    FAR = 128,
    RESERVE_MAX = 1 << 22, /* slots, 64 MB */
};

uint64_t hash_seed_new(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = hash_u64(clock_read_ns(CLOCK_MONOTONIC) ^ (uintptr_t)&seed);
    return seed ? seed : 1;
}

uint64_t hash_seed(void)
{
    static _Atomic uint64_t ours; // of the process: it is what others cannot know
    uint64_t seed = atomic_load_explicit(&ours, memory_order_relaxed);
    if (!seed) {
        uint64_t fresh = hash_seed_new();
        if (atomic_compare_exchange_strong(&ours, &seed, fresh))
            seed = fresh;
    }
    return seed;
}

static uint32_t home_of(const struct hash_map *map, uint64_t key)
{
    return (uint32_t)hash_u64(key ^ map->seed) & (map->capacity - 1);
}

/* The slot that holds the key, or the free one where it belongs. */
static struct hash_map_slot *find(const struct hash_map *map, uint64_t key)
{
    uint32_t mask = map->capacity - 1;
    uint32_t i = home_of(map, key);
    while (map->slots[i].used && map->slots[i].key != key)
        i = (i + 1) & mask;
    return &map->slots[i];
}

static bool is_far(const struct hash_map *map, const struct hash_map_slot *slot, uint64_t key)
{
    return (((uint32_t)(slot - map->slots) - home_of(map, key)) & (map->capacity - 1)) > FAR;
}

static void rearrange(struct hash_map *map, uint32_t capacity, uint64_t seed)
{
    struct hash_map old = *map;
    map->capacity = capacity;
    map->seed = seed;
    map->slots = memory_new(map->capacity, sizeof *map->slots);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].used)
            *find(map, old.slots[i].key) = old.slots[i];
    }
    free(old.slots);
}

void hash_map_release(struct hash_map *map)
{
    free(map->slots);
    *map = (struct hash_map){0};
}

void hash_map_reserve(struct hash_map *map, uint64_t count)
{
    uint32_t capacity = 64;
    while (capacity / 2 < count && capacity < RESERVE_MAX)
        capacity *= 2;
    if (!map->capacity)
        rearrange(map, capacity, hash_seed());
}

uint32_t hash_map_get(const struct hash_map *map, uint64_t key)
{
    if (!map->capacity)
        return HASH_MAP_NONE;
    const struct hash_map_slot *slot = find(map, key);
    return slot->used ? slot->value : HASH_MAP_NONE;
}

uint32_t *hash_map_at(struct hash_map *map, uint64_t key)
{
    if (map->count >= map->capacity / 2)
        rearrange(map, map->capacity ? map->capacity * 2 : 64, map->seed ? map->seed : hash_seed());
    struct hash_map_slot *slot = find(map, key);
    if (!slot->used) {
        if (is_far(map, slot, key)) {
            rearrange(map, map->capacity, hash_seed_new());
            slot = find(map, key);
        }
        *slot = (struct hash_map_slot){.key = key, .value = HASH_MAP_NONE, .used = 1};
        map->count++;
    }
    return &slot->value;
}
