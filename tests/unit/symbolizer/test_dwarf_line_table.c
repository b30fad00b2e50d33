/* SPDX-License-Identifier: MIT */
/*
 * test_dwarf_line_table.c - line number programs from literal bytes.
 */
#include "symbolizer/dwarf_line_table.h"

#include "profiler/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LINE_BASE = -3, LINE_RANGE = 12, OPCODE_BASE = 13 };

#define U64(n)                                                                                     \
    (uint8_t)(n), (uint8_t)((n) >> 8), (uint8_t)((n) >> 16), (uint8_t)((n) >> 24), 0, 0, 0, 0
#define SET_ADDRESS(n)     0, 9, 2, U64(n)
#define END_SEQUENCE       0, 1, 1
#define SPECIAL(pc, lines) (uint8_t)((lines)-LINE_BASE + LINE_RANGE * (pc) + OPCODE_BASE)

/* Two directories and two files, as each version writes them. */
static const uint8_t old_names[] = {'d', '1', 0, 'd', '2', 0,   0,              // directories
                                    'a', 0,   1, 0,   0,   'b', 0, 2, 0, 0, 0}; // files
static const uint8_t new_names[] = {1, 1, 0x08, 2, 'd',  '0', 0,   'd', '1', 0, // path as string
                                    2, 1, 0x08, 2, 0x0b, 2,   'a', 0,   0,   'b',
                                    0, 1}; // path, directory index as data1

static void append_number(struct text *text, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text_append_char(text, (char)(value >> 8 * i));
}

/* A whole .debug_line with one table. */
static struct text section_of(uint16_t version, const uint8_t *program, size_t size)
{
    static const uint8_t operand_counts[] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};
    const uint8_t *names = version >= 5 ? new_names : old_names;
    size_t names_size = version >= 5 ? sizeof new_names : sizeof old_names;
    struct text header = TEXT_INIT, section = TEXT_INIT;
    append_number(&header, 1, 1); // instruction size
    if (version >= 4)
        append_number(&header, 1, 1);
    append_number(&header, 1, 1);
    append_number(&header, (uint8_t)LINE_BASE, 1);
    append_number(&header, LINE_RANGE, 1);
    append_number(&header, OPCODE_BASE, 1);
    text_append(&header, operand_counts, sizeof operand_counts);
    text_append(&header, names, names_size);
    append_number(&section, (version >= 5 ? 8 : 6) + header.length + size, 4);
    append_number(&section, version, 2);
    if (version >= 5)
        append_number(&section, 8, 2); // address size, segment selector size
    append_number(&section, header.length, 4);
    text_append(&section, header.data, header.length);
    text_append(&section, program, size);
    text_release(&header);
    return section;
}

static bool open_table(struct dwarf_line_table *table, const void *bytes, size_t size)
{
    struct dwarf_line_sections sections = {bytes_of(bytes, size), bytes_of(bytes, 0),
                                           bytes_of(bytes, 0)};
    return dwarf_line_table_init(table, &sections, 0, 8);
}

static void expect_rows(uint16_t version, const uint8_t *program, size_t size,
                        const struct dwarf_line_row *rows, size_t count)
{
    struct text section = section_of(version, program, size);
    struct dwarf_line_table table;
    struct dwarf_line_row row;
    assert_true(open_table(&table, section.data, section.length));
    struct dwarf_line_rows decoded = dwarf_line_rows_of(&table);
    for (size_t i = 0; i < count; i++) {
        assert_true(dwarf_line_rows_next(&decoded, &row));
        assert_int_equal(row.address, rows[i].address);
        assert_int_equal(row.file, rows[i].file);
        assert_int_equal(row.line, rows[i].line);
        assert_int_equal(row.ends_sequence, rows[i].ends_sequence);
    }
    assert_false(dwarf_line_rows_next(&decoded, &row));
    dwarf_line_table_release(&table);
    text_release(&section);
}

#define EXPECT_ROWS(version, program, rows)                                                        \
    expect_rows(version, program, sizeof program, rows, sizeof rows / sizeof *rows)

static void opcodes_move_address_and_line(void **state)
{
    static const uint8_t program[] = {
        SET_ADDRESS(0x1000),
        3,
        9,
        1,             // advance_line +9, copy
        SPECIAL(4, 2), // +4, +2 lines
        2,
        0x80,
        0x01,
        3,
        0x7b,
        1, // advance_pc 128, advance_line -5, copy
        8,
        SPECIAL(0, 0), // const_add_pc: (255 - 13) / 12 = 20
        9,
        0x34,
        0x12,
        4,
        2,
        1, // fixed_advance_pc 0x1234, set_file 2, copy
        5,
        7,
        10,
        12,
        3,
        6,
        7,
        11, // column, prologue_end, isa, negate_stmt, block, epilogue
        2,
        1,
        END_SEQUENCE,
    };
    static const struct dwarf_line_row rows[] = {
        {0x1000, 1, 10, 0, false},         {0x1004, 1, 12, 0, false},
        {0x1084, 1, 7, 0, false},          {0x1098, 1, 7, 0, false},
        {0x1098 + 0x1234, 2, 7, 0, false}, {0x1099 + 0x1234, 2, 7, 0, true},
    };
    (void)state;
    for (uint16_t version = 2; version <= 5; version++)
        EXPECT_ROWS(version, program, rows);
}

