/* SPDX-License-Identifier: MIT */
/*
 * string_table.h - each distinct string once, known by a small number.
 *
 * Strings are bytes: they may hold NULs, control characters and invalid UTF-8 (they come from
 * untrusted binaries). Id 0 is always the empty string.
 *
 * Memory: the table owns the bytes; pointers stay valid until string_table_release.
 */
#ifndef PROF_BASE_STRING_TABLE_H
#define PROF_BASE_STRING_TABLE_H

#include "profiler/base/hash_map.h"

#include <stddef.h>
#include <stdint.h>

struct string_table {
    struct string_entry {
        const char *bytes; /* NUL-terminated */
        uint32_t size;     /* without the NUL */
        uint32_t next;     /* the next entry with the same hash, or 0 */
        uint64_t hash;     /* under the table's seed */
    } * entries;
    uint32_t count, capacity;
    struct hash_map by_hash;
    uint64_t seed; /* of the hashes, see hash_map.h */
    struct string_block *blocks;
    size_t block_bytes; /* of all blocks */
};

void string_table_init(struct string_table *table);
void string_table_release(struct string_table *table);

/* The id of these bytes, which are copied when they are new. */
uint32_t string_table_add(struct string_table *table, const char *bytes, size_t size);
uint32_t string_table_add_string(struct string_table *table, const char *string);

/* Enters a string of another table without copying it: its bytes stay with that table, which must
 * last as long as this one is read, or give its bytes away by string_table_take. */
uint32_t string_table_adopt(struct string_table *table, const struct string_table *from,
                            uint32_t id);

/* The bytes of all strings of `from` are the table's from now on; `from` is empty. */
void string_table_take(struct string_table *table, struct string_table *from);

/* The NUL-terminated bytes of an id; ids out of range give "". */
const char *string_table_get(const struct string_table *table, uint32_t id);
uint32_t string_table_size(const struct string_table *table, uint32_t id);

#endif
