/* SPDX-License-Identifier: MIT */
/*
 * hash_map.c - from a 64-bit key to a 32-bit index.
 */
#include "profiler/base/hash_map.h"

#include "profiler/base/memory.h"

#include <stdlib.h>

/* The slot that holds the key, or the free one where it belongs. */
static struct hash_map_slot *find(const struct hash_map *map, uint64_t key)
{
    uint32_t mask = map->capacity - 1;
    uint32_t i = (uint32_t)hash_u64(key) & mask;
    while (map->slots[i].used && map->slots[i].key != key)
        i = (i + 1) & mask;
    return &map->slots[i];
}

static void grow(struct hash_map *map)
{
    struct hash_map old = *map;
    map->capacity = old.capacity ? old.capacity * 2 : 64;
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
        grow(map);
    struct hash_map_slot *slot = find(map, key);
    if (!slot->used) {
        *slot = (struct hash_map_slot){.key = key, .value = HASH_MAP_NONE, .used = 1};
        map->count++;
    }
    return &slot->value;
}
