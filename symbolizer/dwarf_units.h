/* SPDX-License-Identifier: MIT */
/*
 * dwarf_units.h - the compilation units of a file, and which of them covers an address.
 *
 * Only headers are read at the start. A unit's own entry is read when an address falls into it, or
 * when .debug_aranges does not say what it covers (clang writes none).
 */
#ifndef PROF_SYMBOLIZER_DWARF_UNITS_H
#define PROF_SYMBOLIZER_DWARF_UNITS_H

#include "symbolizer/dwarf_decoder.h"
#include "symbolizer/libdwarf_compat.h"
#include "symbolizer/lookup.h"

#define DWARF_UNIT_NONE UINT32_MAX

struct dwarf_unit {
    struct dwarf_header header;
    bool is_mapped; /* .debug_aranges says what it covers */
    bool is_read;   /* from here on, dwarf_units_get has filled in: */
    struct dwarf_entry entry;
    struct dwarf_ranges_unit ranges;
    struct dwarf_lines *lines;      /* see dwarf_lines.h; NULL until used */
    struct dwarf_split_unit *split; /* see dwarf_split.h; NULL: not split, or not found */
    bool looked_for_split;
};

struct dwarf_units {
    Dwarf_Debug dbg; /* NULL: headers and entries are read by our own decoder */
    struct dwarf_sections *sections;
    struct dwarf_units *shared; /* of the file that dwz moved common parts to; NULL: none */
    struct dwarf_unit *units;   /* ascending by offset */
    uint32_t count, capacity;
};

/* The sections and libdwarf (NULL: see above) must stay until dwarf_units_release. */
void dwarf_units_init(struct dwarf_units *units, Dwarf_Debug dbg, struct dwarf_sections *sections);
void dwarf_units_release(struct dwarf_units *units);

/* The unit, with its first entry read. */
struct dwarf_unit *dwarf_units_get(struct dwarf_units *units, uint32_t index);

/* The unit that holds an offset of .debug_info, or DWARF_UNIT_NONE. */
uint32_t dwarf_units_at(const struct dwarf_units *units, uint64_t offset);

/* The decoder of a unit's entries, with its bases; false when the unit cannot be decoded. Thread
 * safe once the sections are loaded. */
bool dwarf_units_decoder(const struct dwarf_units *units, uint32_t index,
                         struct dwarf_decoder *decoder);

/* For each lookup the unit that covers it, the one with the shortest range if there are several,
 * or DWARF_UNIT_NONE. An array of batch->count, which the caller frees. */
uint32_t *dwarf_units_assign(struct dwarf_units *units, const struct lookup_batch *batch);

#endif
