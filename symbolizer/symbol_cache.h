/* SPDX-License-Identifier: MIT */
/*
 * symbol_cache.h - remembers the answers for a module, in a file.
 *
 * A profile that is recorded again has mostly the same addresses; with their answers at hand, its
 * debug information need not be opened, let alone inflated. One file for each module, by build-id,
 * that holds complete chains; what they were derived from is part of it, so that a debug file
 * installed or replaced since makes it void. Files are replaced as a whole (rename), so readers and
 * writers need no locks: of two that write at once, one's additions are lost.
 *
 * The contents are checked as if they were hostile: checksum, and every index at its use. So the
 * same bytes also carry the answers of an isolated process (isolated_module.h).
 */
#ifndef PROF_SYMBOLIZER_SYMBOL_CACHE_H
#define PROF_SYMBOLIZER_SYMBOL_CACHE_H

#include "profiler/base/text.h"
#include "symbolizer/symbol_types.h"

#define SYMBOL_CACHE_MAX_BYTES   ((uint64_t)512 << 20) /* of all files together */
#define SYMBOL_CACHE_MAX_ENTRIES 500000                /* of one */

struct symbol_cache;

/*
 * `name` is that of the file in the directory, which is made when there is something to write;
 * `identity` says in any words what the answers depend on. Never fails: a file that is missing,
 * damaged, of another identity or of another user is an empty one.
 */
struct symbol_cache *symbol_cache_open(const char *directory, const char *name,
                                       const char *identity, struct string_table *strings);

/* One that is no file: empty, to be filled and composed; or of such bytes, which must stay until it
 * is closed, NULL when they are damaged. */
struct symbol_cache *symbol_cache_new(struct string_table *strings);
struct symbol_cache *symbol_cache_of(const void *bytes, size_t size, struct string_table *strings);

/* Appends what was added as bytes. Once only: adding more or closing is all that may follow. */
void symbol_cache_compose(struct symbol_cache *cache, struct text *out);

/* Appends the chain of an address to the result's frames, and describes it in `chain`. False when
 * the cache does not have it. */
bool symbol_cache_find(struct symbol_cache *cache, uint64_t address, struct symbol_result *result,
                       struct symbol_chain *chain);

/* Remembers a chain of a result. */
void symbol_cache_add(struct symbol_cache *cache, uint64_t address,
                      const struct symbol_result *result, const struct symbol_chain *chain);

/* Closes the cache: what was added is written, or left in `writes` where that is not NULL. */
void symbol_cache_close(struct symbol_cache *cache, struct symbol_cache_writes *writes);

/* Caches of one directory that are closed but for being written. Of two of the same name, the later
 * one stays. */
struct symbol_cache_writes {
    struct symbol_cache **caches;
    uint32_t count, capacity;
};

/* Writes them, removes the files used least recently when all become too large, and is empty
 * again. The table of strings is only read: others may do so meanwhile. */
void symbol_cache_write(struct symbol_cache_writes *writes);

/* $XDG_CACHE_HOME/prof/symbols, or below ~/.cache. False when there is no such place. */
bool symbol_cache_directory(struct text *path);

#endif
