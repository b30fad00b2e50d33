/* SPDX-License-Identifier: MIT */
/*
 * string_table.c - each distinct string once.
 */
#include "profiler/base/string_table.h"

#include "profiler/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Bytes live in blocks that never move, so that pointers stay valid while the table grows. */
struct string_block {
    struct string_block *next;
    size_t used, size;
    char bytes[];
};

enum {
    BLOCK_SIZE = 64 * 1024,
    MOST_ALIKE = 8, /* strings of one hash: by chance, there are never two */
};

static const char *copy_bytes(struct string_table *table, const char *bytes, size_t size)
{
    struct string_block *block = table->blocks;
    if (!block || block->size - block->used < size + 1) {
        size_t wanted = size + 1 > BLOCK_SIZE ? size + 1 : BLOCK_SIZE;
        block = memory_new(1, sizeof *block + wanted);
        block->size = wanted;
        block->next = table->blocks;
        table->blocks = block;
    }
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
        uint64_t hash = hash_bytes(entry->bytes, entry->size, table->seed);
        uint32_t *first = hash_map_at(&table->by_hash, hash);
        entry->next = *first == HASH_MAP_NONE ? 0 : *first;
        *first = id;
    }
}

static uint32_t add_new(struct string_table *table, const char *bytes, size_t size, uint32_t chain)
{
    struct string_entry *entry = array_push(&table->entries, &table->count, &table->capacity);
    *entry = (struct string_entry){copy_bytes(table, bytes, size), (uint32_t)size, chain};
    return table->count - 1;
}

uint32_t string_table_add(struct string_table *table, const char *bytes, size_t size)
{
    uint32_t *first = hash_map_at(&table->by_hash, hash_bytes(bytes, size, table->seed));
    uint32_t chain = *first == HASH_MAP_NONE ? 0 : *first, alike = 0;
    for (uint32_t id = chain; *first != HASH_MAP_NONE; id = table->entries[id].next) {
        const struct string_entry *entry = &table->entries[id];
        if (entry->size == size && memcmp(entry->bytes, bytes, size) == 0)
            return id;
        alike++;
        if (!entry->next)
            break;
    }
    *first = add_new(table, bytes, size, chain);
    uint32_t id = *first;
    if (alike >= MOST_ALIKE)
        hash_again(table);
    return id;
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
