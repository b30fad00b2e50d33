/* SPDX-License-Identifier: MIT */
/*
 * test_dwarf_oddities.c - what compilers and linkers leave behind that is odd, composed by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compiled.h"
#include "hostile_elf.h"

#include <dwarf.h>

enum { CODE = 0x1000, UNIT_HEADER = 11 };

/* One unit of DWARF 4 around all code, with functions by these abbreviations. */
enum { UNIT = 1, SPAN, RANGES, BLOCK, ORIGIN, BARE };

struct program {
    struct hostile_elf elf;
    struct text *info, *ranges, *lines;
};

static void put_abbreviation(struct text *table, uint64_t code, uint64_t tag, bool has_children,
                             const uint16_t (*attributes)[2])
{
    text_append_varint(table, code);
    text_append_varint(table, tag);
    text_append_char(table, has_children);
    for (; (*attributes)[0]; attributes++) {
        text_append_varint(table, (*attributes)[0]);
        text_append_varint(table, (*attributes)[1]);
    }
    put(table, 0, 2);
}

#define ATTRIBUTES(...)                                                                            \
    (const uint16_t[][2])                                                                          \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            0, 0                                                                                   \
        }                                                                                          \
    }

static void begin_program(struct program *program)
{
    *program = (struct program){.elf.count = 0};
    program->info = &add_part(&program->elf, ".debug_info", SHT_PROGBITS)->bytes;
    struct text *table = &add_part(&program->elf, ".debug_abbrev", SHT_PROGBITS)->bytes;
    program->ranges = &add_part(&program->elf, ".debug_ranges", SHT_PROGBITS)->bytes;
    program->lines = &add_part(&program->elf, ".debug_line", SHT_PROGBITS)->bytes;
    put_abbreviation(table, UNIT, DW_TAG_compile_unit, true,
                     ATTRIBUTES({DW_AT_low_pc, DW_FORM_addr}, {DW_AT_high_pc, DW_FORM_data4},
                                {DW_AT_stmt_list, DW_FORM_sec_offset}));
    put_abbreviation(table, SPAN, DW_TAG_subprogram, false,
                     ATTRIBUTES({DW_AT_name, DW_FORM_string}, {DW_AT_low_pc, DW_FORM_addr},
                                {DW_AT_high_pc, DW_FORM_data8}));
    put_abbreviation(table, RANGES, DW_TAG_subprogram, false,
                     ATTRIBUTES({DW_AT_name, DW_FORM_string}, {DW_AT_low_pc, DW_FORM_addr},
                                {DW_AT_high_pc, DW_FORM_data8},
                                {DW_AT_ranges, DW_FORM_sec_offset}));
    put_abbreviation(table, BLOCK, DW_TAG_lexical_block, true,
                     ATTRIBUTES({DW_AT_low_pc, DW_FORM_addr}, {DW_AT_high_pc, DW_FORM_data8}));
    put_abbreviation(table, ORIGIN, DW_TAG_subprogram, true,
                     ATTRIBUTES({DW_AT_low_pc, DW_FORM_addr}, {DW_AT_high_pc, DW_FORM_data8},
                                {DW_AT_abstract_origin, DW_FORM_ref4}));
    put_abbreviation(table, BARE, DW_TAG_subprogram, false,
                     ATTRIBUTES({DW_AT_specification, DW_FORM_ref4}));
    text_append_char(table, 0);
    put(program->info, 0, 4); // the size, see ask_program
    put(program->info, 4, 2);
    put(program->info, 0, 4);
    put(program->info, 8, 1);
    text_append_char(program->info, UNIT);
    put(program->info, CODE, 8);
    put(program->info, 0x100000, 4);
    put(program->info, 0, 4);
}

static void put_span(struct program *program, const char *name, uint64_t low, uint64_t size)
{
    text_append_char(program->info, SPAN);
    text_append(program->info, name, strlen(name) + 1);
    put(program->info, low, 8);
    put(program->info, size, 8);
}

