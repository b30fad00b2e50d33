/* SPDX-License-Identifier: MIT */
/*
 * function_aliases.h - all the names of a function.
 *
 * One function has several where a linker has folded equal ones (--icf), and where a library names
 * it twice (memcpy and __memcpy_avx_unaligned).
 */
#ifndef PROF_SYMBOLIZER_FUNCTION_ALIASES_H
#define PROF_SYMBOLIZER_FUNCTION_ALIASES_H

#include "symbolizer/symbol_table.h"

struct function_alias {
    uint64_t start; /* of the function */
    struct elf_symbol symbol;
};

struct function_aliases {
    struct function_alias *names; /* by start, then the best first, each name once */
    uint32_t count, capacity;
    uint64_t *starts; /* [lookup] of its function; 0: none is known */
};

/* All names, in this table, of the functions that hold the lookups' addresses. */
void function_aliases_init(struct function_aliases *aliases, const struct symbol_table *table,
                           const struct lookup_batch *batch);
void function_aliases_release(struct function_aliases *aliases);

/* Those of a lookup, by its index. */
const struct function_alias *function_aliases_of(const struct function_aliases *aliases,
                                                 uint32_t lookup, uint32_t *count);

#endif
