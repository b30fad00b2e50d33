/* SPDX-License-Identifier: MIT */
/*
 * known_stacks.c - which beginnings of lines of collapsed stacks were met before.
 */
#include "profiler/import/known_stacks.h"

#include "profiler/base/memory.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
    AHEAD = 16, /* so many of the longest beginnings are asked for before they are looked at */
    SLOTS = 64, /* at first */
};

void known_stacks_release(struct known_stacks *known)
{
    free(known->slots);
    free(known->stacks);
    *known = (struct known_stacks){0};
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
    return hash ^ (hash >> 32);
}

/* Eight bytes, the first in the lowest bits; zeros behind the limit. */
static uint64_t load_word(const char *at, const char *limit)
{
    uint64_t word = 0;
    if (limit - at >= 8)
        memcpy(&word, at, sizeof word);
    else
        memcpy(&word, at, (size_t)(limit - at));
    return le64toh(word);
}

/* The highest bit of the first byte that is a semicolon, and maybe of others behind it. */
static uint64_t find_semicolons(uint64_t word)
{
    uint64_t zeros = word ^ 0x3b3b3b3b3b3b3b3bULL;
    return (zeros - 0x0101010101010101ULL) & ~zeros & 0x8080808080808080ULL;
}

/* The hash of the frame at `*at`, which is left at its end: found eight bytes at a time, in the one
 * pass that hashes them. */
static uint64_t hash_frame(const char **at, const char *end, const char *limit)
{
    uint64_t hash = 0x243f6a8885a308d3ULL;
    for (;; *at += 8) {
        uint64_t word = load_word(*at, limit), found = find_semicolons(word);
        unsigned size = found ? (unsigned)__builtin_ctzll(found) / 8 : 8;
        if (end - *at < size)
            size = (unsigned)(end - *at);
        if (size < 8) {
            *at += size;
            return mix(hash, (word & ((1ULL << size * 8) - 1)) | (uint64_t)(size + 1) << 56);
        }
        hash = mix(hash, word);
    }
}

void beginnings_of_line(struct beginnings *beginnings, const char *at, const char *end,
                        const char *limit)
{
    const char *line = at;
    uint64_t hash = 0;
    beginnings->count = 0;
    do {
        uint64_t frame_hash = hash_frame(&at, end, limit);
        hash = mix(hash, frame_hash);
        *array_push(&beginnings->at, &beginnings->count, &beginnings->capacity) =
            (struct beginning){hash, frame_hash, (uint32_t)(at - line)};
    } while (at++ < end);
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

/* The slot of the hash, or the free one where it belongs. */
static struct known_slot *find_slot(const struct known_stacks *known, uint64_t hash)
{
    uint32_t mask = known->slot_count - 1, tag = tag_of(hash);
    uint32_t i = (uint32_t)hash & mask;
    while (known->slots[i].stack && known->slots[i].tag != tag)
        i = (i + 1) & mask;
    return &known->slots[i];
}

/* What is met is mostly new at its end: those slots are on their way while the first is looked at.
 */
static void ask_ahead(const struct known_stacks *known, const struct beginnings *beginnings)
{
    uint32_t first = beginnings->count > AHEAD ? beginnings->count - AHEAD : 0;
    for (uint32_t i = first; i < beginnings->count; i++)
        __builtin_prefetch(
            &known->slots[(uint32_t)beginnings->at[i].hash & (known->slot_count - 1)]);
}

int known_stacks_find(const struct known_stacks *known, const char *line,
                      const struct beginnings *beginnings, uint32_t *stack)
{
    uint32_t low = 0, high = beginnings->count, found = 0;
    if (!known->slot_count)
        return 0;
    ask_ahead(known, beginnings);
    while (low < high) {
        uint32_t half = (high - low + 1) / 2, middle = low + half;
        uint32_t at = find_slot(known, beginnings->at[middle - 1].hash)->stack;
        if (at) {
            low = middle;
            found = at;
        } else {
            high = middle - 1;
        }
    }
    if (!low)
        return 0;
    const struct known_stack *met = &known->stacks[found - 1];
    if (met->length != beginnings->at[low - 1].length || memcmp(met->line, line, met->length) != 0)
        return -1;
    *stack = found - 1;
    return (int)low;
}

static void enter(struct known_stacks *known, uint64_t hash, uint32_t stack)
{
    struct known_slot *slot = find_slot(known, hash);
    if (!slot->stack)
        *slot = (struct known_slot){tag_of(hash), stack + 1};
}

/* At most three quarters full: half the room costs fewer misses than it adds steps. */
static void make_room(struct known_stacks *known)
{
    if (known->count < known->slot_count / 4 * 3)
        return;
    known->slot_count = known->slot_count ? known->slot_count * 2 : SLOTS;
    free(known->slots);
    known->slots = memory_new(known->slot_count, sizeof *known->slots);
    for (uint32_t i = 0; i < known->count; i++)
        enter(known, known->stacks[i].hash, i);
}

void known_stacks_add(struct known_stacks *known, const char *line,
                      const struct beginning *beginning)
{
    make_room(known);
    enter(known, beginning->hash, known->count);
    *array_push(&known->stacks, &known->count, &known->capacity) =
        (struct known_stack){beginning->hash, line, beginning->length};
}
