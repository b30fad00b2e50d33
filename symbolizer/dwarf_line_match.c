/* SPDX-License-Identifier: MIT */
/*
 * dwarf_line_match.c - matches line rows with addresses.
 */
#include "symbolizer/dwarf_line_match.h"

#include <dwarf.h>

static uint32_t first_at(const struct dwarf_line_wanted *wanted, uint32_t count, uint64_t address)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (wanted[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct match {
    const struct dwarf_line_table *table;
    const struct elf_image *image;
    struct dwarf_line_wanted *wanted;
    uint32_t count;

    uint64_t address, line, file, discriminator; /* the registers of the state machine */
    struct {
        uint64_t address, line, file, discriminator;
    } last; /* the row before, while in_sequence */
    bool in_sequence, is_live;

    uint32_t index; /* of the first wanted address at or after the last row */
    uint64_t next;  /* that address; UINT64_MAX: none, or the sequence is not of interest */
};

static void reset_registers(struct match *m)
{
    m->address = 0;
    m->line = m->file = 1;
    m->discriminator = 0;
    m->in_sequence = false;
}

static void seek(struct match *m, uint64_t address)
{
    m->index = first_at(m->wanted, m->count, address);
    m->next = m->is_live && m->index < m->count ? m->wanted[m->index].address : UINT64_MAX;
}

/* The wanted addresses from the last row up to the new one belong to the last row. */
static void take(struct match *m)
{
    for (; m->index < m->count && m->wanted[m->index].address < m->address; m->index++) {
        struct dwarf_line_wanted *wanted = &m->wanted[m->index];
        if (wanted->found)
            continue;
        wanted->file = m->last.file;
        wanted->line = m->last.line;
        wanted->discriminator = m->last.discriminator;
        wanted->found = true;
    }
    m->next = m->index < m->count ? m->wanted[m->index].address : UINT64_MAX;
}

static inline void emit(struct match *m)
{
    if (!m->in_sequence) {
        m->in_sequence = true;
        m->is_live = elf_image_is_code(m->image, m->address);
        seek(m, m->address);
    } else if (m->address > m->next) {
        take(m);
    } else if (m->address < m->last.address) {
        seek(m, m->address); // sequences ascend, unless damaged
    }
    m->last.address = m->address;
    m->last.line = m->line;
    m->last.file = m->file;
    m->last.discriminator = m->discriminator;
    m->discriminator = 0;
}

/* Returns false when the program cannot go on. */
static bool extended(struct match *m, struct bytes *b)
{
    uint64_t size = bytes_varint(b);
    const uint8_t *at = bytes_take(b, size);
    if (!at || !size)
        return at != NULL;
    struct bytes operands = bytes_of(at, size);
    switch (bytes_u8(&operands)) {
    case DW_LNE_end_sequence:
        emit(m);
        reset_registers(m);
        break;
    case DW_LNE_set_address:
        m->address = size - 1 == 4 ? bytes_u32(&operands) : bytes_u64(&operands);
        break;
    case DW_LNE_set_discriminator:
        m->discriminator = bytes_varint(&operands);
        break;
    default:
        break;
    }
    return true;
}

static void standard(struct match *m, struct bytes *b, uint8_t opcode)
{
    const struct dwarf_line_table *table = m->table;
    switch (opcode) {
    case DW_LNS_copy:
        emit(m);
        break;
    case DW_LNS_advance_pc:
        m->address += table->instruction_size * bytes_varint(b);
        break;
    case DW_LNS_advance_line:
        m->line += bytes_signed_varint(b);
        break;
    case DW_LNS_set_file:
        m->file = bytes_varint(b);
        break;
    case DW_LNS_const_add_pc:
        m->address +=
            (uint64_t)table->instruction_size * ((255u - table->opcode_base) / table->line_range);
        break;
    case DW_LNS_fixed_advance_pc:
        m->address += bytes_u16(b);
        break;
    default:
        for (uint8_t i = 0; i < table->operand_counts[opcode - 1]; i++)
            bytes_varint(b);
        break;
    }
}

/* What each special opcode adds. */
struct steps {
    uint32_t address[256];
    int32_t line[256];
};

static void make_steps(const struct dwarf_line_table *table, struct steps *steps)
{
    for (unsigned opcode = table->opcode_base; opcode < 256; opcode++) {
        unsigned adjusted = opcode - table->opcode_base;
        steps->address[opcode] = table->instruction_size * (adjusted / table->line_range);
        steps->line[opcode] = table->line_base + (int)(adjusted % table->line_range);
    }
}

void dwarf_line_match(const struct dwarf_line_table *table, const struct elf_image *image,
                      struct dwarf_line_wanted *wanted, uint32_t count)
{
    struct match m = {.table = table, .image = image, .wanted = wanted, .count = count};
    struct steps steps;
    if (table->instruction_operations != 1) {
        dwarf_line_match_rows(table, image, wanted, count);
        return;
    }
    make_steps(table, &steps);
    reset_registers(&m);
    struct bytes b = table->program;
    while (b.at < b.end) {
        uint8_t opcode = *b.at++;
        if (opcode >= table->opcode_base) {
            m.address += steps.address[opcode];
            m.line += (uint64_t)(int64_t)steps.line[opcode];
            emit(&m);
        } else if (opcode) {
            standard(&m, &b, opcode);
        } else if (!extended(&m, &b)) {
            return;
        }
        if (b.failed)
            return;
    }
}

void dwarf_line_match_rows(const struct dwarf_line_table *table, const struct elf_image *image,
                           struct dwarf_line_wanted *wanted, uint32_t count)
{
    struct dwarf_line_rows rows = dwarf_line_rows_of(table);
    struct dwarf_line_row row, last = {.ends_sequence = true};
    bool is_live = false; // a sequence of code that the linker kept
    for (; dwarf_line_rows_next(&rows, &row); last = row) {
        if (last.ends_sequence) {
            is_live = elf_image_is_code(image, row.address);
            continue;
        }
        uint32_t i = is_live ? first_at(wanted, count, last.address) : count;
        for (; i < count && wanted[i].address < row.address; i++) {
            if (wanted[i].found)
                continue;
            wanted[i].file = last.file;
            wanted[i].line = last.line;
            wanted[i].discriminator = last.discriminator;
            wanted[i].found = true;
        }
    }
}