static void sequences_begin_with_file_1_in_every_version(void **state)
{
    static const uint8_t program[] = {SET_ADDRESS(0x1000), 4, 2,           1, END_SEQUENCE,
                                      SET_ADDRESS(0x500),  1, END_SEQUENCE};
    static const struct dwarf_line_row rows[] = {{0x1000, 2, 1, 0, false},
                                                 {0x1000, 2, 1, 0, true},
                                                 {0x500, 1, 1, 0, false},
                                                 {0x500, 1, 1, 0, true}};
    (void)state;
    EXPECT_ROWS(4, program, rows);
    EXPECT_ROWS(5, program, rows);
}

static void unknown_opcodes_are_passed_over(void **state)
{
    static const uint8_t program[] = {SET_ADDRESS(0x1000), 0, 3, 0x80, 1, 2, 0, 2, 4, 9, 1};
    static const struct dwarf_line_row rows[] = {{0x1000, 1, 1, 0, false}};
    (void)state;
    EXPECT_ROWS(5, program, rows);
}

static void file_indexes_count_from_1_before_version_5(void **state)
{
    struct dwarf_line_table table;
    struct text section = section_of(4, (const uint8_t *)"", 0);
    (void)state;
    assert_true(open_table(&table, section.data, section.length));
    assert_null(dwarf_line_table_file(&table, 0));
    assert_string_equal(dwarf_line_table_file(&table, 1)->name, "a");
    assert_string_equal(dwarf_line_table_file(&table, 2)->name, "b");
    assert_int_equal(dwarf_line_table_file(&table, 2)->directory, 2);
    assert_null(dwarf_line_table_file(&table, 3));
    assert_null(dwarf_line_table_directory(&table, 0));
    assert_string_equal(dwarf_line_table_directory(&table, 2), "d2");
    assert_null(dwarf_line_table_directory(&table, 3));
    dwarf_line_table_release(&table);
    text_release(&section);
}

static void file_indexes_count_from_0_since_version_5(void **state)
{
    struct dwarf_line_table table;
    struct text section = section_of(5, (const uint8_t *)"", 0);
    (void)state;
    assert_true(open_table(&table, section.data, section.length));
    assert_string_equal(dwarf_line_table_file(&table, 0)->name, "a");
    assert_string_equal(dwarf_line_table_file(&table, 1)->name, "b");
    assert_int_equal(dwarf_line_table_file(&table, 1)->directory, 1);
    assert_null(dwarf_line_table_file(&table, 2));
    assert_string_equal(dwarf_line_table_directory(&table, 0), "d0");
    assert_string_equal(dwarf_line_table_directory(&table, 1), "d1");
    assert_null(dwarf_line_table_directory(&table, UINT64_MAX));
    dwarf_line_table_release(&table);
    text_release(&section);
}

static void table_cut_anywhere_is_refused(void **state)
{
    static const uint8_t program[] = {SET_ADDRESS(0x1000), 1, END_SEQUENCE};
    (void)state;
    for (uint16_t version = 4; version <= 5; version++) {
        struct text section = section_of(version, program, sizeof program);
        for (size_t size = 0; size < section.length; size++) {
            struct dwarf_line_table table;
            char *copy = malloc(size ? size : 1);
            memcpy(copy, section.data, size);
            assert_false(open_table(&table, copy, size));
            free(copy);
        }
        text_release(&section);
    }
}

/* The length is believed only as far as the section goes; inside, any byte may be anything. */
static void no_single_byte_can_lead_out_of_the_table(void **state)
{
    static const uint8_t program[] = {SET_ADDRESS(0x1000), 1, 3, 5, SPECIAL(2, 2), END_SEQUENCE};
    (void)state;
    for (uint16_t version = 4; version <= 5; version++) {
        struct text section = section_of(version, program, sizeof program);
        for (size_t at = 0; at < section.length * 256; at++) {
            struct dwarf_line_table table;
            char *copy = malloc(section.length);
            memcpy(copy, section.data, section.length);
            copy[at / 256] = (char)at;
            if (open_table(&table, copy, section.length)) {
                struct dwarf_line_row row;
                struct dwarf_line_rows rows = dwarf_line_rows_of(&table);
                size_t count = 0;
                while (dwarf_line_rows_next(&rows, &row))
                    count++;
                assert_true(count <= section.length);
                for (uint64_t i = 0; i < 300; i++) {
                    const struct dwarf_line_file *file = dwarf_line_table_file(&table, i);
                    if (file)
                        dwarf_line_table_directory(&table, file->directory);
                }
                dwarf_line_table_release(&table);
            }
            free(copy);
        }
        text_release(&section);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opcodes_move_address_and_line),
        cmocka_unit_test(sequences_begin_with_file_1_in_every_version),
        cmocka_unit_test(unknown_opcodes_are_passed_over),
        cmocka_unit_test(file_indexes_count_from_1_before_version_5),
        cmocka_unit_test(file_indexes_count_from_0_since_version_5),
        cmocka_unit_test(table_cut_anywhere_is_refused),
        cmocka_unit_test(no_single_byte_can_lead_out_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