static struct answer ask_program(struct program *program, const uint64_t *addresses, uint32_t count)
{
    text_append_char(program->info, 0);
    uint32_t size = (uint32_t)program->info->length - 4;
    memcpy(program->info->data, &size, sizeof size);
    compose(&program->elf);
    struct symbol_module module = {
        .path = "/odd", .image = program->elf.file.data, .image_size = program->elf.file.length};
    return ask(&module, "nowhere", addresses, count);
}

static void expect(const struct answer *answer, uint32_t i, const char *name)
{
    if (name)
        assert_string_equal(answer_string(answer, answer_frame(answer, i, 0)->name), name);
    assert_int_equal(answer->result.chains[i].origin, name ? SYMBOL_FROM_DWARF : SYMBOL_FROM_START);
}

/* Linkers leave 0, 1, -1 or -2 as the address of what they have dropped. */
static void functions_that_the_linker_dropped_are_nowhere(void **state)
{
    static const uint64_t dropped[] = {0, 1, UINT64_MAX, UINT64_MAX - 1};
    const uint64_t addresses[] = {CODE + 4, CODE + 0x18, 0, 1, UINT64_MAX, UINT64_MAX - 1};
    struct program program;
    (void)state;
    begin_program(&program);
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
        put_span(&program, "dropped", dropped[i], 0x2000); // reaches over what is left
    put_span(&program, "kept", CODE, 0x10);
    struct answer answer = ask_program(&program, addresses, 6);
    expect(&answer, 0, "kept");
    for (uint32_t i = 1; i < 6; i++)
        expect(&answer, i, NULL);
    answer_release(&answer);
    release(&program.elf);
}

static void list_of_ranges_counts_over_low_and_high(void **state)
{
    const uint64_t addresses[] = {CODE + 4, CODE + 0x14, CODE + 0x24};
    struct program program;
    (void)state;
    begin_program(&program);
    text_append_char(program.info, RANGES);
    text_append(program.info, "parted", 7);
    put(program.info, CODE, 8);
    put(program.info, 0x30, 8);
    put(program.info, 0, 4);
    const uint64_t list[] = {0, 0x10, 0x20, 0x30, 0, 0}; // from the unit's low_pc
    text_append(program.ranges, list, sizeof list);
    struct answer answer = ask_program(&program, addresses, 3);
    expect(&answer, 0, "parted");
    expect(&answer, 1, NULL);
    expect(&answer, 2, "parted");
    answer_release(&answer);
    release(&program.elf);
}

/* Three are usual: the copy, the abstract instance, the declaration. */
static void chain_of_origins_has_an_end(void **state)
{
    enum { LINK = 5 }; // bytes of one
    static const int lengths[] = {3, 14, 40};
    const uint64_t address = CODE + 4;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct program program;
        begin_program(&program);
        uint32_t first = (uint32_t)program.info->length + 21 + 1;
        text_append_char(program.info, ORIGIN);
        put(program.info, CODE, 8);
        put(program.info, 0x10, 8);
        put(program.info, first, 4);
        text_append_char(program.info, 0); // its children
        for (int link = 0; link < lengths[i]; link++) {
            text_append_char(program.info, BARE);
            put(program.info, first + LINK * (uint32_t)(link + 1), 4);
        }
        put_span(&program, "last", CODE + 0x1000, 0x10);
        struct answer answer = ask_program(&program, &address, 1);
        bool is_followed = lengths[i] < 16;
        expect(&answer, 0, is_followed ? "last" : NULL);
        answer_release(&answer);
        release(&program.elf);
    }
}

/* A chain that leads back to itself, too. */
static void chain_of_origins_may_be_a_ring(void **state)
{
    const uint64_t address = CODE + 4;
    struct program program;
    (void)state;
    begin_program(&program);
    uint32_t here = (uint32_t)program.info->length;
    text_append_char(program.info, ORIGIN);
    put(program.info, CODE, 8);
    put(program.info, 0x10, 8);
    put(program.info, here, 4);
    text_append_char(program.info, 0);
    struct answer answer = ask_program(&program, &address, 1);
    expect(&answer, 0, NULL);
    answer_release(&answer);
    release(&program.elf);
}

