/* SPDX-License-Identifier: MIT */
/*
 * dwarf_entry.h - one debugging information entry (DIE), as far as the symbolizer cares.
 *
 * Strings borrow from the sections.
 */
#ifndef PROF_SYMBOLIZER_DWARF_ENTRY_H
#define PROF_SYMBOLIZER_DWARF_ENTRY_H

#include "symbolizer/dwarf_ranges.h"

#include <stdbool.h>

#define DWARF_NONE UINT64_MAX /* an attribute that is not there */

struct dwarf_entry {
    uint64_t offset; /* in .debug_info */
    uint16_t tag;
    const char *name, *linkage_name; /* NULL: none */
    uint64_t origin;                 /* abstract origin, or specification; or DWARF_NONE */
    bool origin_is_shared;           /* an offset in the file that dwz shared out to */
    uint64_t low_pc, high_pc;        /* high_pc is an address; both DWARF_NONE: none */
    uint64_t ranges;                 /* DWARF_NONE; else an offset, or an index when: */
    bool ranges_are_index;
    uint64_t decl_file, decl_line, call_file, call_line;

    /* of a unit's first entry */
    const char *directory;
    uint64_t lines; /* offset in .debug_line; DWARF_NONE: none */
    uint64_t language, address_base, rnglists_base, ranges_base, string_offsets_base;
    bool is_split;        /* the rest of the unit is in a .dwo file */
    const char *dwo_name; /* of that file */
    uint64_t dwo_id;      /* before DWARF 5, where the header has it; DWARF_NONE: none */

    bool lacks_shared; /* a name is in dwz's shared file, which is not tied to this one */
};

/* An entry that has nothing. */
struct dwarf_entry dwarf_entry_empty(void);

/* The addresses that an entry covers, low first. */
struct dwarf_entry_ranges {
    uint64_t low_pc, high_pc; /* the only range, when `list` has no unit */
    struct dwarf_ranges list;
};
struct dwarf_entry_ranges dwarf_entry_ranges(const struct dwarf_entry *entry,
                                             const struct dwarf_ranges_unit *unit);
bool dwarf_entry_ranges_next(struct dwarf_entry_ranges *ranges, uint64_t *low, uint64_t *high);

#endif
