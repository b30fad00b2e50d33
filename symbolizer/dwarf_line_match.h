/* SPDX-License-Identifier: MIT */
/*
 * dwarf_line_match.h - runs a line number program straight over the addresses that are wanted.
 *
 * The same rows as dwarf_line_rows_next gives, but none of them is kept or handed out: a row is
 * compared with the next wanted address, and most often that is all. Pure.
 */
#ifndef PROF_SYMBOLIZER_DWARF_LINE_MATCH_H
#define PROF_SYMBOLIZER_DWARF_LINE_MATCH_H

#include "symbolizer/dwarf_line_table.h"
#include "symbolizer/elf_image.h"

/* A wanted address and the row that covers it. */
struct dwarf_line_wanted {
    uint64_t address;
    uint64_t file, line, discriminator;
    bool found;
};

/* `wanted` is sorted by address. Of two sequences that cover an address the first one wins;
 * sequences that do not begin in code of the image were dropped by the linker. */
void dwarf_line_match(const struct dwarf_line_table *table, const struct elf_image *image,
                      struct dwarf_line_wanted *wanted, uint32_t count);

/* The same by dwarf_line_rows_next, which also knows machines with several operations in one
 * instruction; the oracle of the test. */
void dwarf_line_match_rows(const struct dwarf_line_table *table, const struct elf_image *image,
                           struct dwarf_line_wanted *wanted, uint32_t count);

#endif
