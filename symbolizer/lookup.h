/* SPDX-License-Identifier: MIT */
/*
 * lookup.h - a batch of addresses of one module, as every origin of names sees it.
 *
 * Sorted and distinct, so that an origin can walk its own table once and find the addresses that
 * an entry covers, instead of indexing the table and asking it address by address.
 */
#ifndef PROF_SYMBOLIZER_LOOKUP_H
#define PROF_SYMBOLIZER_LOOKUP_H

#include "symbolizer/symbol_types.h"

#include <stdbool.h>

struct lookup {
    uint64_t address;
    uint32_t first_frame, frame_count; /* DWARF's answer, in the batch's frames */
    uint32_t file, line;               /* DWARF's line row, also where it knows no function */
    uint32_t discriminator;            /* of the row */
    const char *symbol;                /* from a symbol table or the PLT; NULL: none */
    uint64_t start;                    /* of the function, from .eh_frame; 0: not known */
    bool is_plt;
};

struct lookup_batch {
    struct lookup *lookups;
    uint32_t count;
    struct symbol_frame *frames;
    uint32_t frame_count, frame_capacity;
    struct string_table *strings;
};

/* The index of the first lookup at or after the address. */
static inline uint32_t lookup_first(const struct lookup *lookups, uint32_t count, uint64_t address)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lookups[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
