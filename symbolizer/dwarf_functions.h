/* SPDX-License-Identifier: MIT */
/*
 * dwarf_functions.h - what a function's entry says about it, through abstract origins and
 * specifications, in this unit or another.
 */
#ifndef PROF_SYMBOLIZER_DWARF_FUNCTIONS_H
#define PROF_SYMBOLIZER_DWARF_FUNCTIONS_H

#include "profiler/base/hash_map.h"
#include "symbolizer/dwarf_units.h"

/* String ids and a line, 0 where not known. */
struct dwarf_function {
    uint32_t name, linkage_name;
    uint32_t file, line;
};

struct dwarf_functions {
    struct dwarf_units *units;
    struct string_table *strings;
    struct dwarf_functions *shared; /* of the file shared by dwz; NULL: none */
    struct hash_map by_offset;      /* offset of an entry -> index */
    struct dwarf_function *functions;
    uint32_t count, capacity;
    bool lacks_shared; /* a name is in a file shared by dwz, which was not found */
};

void dwarf_functions_init(struct dwarf_functions *functions, struct dwarf_units *units,
                          struct string_table *strings);
void dwarf_functions_release(struct dwarf_functions *functions);

/* The function that an entry of the unit stands for. Each origin is read once. */
struct dwarf_function dwarf_functions_get(struct dwarf_functions *functions,
                                          struct dwarf_unit *unit, const struct dwarf_entry *entry);

#endif
