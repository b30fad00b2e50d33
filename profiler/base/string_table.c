/* SPDX-License-Identifier: MIT */
/*
 * string_table.c - each distinct string once.
 */
#include "profiler/base/string_table.h"

#include "profiler/base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Bytes live in blocks that never move, so that pointers stay valid while the table grows. */
struct string_block {
    struct string_block *next;
    size_t used, size;
    char bytes[];
};

enum {
    BLOCK_MIN = 64 * 1024,
    BLOCK_MAX = 4 << 20, /* of huge pages, see memory.c: there are names of 100 MB and more */
    MOST_ALIKE = 8,      /* strings of one hash: by chance, there are never two */
};

/* As large as all before it. */
static struct string_block *new_block(struct string_table *table, size_t wanted)
{
    size_t size = table->block_bytes < BLOCK_MIN   ? BLOCK_MIN
                  : table->block_bytes > BLOCK_MAX ? BLOCK_MAX
                                                   : table->block_bytes;
    size = size < wanted ? wanted : size;
    struct string_block *block = memory_resize(NULL, 1, sizeof *block + size);
    *block = (struct string_block){.next = table->blocks, .size = size};
    table->blocks = block;
    table->block_bytes += size;
    return block;
}

static const char *copy_bytes(struct string_table *table, const char *bytes, size_t size)
{
    struct string_block *block = table->blocks;
    if (!block || block->size - block->used < size + 1)
        block = new_block(table, size + 1);
    char *copy = block->bytes + block->used;
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    block->used += size + 1;
    return copy;
}

void string_table_init(struct string_table *table)
{
    *table = (struct string_table){.seed = hash_seed()};
    string_table_add(table, "", 0);
}

void string_table_release(struct string_table *table)
{
    for (struct string_block *block = table->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(table->entries);
    hash_map_release(&table->by_hash);
    *table = (struct string_table){0};
}

/* Under another seed, when somebody knew this one. */
static void hash_again(struct string_table *table)
{
    table->seed = hash_seed_new();
    hash_map_release(&table->by_hash);
    for (uint32_t id = 0; id < table->count; id++) {
        struct string_entry *entry = &table->entries[id];
        entry->hash = hash_bytes(entry->bytes, entry->size, table->seed);
        uint32_t *first = hash_map_at(&table->by_hash, entry->hash);
        entry->next = *first == HASH_MAP_NONE ? 0 : *first;
        *first = id;
    }
}

/* The id of the string; one that is new is entered, its bytes copied or as they are. */
static uint32_t enter(struct string_table *table, const struct string_entry *wanted, bool copied)
{
    uint32_t *first = hash_map_at(&table->by_hash, wanted->hash);
    uint32_t chain = *first == HASH_MAP_NONE ? 0 : *first, alike = 0;
    for (uint32_t id = chain; *first != HASH_MAP_NONE; id = table->entries[id].next) {
        const struct string_entry *entry = &table->entries[id];
        if (entry->size == wanted->size && memcmp(entry->bytes, wanted->bytes, wanted->size) == 0)
            return id;
        alike++;
        if (!entry->next)
            break;
    }
    uint32_t id = table->count;
    struct string_entry *entry = array_push(&table->entries, &table->count, &table->capacity);
    *entry = *wanted;
    entry->next = chain;
    if (copied)
        entry->bytes = copy_bytes(table, wanted->bytes, wanted->size);
    *first = id;
    if (alike >= MOST_ALIKE)
        hash_again(table);
    return id;
}

uint32_t string_table_add(struct string_table *table, const char *bytes, size_t size)
{
    uint64_t hash = hash_bytes(bytes, size, table->seed);
    return enter(table, &(struct string_entry){bytes, (uint32_t)size, 0, hash}, true);
}

uint32_t string_table_adopt(struct string_table *table, const struct string_table *from,
                            uint32_t id)
{
    struct string_entry entry = from->entries[id];
    if (from->seed != table->seed)
        entry.hash = hash_bytes(entry.bytes, entry.size, table->seed);
    return enter(table, &entry, false);
}

void string_table_take(struct string_table *table, struct string_table *from)
{
    struct string_block **last = &from->blocks;
    while (*last)
        last = &(*last)->next;
    // behind the block that is being filled
    struct string_block **place = table->blocks ? &table->blocks->next : &table->blocks;
    *last = *place;
    *place = from->blocks;
    table->block_bytes += from->block_bytes;
    from->blocks = NULL;
    string_table_release(from);
}

uint32_t string_table_add_string(struct string_table *table, const char *string)
{
    return string_table_add(table, string, strlen(string));
}

const char *string_table_get(const struct string_table *table, uint32_t id)
{
    return id < table->count ? table->entries[id].bytes : "";
}

uint32_t string_table_size(const struct string_table *table, uint32_t id)
{
    return id < table->count ? table->entries[id].size : 0;
}
