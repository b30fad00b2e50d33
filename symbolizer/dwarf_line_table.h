/* SPDX-License-Identifier: MIT */
/*
 * dwarf_line_table.h - decodes a line number program (DWARF 2-5; DWARF 5, 6.2).
 *
 * Our own: libdwarf 20210528 starts the file register of version 5 at 0 where the standard and the
 * assemblers have 1, which names the wrong file for inlined headers (binutils 2.40 does the same),
 * and it allocates every row. Pure: bytes in, rows out.
 *
 * Memory: names borrow from the sections; the arrays belong to the table.
 */
#ifndef PROF_SYMBOLIZER_DWARF_LINE_TABLE_H
#define PROF_SYMBOLIZER_DWARF_LINE_TABLE_H

#include "profiler/base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct dwarf_line_sections {
    struct bytes line, line_strings, strings; /* .debug_line, .debug_line_str, .debug_str */
};

struct dwarf_line_file {
    const char *name;   /* NULL: not readable */
    uint64_t directory; /* index; before version 5, 0 is the unit's own and 1 the first listed */
};

struct dwarf_line_table {
    uint16_t version;
    uint8_t address_size, offset_size;
    uint8_t instruction_size, instruction_operations;
    uint8_t line_range, opcode_base;
    int8_t line_base;
    const uint8_t *operand_counts; /* of the standard opcodes, [0] for opcode 1 */
    struct bytes program;
    const char **directories; /* [0] is the table's first, whatever its index is in DWARF */
    uint32_t directory_count, directory_capacity;
    struct dwarf_line_file *files; /* likewise */
    uint32_t file_count, file_capacity;
};

/* Reads the header at an offset of .debug_line. Returns whether it can be used; only then the
 * table must be released. */
bool dwarf_line_table_init(struct dwarf_line_table *table, const struct dwarf_line_sections *s,
                           uint64_t offset, uint8_t address_size);
void dwarf_line_table_release(struct dwarf_line_table *table);

/* By the index that DWARF uses, in rows and attributes. NULL when there is none. */
const struct dwarf_line_file *dwarf_line_table_file(const struct dwarf_line_table *table,
                                                    uint64_t index);
/* NULL also for the unit's own directory, which is not listed before version 5. */
const char *dwarf_line_table_directory(const struct dwarf_line_table *table, uint64_t index);

struct dwarf_line_row {
    uint64_t address, file, line, discriminator;
    bool ends_sequence; /* the address is the first one after the sequence */
};

struct dwarf_line_rows {
    const struct dwarf_line_table *table;
    struct bytes program;
    struct dwarf_line_row row;
    uint64_t operation; /* index in a VLIW instruction */
};

struct dwarf_line_rows dwarf_line_rows_of(const struct dwarf_line_table *table);

/* The next row. False at the end, and where the program is damaged. */
bool dwarf_line_rows_next(struct dwarf_line_rows *rows, struct dwarf_line_row *row);

#endif
