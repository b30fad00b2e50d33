/* SPDX-License-Identifier: MIT */
/*
 * dwarf_line_table.c - decodes line number programs.
 */
#include "symbolizer/dwarf_line_table.h"

#include "profiler/base/memory.h"

#include <dwarf.h>
#include <limits.h>
#include <stdlib.h>

enum { MAX_FORMATS = 16 }; // fields of one entry; five are defined

struct format {
    uint64_t content, form;
};

static uint64_t read_offset(struct bytes *b, uint8_t size)
{
    return size == 8 ? bytes_u64(b) : bytes_u32(b);
}

static const char *string_at(struct bytes section, uint64_t offset)
{
    bytes_skip(&section, offset);
    return bytes_string_within(&section, PATH_MAX);
}

/* The files and directories of DWARF 2-4: lists of inline strings, ended by an empty one. */
static void read_old_names(struct dwarf_line_table *table, struct bytes *b)
{
    const char *name;
    while ((name = bytes_string(b)) && *name)
        *array_push(&table->directories, &table->directory_count, &table->directory_capacity) =
            name;
    while ((name = bytes_string(b)) && *name) {
        struct dwarf_line_file file = {name, bytes_varint(b)};
        bytes_varint(b); // time
        bytes_varint(b); // size
        *array_push(&table->files, &table->file_count, &table->file_capacity) = file;
    }
}

/* One field of a version 5 entry. Numbers go to *number, strings to *string. */
static void read_field(const struct dwarf_line_table *table, const struct dwarf_line_sections *s,
                       uint64_t form, struct bytes *b, uint64_t *number, const char **string)
{
    switch (form) {
    case DW_FORM_string:
        *string = bytes_string(b);
        break;
    case DW_FORM_line_strp:
        *string = string_at(s->line_strings, read_offset(b, table->offset_size));
        break;
    case DW_FORM_strp:
        *string = string_at(s->strings, read_offset(b, table->offset_size));
        break;
    case DW_FORM_strp_sup:
        read_offset(b, table->offset_size);
        break;
    case DW_FORM_udata:
        *number = bytes_varint(b);
        break;
    case DW_FORM_data1:
        *number = bytes_u8(b);
        break;
    case DW_FORM_data2:
        *number = bytes_u16(b);
        break;
    case DW_FORM_data4:
        *number = bytes_u32(b);
        break;
    case DW_FORM_data8:
        *number = bytes_u64(b);
        break;
    case DW_FORM_data16:
        bytes_skip(b, 16);
        break;
    case DW_FORM_block:
        bytes_skip(b, bytes_varint(b));
        break;
    default:
        bytes_fail(b); // its size is not known
    }
}

static uint8_t read_formats(struct bytes *b, struct format *formats)
{
    uint8_t count = bytes_u8(b);
    if (count > MAX_FORMATS) {
        bytes_fail(b);
        return 0;
    }
    for (uint8_t i = 0; i < count; i++) {
        formats[i].content = bytes_varint(b);
        formats[i].form = bytes_varint(b);
    }
    return count;
}

/* One list of version 5: how its entries look, then the entries. */
static void read_new_list(struct dwarf_line_table *table, const struct dwarf_line_sections *s,
                          struct bytes *b, bool is_files)
{
    struct format formats[MAX_FORMATS];
    uint8_t format_count = read_formats(b, formats);
    uint64_t count = bytes_varint(b);
    // an entry takes at least one byte, so a false count ends with the bytes
    for (uint64_t i = 0; i < count && format_count && bytes_left(b); i++) {
        struct dwarf_line_file file = {0};
        for (uint8_t f = 0; f < format_count; f++) {
            uint64_t number = 0;
            const char *string = NULL;
            read_field(table, s, formats[f].form, b, &number, &string);
            if (formats[f].content == DW_LNCT_path)
                file.name = string;
            else if (formats[f].content == DW_LNCT_directory_index)
                file.directory = number;
        }
        if (b->failed)
            return;
        if (is_files)
            *array_push(&table->files, &table->file_count, &table->file_capacity) = file;
        else
            *array_push(&table->directories, &table->directory_count, &table->directory_capacity) =
                file.name;
    }
}

/* The fixed fields up to the opcodes' operand counts. */
static bool read_fixed(struct dwarf_line_table *table, struct bytes *b)
{
    table->instruction_size = bytes_u8(b);
    table->instruction_operations = table->version >= 4 ? bytes_u8(b) : 1;
    bytes_u8(b); // whether rows begin as statements
    table->line_base = (int8_t)bytes_u8(b);
    table->line_range = bytes_u8(b);
    table->opcode_base = bytes_u8(b);
    if (!table->line_range || !table->opcode_base)
        return false;
    if (!table->instruction_operations)
        table->instruction_operations = 1;
    table->operand_counts = bytes_take(b, table->opcode_base - 1u);
    return !b->failed;
}

