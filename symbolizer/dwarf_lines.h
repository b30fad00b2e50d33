/* SPDX-License-Identifier: MIT */
/*
 * dwarf_lines.h - files and line rows of a unit's line table (DWARF 5, 6.2).
 */
#ifndef PROF_SYMBOLIZER_DWARF_LINES_H
#define PROF_SYMBOLIZER_DWARF_LINES_H

#include "symbolizer/dwarf_units.h"

/* An address to resolve, as the decoders of one unit see it. Arrays of them are sorted. */
struct dwarf_target {
    uint64_t address;
    struct lookup *lookup;
    uint32_t node; /* see dwarf_chains.h */
    uint32_t line; /* of the row; 0: none */
    uint32_t discriminator;
    uint64_t line_file; /* its file, as the line table numbers it; DWARF_NONE: no row */
};

/* The index of the first target at or after the address. */
uint32_t dwarf_target_first(const struct dwarf_target *targets, uint32_t count, uint64_t address);

struct dwarf_lines;

/*
 * Decodes the unit's line program once, and sets line and file of the targets: of the last row at
 * or before the address in the sequence that covers it. Only the table of files is kept, in
 * unit->lines. Line 0 means that the compiler did not attribute the code to a line. Touches
 * nothing but the unit, which must have been read.
 */
void dwarf_lines_match(struct dwarf_units *units, struct dwarf_unit *unit,
                       struct dwarf_target *targets, uint32_t count);

/* Hands what dwarf_lines_match found to the lookups, with the paths of the files. */
void dwarf_lines_publish(struct dwarf_units *units, struct dwarf_unit *unit,
                         const struct dwarf_target *targets, uint32_t count,
                         struct string_table *strings);

/* The path of a unit's file by its DWARF index (DW_AT_decl_file), 0 when there is none. Reads the
 * line table when needed. */
uint32_t dwarf_lines_file(struct dwarf_units *units, struct dwarf_unit *unit, uint64_t index,
                          struct string_table *strings);

/* Frees the lines of all units. Before dwarf_units_release, which does not know of them. */
void dwarf_lines_release(struct dwarf_units *units);

#endif