/* As deep as nothing is; the function after them keeps its name where they are passed over. */
static void blocks_may_be_nested_without_end(void **state)
{
    enum { DEPTH = 100000 };
    const uint64_t addresses[] = {CODE + 4, CODE + 0x24};
    struct program program;
    (void)state;
    for (int is_around = 0; is_around < 2; is_around++) {
        begin_program(&program);
        uint32_t first = (uint32_t)program.info->length + 22;
        text_append_char(program.info, ORIGIN);
        put(program.info, CODE, 8);
        put(program.info, 0x10, 8);
        put(program.info, first + DEPTH * 17u + DEPTH, 4);
        for (int i = 0; i < DEPTH; i++) {
            text_append_char(program.info, BLOCK);
            put(program.info, is_around ? CODE : CODE + 0x8000, 8);
            put(program.info, 0x10, 8);
        }
        for (int i = 0; i <= DEPTH; i++)
            text_append_char(program.info, 0);
        put_span(&program, "after", CODE + 0x20, 0x10);
        struct answer answer = ask_program(&program, addresses, 2);
        assert_int_equal(answer.result.chain_count, 2);
        if (!is_around)
            expect(&answer, 1, "after");
        answer_release(&answer);
        release(&program.elf);
    }
}

/* A row without a line says that there is none; the file is known. */
static void line_0_is_no_line(void **state)
{
    const uint64_t addresses[] = {CODE + 4, CODE + 0x14};
    struct program program;
    (void)state;
    begin_program(&program);
    put_span(&program, "one", CODE, 0x20);
    struct text *lines = program.lines;
    put(lines, 0, 4); // the size, below
    put(lines, 4, 2);
    put(lines, 0, 4); // that of the header, below
    size_t header = lines->length;
    put(lines, 0x010101, 3); // one instruction, one operation, begins as a statement
    put(lines, 0, 1);
    put(lines, 1, 1);
    put(lines, 10, 1); // opcode base
    static const uint8_t counts[] = {0, 1, 1, 1, 1, 0, 0, 0, 1};
    text_append(lines, counts, sizeof counts);
    text_append(lines, "\0a.c\0\0\0\0", 9); // no folders; one file
    uint32_t header_size = (uint32_t)(lines->length - header);
    memcpy(lines->data + header - 4, &header_size, 4);
    static const uint8_t program_bytes[] = {0,
                                            9,
                                            DW_LNE_set_address,
                                            0,
                                            0x10,
                                            0,
                                            0,
                                            0,
                                            0,
                                            0,
                                            0, //
                                            DW_LNS_advance_line,
                                            6,
                                            DW_LNS_copy, // line 7
                                            DW_LNS_advance_pc,
                                            0x10,
                                            DW_LNS_advance_line,
                                            0x79, // line 0
                                            DW_LNS_copy,
                                            DW_LNS_advance_pc,
                                            0x10,
                                            0,
                                            1,
                                            DW_LNE_end_sequence};
    text_append(lines, program_bytes, sizeof program_bytes);
    uint32_t size = (uint32_t)lines->length - 4;
    memcpy(lines->data, &size, sizeof size);
    struct answer answer = ask_program(&program, addresses, 2);
    assert_int_equal(answer_frame(&answer, 0, 0)->line, 7);
    assert_int_equal(answer_frame(&answer, 1, 0)->line, 0);
    for (uint32_t i = 0; i < 2; i++)
        assert_string_equal(answer_string(&answer, answer_frame(&answer, i, 0)->file), "a.c");
    answer_release(&answer);
    release(&program.elf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_that_the_linker_dropped_are_nowhere),
        cmocka_unit_test(list_of_ranges_counts_over_low_and_high),
        cmocka_unit_test(chain_of_origins_has_an_end),
        cmocka_unit_test(chain_of_origins_may_be_a_ring),
        cmocka_unit_test(blocks_may_be_nested_without_end),
        cmocka_unit_test(line_0_is_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