bool dwarf_line_table_init(struct dwarf_line_table *table, const struct dwarf_line_sections *s,
                           uint64_t offset, uint8_t address_size)
{
    struct dwarf_line_table read = {.address_size = address_size, .offset_size = 4};
    struct bytes b = s->line;
    bytes_skip(&b, offset);
    uint64_t size = bytes_u32(&b);
    if (size == 0xffffffff) {
        size = bytes_u64(&b);
        read.offset_size = 8;
    }
    if (b.failed || size > bytes_left(&b))
        return false;
    b = bytes_of(b.at, size);
    read.version = bytes_u16(&b);
    if (read.version < 2 || read.version > 5)
        return false;
    if (read.version >= 5) {
        read.address_size = bytes_u8(&b);
        bytes_u8(&b); // size of a segment selector
    }
    uint64_t header_size = read_offset(&b, read.offset_size);
    if (b.failed || header_size > bytes_left(&b))
        return false;
    read.program = bytes_of(b.at + header_size, bytes_left(&b) - header_size);
    b = bytes_of(b.at, header_size);
    if ((read.address_size != 4 && read.address_size != 8) || !read_fixed(&read, &b))
        return false;
    if (read.version >= 5) {
        read_new_list(&read, s, &b, false);
        read_new_list(&read, s, &b, true);
    } else {
        read_old_names(&read, &b);
    }
    *table = read; // rows are good even where the names are damaged
    return true;
}

void dwarf_line_table_release(struct dwarf_line_table *table)
{
    free(table->directories);
    free(table->files);
    *table = (struct dwarf_line_table){0};
}

const struct dwarf_line_file *dwarf_line_table_file(const struct dwarf_line_table *table,
                                                    uint64_t index)
{
    if (table->version < 5 && index-- == 0)
        return NULL;
    return index < table->file_count ? &table->files[index] : NULL;
}

const char *dwarf_line_table_directory(const struct dwarf_line_table *table, uint64_t index)
{
    if (table->version < 5 && index-- == 0)
        return NULL;
    return index < table->directory_count ? table->directories[index] : NULL;
}

static void begin_sequence(struct dwarf_line_rows *rows)
{
    rows->row = (struct dwarf_line_row){.file = 1, .line = 1};
    rows->operation = 0;
}

struct dwarf_line_rows dwarf_line_rows_of(const struct dwarf_line_table *table)
{
    struct dwarf_line_rows rows = {.table = table, .program = table->program};
    begin_sequence(&rows);
    return rows;
}

static void advance(struct dwarf_line_rows *rows, uint64_t operations)
{
    const struct dwarf_line_table *table = rows->table;
    uint64_t sum = rows->operation + operations;
    rows->row.address += table->instruction_size * (sum / table->instruction_operations);
    rows->operation = sum % table->instruction_operations;
}

/* Returns whether the opcode makes a row, which only the end of a sequence does. */
static bool extended(struct dwarf_line_rows *rows)
{
    uint64_t size = bytes_varint(&rows->program);
    const uint8_t *at = bytes_take(&rows->program, size);
    if (!at || !size)
        return false;
    struct bytes b = bytes_of(at, size);
    switch (bytes_u8(&b)) {
    case DW_LNE_end_sequence:
        rows->row.ends_sequence = true;
        return true;
    case DW_LNE_set_address:
        rows->row.address = size - 1 == 4 ? bytes_u32(&b) : bytes_u64(&b);
        rows->operation = 0;
        return false;
    case DW_LNE_set_discriminator:
        rows->row.discriminator = bytes_varint(&b);
        return false;
    default: // files defined in the program, which no compiler does
        return false;
    }
}

static bool standard(struct dwarf_line_rows *rows, uint8_t opcode)
{
    struct bytes *b = &rows->program;
    const struct dwarf_line_table *table = rows->table;
    switch (opcode) {
    case DW_LNS_copy:
        return true;
    case DW_LNS_advance_pc:
        advance(rows, bytes_varint(b));
        return false;
    case DW_LNS_advance_line:
        rows->row.line += bytes_signed_varint(b);
        return false;
    case DW_LNS_set_file:
        rows->row.file = bytes_varint(b);
        return false;
    case DW_LNS_const_add_pc:
        advance(rows, (255u - table->opcode_base) / table->line_range);
        return false;
    case DW_LNS_fixed_advance_pc:
        rows->row.address += bytes_u16(b);
        rows->operation = 0;
        return false;
    default:
        for (uint8_t i = 0; i < table->operand_counts[opcode - 1]; i++)
            bytes_varint(b);
        return false;
    }
}

static bool special(struct dwarf_line_rows *rows, uint8_t opcode)
{
    const struct dwarf_line_table *table = rows->table;
    uint8_t adjusted = (uint8_t)(opcode - table->opcode_base);
    advance(rows, adjusted / table->line_range);
    rows->row.line += (uint64_t)(int64_t)(table->line_base + adjusted % table->line_range);
    return true;
}

bool dwarf_line_rows_next(struct dwarf_line_rows *rows, struct dwarf_line_row *row)
{
    if (rows->row.ends_sequence)
        begin_sequence(rows);
    while (bytes_left(&rows->program)) {
        uint8_t opcode = bytes_u8(&rows->program);
        bool is_row = opcode >= rows->table->opcode_base ? special(rows, opcode)
                      : opcode == 0                      ? extended(rows)
                                                         : standard(rows, opcode);
        if (rows->program.failed)
            return false;
        if (is_row) {
            *row = rows->row;
            rows->row.discriminator = 0;
            return true;
        }
    }
    return false;
}
