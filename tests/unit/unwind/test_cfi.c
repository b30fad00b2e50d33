/* SPDX-License-Identifier: MIT */
/*
 * test_cfi.c - from an address to its row: instructions, forms of the tables, damage.
 */
#include "tests/unit/unwind/literal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FUNCTION = 0x401000, LENGTH = 0x100 };

static void assert_cfa(struct literal *l, uint64_t pc, int reg, int64_t offset)
{
    struct cfi_row row;
    assert_int_equal(literal_row(l, pc, &row), CFI_FOUND);
    assert_int_equal(row.cfa_kind, CFI_VAL_OFFSET);
    assert_int_equal(row.cfa_register, reg);
    assert_int_equal(row.cfa_value, offset);
}

static void assert_rule(struct literal *l, uint64_t pc, int reg, enum cfi_rule_kind kind,
                        int64_t value)
{
    struct cfi_row row;
    assert_int_equal(literal_row(l, pc, &row), CFI_FOUND);
    assert_int_equal(row.kind[reg], kind);
    assert_int_equal(row.value[reg], value);
}

static void advances_of_every_size_begin_a_row(void **state)
{
    struct literal *l = *state;
    literal_cie(l, &(struct cie_form){.code_alignment = 2}, BYTES(CFA_DEF, UNWIND_RSP, 8));
    literal_fde(l, FUNCTION, 0x40000,
                BYTES(ADVANCE(4), CFA_DEF_OFFSET, 1, CFA_ADVANCE1, 0x80, CFA_DEF_OFFSET, 2,
                      CFA_ADVANCE2, 0x00, 0x10, CFA_DEF_OFFSET, 3, CFA_ADVANCE4, 0x00, 0x00, 0x01,
                      0x00, CFA_DEF_OFFSET, 4));
    literal_load(l);
    const uint64_t begins[] = {8, 0x108, 0x2108, 0x22108}; // twice the operands, added up
    assert_cfa(l, FUNCTION, UNWIND_RSP, 8);
    for (int i = 0; i < 4; i++) {
        assert_cfa(l, FUNCTION + begins[i] - 1, UNWIND_RSP, i ? i : 8);
        assert_cfa(l, FUNCTION + begins[i], UNWIND_RSP, i + 1);
    }
}

static void set_loc_begins_a_row_at_an_address(void **state)
{
    struct literal *l = *state;
    literal_cie(l, &(struct cie_form){.encoding = 0x04}, BYTES(CFA_DEF, UNWIND_RSP, 8));
    literal_fde(l, FUNCTION, LENGTH,
                BYTES(CFA_SET_LOC, 0x20, 0x10, 0x40, 0, 0, 0, 0, 0, CFA_DEF_OFFSET, 16));
    literal_load(l);
    assert_cfa(l, 0x40101f, UNWIND_RSP, 8);
    assert_cfa(l, 0x401020, UNWIND_RSP, 16);
}

/* Each instruction that defines the CFA. */
static void cfa_is_defined_in_whole_and_in_part(void **state)
{
    struct literal *l = *state;
    literal_cie(l, &(struct cie_form){0}, BYTES(CFA_DEF, UNWIND_RSP, 8));
    literal_fde(l, FUNCTION, LENGTH,
                BYTES(ADVANCE(1), CFA_DEF, UNWIND_RBP, 0x90, 0x01, ADVANCE(1), CFA_DEF_REGISTER,
                      UNWIND_R10, ADVANCE(1), CFA_DEF_OFFSET, 24, ADVANCE(1), CFA_DEF_SF,
                      UNWIND_RDI, 0x7e, ADVANCE(1), CFA_DEF_OFFSET_SF, 0x7d));
    literal_load(l);
    assert_cfa(l, FUNCTION, UNWIND_RSP, 8);
    assert_cfa(l, FUNCTION + 1, UNWIND_RBP, 0x90);
    assert_cfa(l, FUNCTION + 2, UNWIND_R10, 0x90);
    assert_cfa(l, FUNCTION + 3, UNWIND_R10, 24);
    assert_cfa(l, FUNCTION + 4, UNWIND_RDI, 16);
    assert_cfa(l, FUNCTION + 5, UNWIND_RDI, 24);
}

/* Each instruction that says where a register is. */
static void registers_get_every_kind_of_rule(void **state)
{
    struct literal *l = *state;
    literal_usual_cie(l);
    literal_fde(l, FUNCTION, LENGTH,
                BYTES(SAVED(UNWIND_RBX, 2), CFA_OFFSET_EXTENDED, UNWIND_RBP, 3,
                      CFA_OFFSET_EXTENDED_SF, UNWIND_R12, 0x7f, CFA_NEGATIVE_OFFSET, UNWIND_R13, 4,
                      CFA_VAL_OFFSET, UNWIND_R14, 5, CFA_VAL_OFFSET_SF, UNWIND_R15, 0x7a,
                      CFA_REGISTER, UNWIND_R8, UNWIND_R9, CFA_UNDEFINED, UNWIND_RAX, CFA_ARGS_SIZE,
                      0x80, 0x01, ADVANCE(1), CFA_SAME_VALUE, UNWIND_RBX, CFA_RESTORE_EXTENDED,
                      UNWIND_RBP));
    literal_load(l);
    assert_rule(l, FUNCTION, UNWIND_RIP, CFI_OFFSET, -8);
    assert_rule(l, FUNCTION, UNWIND_RBX, CFI_OFFSET, -16);
    assert_rule(l, FUNCTION, UNWIND_RBP, CFI_OFFSET, -24);
    assert_rule(l, FUNCTION, UNWIND_R12, CFI_OFFSET, 8);
    assert_rule(l, FUNCTION, UNWIND_R13, CFI_OFFSET, 32);
    assert_rule(l, FUNCTION, UNWIND_R14, CFI_VAL_OFFSET, -40);
    assert_rule(l, FUNCTION, UNWIND_R15, CFI_VAL_OFFSET, 48);
    assert_rule(l, FUNCTION, UNWIND_R8, CFI_REGISTER, UNWIND_R9);
    assert_rule(l, FUNCTION, UNWIND_RAX, CFI_UNDEFINED, 0);
    assert_rule(l, FUNCTION + 1, UNWIND_RBX, CFI_SAME, 0);
    assert_rule(l, FUNCTION + 1, UNWIND_RBP, CFI_SAME, 0);
}

/* Vector registers have numbers of their own, in rules that are read and not followed. */
static void rules_for_vector_registers_are_skipped(void **state)
{
    struct literal *l = *state;
    literal_usual_cie(l);
    literal_fde(l, FUNCTION, LENGTH,
                BYTES(SAVED(17, 4), CFA_OFFSET_EXTENDED, 0xb0, 0x01, 3, CFA_EXPRESSION, 18, 2,
                      BREG(UNWIND_RSP), 8, RESTORED(19), CFA_DEF_OFFSET, 32));
    literal_load(l);
    assert_cfa(l, FUNCTION, UNWIND_RSP, 32);
}

/* restore goes back to what the CIE says, which need not be "same". */
static void restore_goes_back_to_the_cie(void **state)
{
    struct literal *l = *state;
    literal_cie(l, &(struct cie_form){0},
                BYTES(CFA_DEF, UNWIND_RSP, 8, SAVED(UNWIND_RIP, 1), SAVED(UNWIND_RBX, 7)));
    literal_fde(l, FUNCTION, LENGTH,
                BYTES(SAVED(UNWIND_RBX, 2), SAVED(UNWIND_RBP, 3), ADVANCE(1), RESTORED(UNWIND_RBX),
                      CFA_RESTORE_EXTENDED, UNWIND_RBP));
    literal_load(l);
    assert_rule(l, FUNCTION, UNWIND_RBX, CFI_OFFSET, -16);
    assert_rule(l, FUNCTION + 1, UNWIND_RBX, CFI_OFFSET, -56);
    assert_rule(l, FUNCTION + 1, UNWIND_RBP, CFI_SAME, 0);
}

/* States nest four deep, and a state holds the CFA as well as the registers. */
static void remembered_states_nest(void **state)
{
    struct literal *l = *state;
    literal_usual_cie(l);
    literal_fde(l, FUNCTION, LENGTH,
                BYTES(CFA_REMEMBER, ADVANCE(1), CFA_DEF_OFFSET, 16, SAVED(UNWIND_RBX, 2),
                      CFA_REMEMBER, ADVANCE(1), CFA_DEF_OFFSET, 24, CFA_REMEMBER, ADVANCE(1),
                      CFA_DEF_OFFSET, 32, CFA_REMEMBER, ADVANCE(1), CFA_DEF_OFFSET, 40, ADVANCE(1),
                      CFA_RECALL, ADVANCE(1), CFA_RECALL, ADVANCE(1), CFA_RECALL, ADVANCE(1),
                      CFA_RECALL));
    literal_load(l);
    const int64_t offsets[] = {8, 16, 24, 32, 40, 32, 24, 16, 8};
    for (unsigned i = 0; i < 9; i++) {
        assert_cfa(l, FUNCTION + i, UNWIND_RSP, offsets[i]);
        assert_rule(l, FUNCTION + i, UNWIND_RBX, i == 0 || i == 8 ? CFI_SAME : CFI_OFFSET,
                    i == 0 || i == 8 ? 0 : -16);
    }
}

static void states_beyond_the_limit_are_not_supported(void **state)
{
    struct literal *l = *state;
    struct cfi_row row;
    literal_usual_cie(l);
    literal_fde(
        l, FUNCTION, LENGTH,
        BYTES(CFA_REMEMBER, CFA_REMEMBER, CFA_REMEMBER, CFA_REMEMBER, ADVANCE(1), CFA_REMEMBER));
    literal_fde(l, FUNCTION + LENGTH, LENGTH, BYTES(CFA_RECALL));
    literal_load(l);
    assert_int_equal(literal_row(l, FUNCTION, &row), CFI_FOUND);
    assert_int_equal(literal_row(l, FUNCTION + 1, &row), CFI_UNSUPPORTED);
    assert_int_equal(literal_row(l, FUNCTION + LENGTH, &row), CFI_DAMAGED);
}

/* Every form a CIE may have, with the same row in it. */
static void forms_of_a_cie_are_read(void **state)
{
    static const struct cie_form forms[] = {
        {.version = 3},
        {.wide = true},
        {.augmentation = "zPLR"},
        {.augmentation = "zRS"},
        {.augmentation = "zRB"}, // a letter for another CPU behind what matters
        {.augmentation = "", .encoding = 0x04},
        {.encoding = 0x04},
        {.encoding = 0x03},
        {.encoding = 0x0c},
        {.encoding = 0x0b},
        {.encoding = 0x1c},
        {.encoding = 0x01},
        {.encoding = 0x09},
        {.encoding = 0x19},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct cfi_row row;
        literal_setup(state);
        struct literal *l = *state;
        literal_cie(l, &forms[i], BYTES(CFA_DEF, UNWIND_RSP, 8, SAVED(UNWIND_RIP, 1)));
        literal_fde(l, FUNCTION, LENGTH, BYTES(ADVANCE(1), CFA_DEF_OFFSET, 16));
        literal_load(l);
        if (forms[i].wide) { // a copy is made by a length of 32 bits
            struct cfi_entry entry;
            assert_int_equal(cfi_row_find(&l->module, &l->memory, FUNCTION + 1, &entry, &row),
                             CFI_FOUND);
        } else {
            assert_cfa(l, FUNCTION + 1, UNWIND_RSP, 16);
            assert_int_equal(literal_row(l, FUNCTION, &row), CFI_FOUND);
            assert_int_equal(literal_row(l, FUNCTION - 1, &row), CFI_NONE);
            assert_int_equal(literal_row(l, FUNCTION + LENGTH, &row), CFI_NONE);
        }
        const char *letters = forms[i].augmentation;
        assert_int_equal(row.signal_frame, letters && strchr(letters, 'S'));
        literal_teardown(state);
    }
}

/* What no compiler of the last twenty years writes is named, not guessed at. */
static void other_forms_are_not_supported(void **state)
{
    static const struct cie_form forms[] = {{.version = 4}, {.augmentation = "eh"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct cfi_row row;
        literal_setup(state);
        struct literal *l = *state;
        literal_cie(l, &forms[i], BYTES(CFA_DEF, UNWIND_RSP, 8));
        literal_fde(l, FUNCTION, LENGTH, BYTES(CFA_NOP));
        literal_load(l);
        assert_int_equal(literal_row(l, FUNCTION, &row), CFI_UNSUPPORTED);
        literal_teardown(state);
    }
}

/* Encodings relative to something that x86-64 tables never use. */
static void unknown_pointer_encodings_are_damage(void **state)
{
    static const uint8_t encodings[] = {0x20, 0x40, 0x50, 0x05, 0x1f, 0xff};
    for (size_t i = 0; i < sizeof encodings; i++) {
        struct cfi_row row;
        literal_setup(state);
        struct literal *l = *state;
        literal_cie(l, &(struct cie_form){.encoding = encodings[i]}, BYTES(CFA_NOP));
        literal_fde(l, FUNCTION, LENGTH, BYTES(CFA_NOP));
        literal_load(l);
        assert_int_equal(literal_row(l, FUNCTION, &row), CFI_DAMAGED);
        literal_teardown(state);
    }
}

/* An FDE of more than 1,024 bytes is read in place but not copied. */
static void entry_longer_than_the_copy_is_not_supported(void **state)
{
    struct literal *l = *state;
    struct cfi_entry entry;
    struct cfi_row row;
    uint8_t code[1100] = {0}; // nops
    literal_usual_cie(l);
    literal_fde(l, FUNCTION, LENGTH, code, sizeof code);
    literal_fde(l, FUNCTION + LENGTH, LENGTH, code, 1000);
    literal_load(l);
    assert_int_equal(cfi_row_find(&l->module, &l->memory, FUNCTION, &entry, &row), CFI_FOUND);
    literal_copy_tables(l);
    assert_int_equal(cfi_row_find(&l->module, &l->memory, FUNCTION, &entry, &row), CFI_UNSUPPORTED);
    assert_int_equal(cfi_row_find(&l->module, &l->memory, FUNCTION + LENGTH, &entry, &row),
                     CFI_FOUND);
    l->memory.read = NULL;
    assert_int_equal(cfi_row_find(&l->module, &l->memory, FUNCTION, &entry, &row), CFI_DAMAGED);
}

static void expressions_of_a_copied_cie_and_fde_are_found(void **state)
{
    struct literal *l = *state;
    struct cfi_entry entry;
    struct cfi_row row;
    literal_cie(l, &(struct cie_form){0}, BYTES(CFA_DEF_EXPRESSION, 2, BREG(UNWIND_RSP), 8));
    literal_fde(l, FUNCTION, LENGTH, BYTES(CFA_EXPRESSION, UNWIND_RBX, 1, LIT(9)));
    literal_load(l);
    for (int copied = 0; copied < 2; copied++) {
        assert_int_equal(cfi_row_find(&l->module, &l->memory, FUNCTION, &entry, &row), CFI_FOUND);
        struct cursor cfa = cfi_expression(&entry, row.cfa_value);
        assert_int_equal(cfa.end - cfa.at, 2);
        assert_int_equal(cfa.at[0], BREG(UNWIND_RSP));
        struct cursor rbx = cfi_expression(&entry, row.value[UNWIND_RBX]);
        assert_int_equal(rbx.end - rbx.at, 1);
        assert_int_equal(rbx.at[0], LIT(9));
        literal_copy_tables(l);
    }
    assert_true(cfi_expression(&entry, 0x10).failed);
}

/* Sixty functions, looked up at their edges, and in a table of every smaller size. */
static void search_finds_each_of_many_functions(void **state)
{
    for (int count = 0; count <= 60; count += count < 5 ? 1 : 11) {
        struct cfi_row row;
        literal_setup(state);
        struct literal *l = *state;
        literal_usual_cie(l);
        for (int i = count; i-- > 0;)
            literal_fde(l, FUNCTION + 0x20 * (uint64_t)i, 0x10,
                        BYTES(CFA_DEF_OFFSET, (uint8_t)(i + 1)));
        literal_load(l);
        for (int i = 0; i < count; i++) {
            uint64_t begin = FUNCTION + 0x20 * (uint64_t)i;
            assert_cfa(l, begin, UNWIND_RSP, i + 1);
            assert_cfa(l, begin + 0xf, UNWIND_RSP, i + 1);
            assert_int_equal(literal_row(l, begin + 0x10, &row), CFI_NONE);
        }
        assert_int_equal(literal_row(l, FUNCTION - 1, &row), CFI_NONE);
        assert_int_equal(literal_row(l, CODE, &row), CFI_NONE);
        literal_teardown(state);
    }
}

static void module_without_a_search_table_has_no_cfi(void **state)
{
    struct literal *l = *state;
    struct cfi_row row;
    literal_usual_cie(l);
    literal_fde(l, FUNCTION, LENGTH, BYTES(CFA_NOP));
    literal_load(l);
    l->module.eh_frame_hdr = 0;
    assert_int_equal(literal_row(l, FUNCTION, &row), CFI_NONE);
    l->module.eh_frame_hdr = MODULE_END; // outside of what is mapped
    assert_int_equal(literal_row(l, FUNCTION, &row), CFI_DAMAGED);
}

/* Bytes of .eh_frame_hdr that may be wrong, one at a time. */
static void damaged_search_table_is_noticed(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        enum cfi_result result;
    } damages[] = {
        {0, 2, CFI_UNSUPPORTED},    {0, 0, CFI_UNSUPPORTED}, {1, 0x55, CFI_DAMAGED},
        {2, 0xff, CFI_UNSUPPORTED}, {2, 0x45, CFI_DAMAGED},  {3, 0x1b, CFI_UNSUPPORTED},
        {3, 0xff, CFI_UNSUPPORTED}, {19, 0x70, CFI_DAMAGED}, {16, 1, CFI_DAMAGED},
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct cfi_row row;
        literal_setup(state);
        struct literal *l = *state;
        literal_usual_cie(l);
        literal_fde(l, FUNCTION, LENGTH, BYTES(CFA_NOP));
        literal_load(l);
        l->tables[damages[i].at] = damages[i].byte;
        print_message("byte %zu is %#x\n", damages[i].at, damages[i].byte);
        assert_int_equal(literal_row(l, FUNCTION, &row), damages[i].result);
        literal_teardown(state);
    }
}

/* More functions than there are bytes: in place that is damage, nothing is read past the end. */
static void count_beyond_the_tables_is_damage(void **state)
{
    struct literal *l = *state;
    struct cfi_entry entry;
    struct cfi_row row;
    literal_usual_cie(l);
    literal_fde(l, FUNCTION, LENGTH, BYTES(CFA_NOP));
    literal_load(l);
    memset(l->tables + 8, 0xff, 4);
    assert_int_equal(cfi_row_find(&l->module, &l->memory, FUNCTION, &entry, &row), CFI_DAMAGED);
    literal_copy_tables(l); // here the search soon meets what cannot be read
    assert_int_equal(cfi_row_find(&l->module, &l->memory, FUNCTION, &entry, &row), CFI_DAMAGED);
}

/* Whatever is cut off, the answer is that something is wrong. */
static void tables_cut_at_each_byte_are_damage(void **state)
{
    struct literal *l = *state;
    struct cfi_row row;
    literal_cie(l, &(struct cie_form){.augmentation = "zPLR"},
                BYTES(CFA_DEF, UNWIND_RSP, 8, SAVED(UNWIND_RIP, 1)));
    literal_fde(l, FUNCTION, LENGTH,
                BYTES(ADVANCE(1), CFA_DEF_EXPRESSION, 3, BREG(UNWIND_RBP), 0x78, OP_DEREF));
    literal_load(l);
    size_t whole = l->module.tables.size;
    assert_int_equal(literal_row(l, FUNCTION + 1, &row), CFI_FOUND);
    for (size_t size = 0; size < whole; size++) {
        uint8_t *cut = malloc(size ? size : 1);
        struct cfi_entry entry;
        memcpy(cut, l->tables, size);
        struct unwind_module module = l->module;
        module.tables.bytes = cut;
        module.tables.size = size;
        assert_int_equal(cfi_row_find(&module, &l->memory, FUNCTION + 1, &entry, &row),
                         CFI_DAMAGED);
        module.tables = (struct unwind_view){0};
        l->region[0] = (struct literal_region){TABLES, cut, size};
        assert_int_equal(cfi_row_find(&module, &l->memory, FUNCTION + 1, &entry, &row),
                         CFI_DAMAGED);
        free(cut);
    }
}

/* Instructions whose operands end with the FDE. */
static void instructions_cut_at_the_end_of_the_entry_are_damage(void **state)
{
    static const uint8_t cut[][4] = {
        {CFA_ADVANCE1},
        {CFA_ADVANCE2, 1},
        {CFA_ADVANCE4, 1, 1, 1},
        {CFA_SET_LOC, 1, 1},
        {SAVED(UNWIND_RBX, 0x80)},
        {CFA_DEF, 7},
        {CFA_DEF, 7, 0x80},
        {CFA_UNDEFINED},
        {CFA_EXPRESSION, 3, 9, 0x30},
        {CFA_DEF_EXPRESSION, 4, 0x30},
        {CFA_ARGS_SIZE, 0x80},
    };
    static const uint8_t sizes[] = {1, 2, 4, 3, 2, 2, 3, 1, 4, 3, 2};
    for (size_t i = 0; i < sizeof sizes; i++) {
        uint8_t code[8];
        struct cfi_row row;
        literal_setup(state);
        struct literal *l = *state;
        literal_usual_cie(l);
        // the FDE's head is 17 bytes; nops first, so that no padding follows the instruction
        size_t nops = (8 - (17 + sizes[i]) % 4) % 4;
        memset(code, CFA_NOP, sizeof code);
        memcpy(code + nops, cut[i], sizes[i]);
        literal_fde(l, FUNCTION, LENGTH, code, nops + sizes[i]);
        literal_load(l);
        print_message("instruction %#x\n", cut[i][0]);
        assert_int_equal(literal_row(l, FUNCTION, &row), CFI_DAMAGED);
        literal_teardown(state);
    }
}

/* Numbers so large that their products leave 64 bits. */
static void huge_numbers_do_no_harm(void **state)
{
    struct literal *l = *state;
    struct cfi_row row;
    literal_usual_cie(l);
    literal_fde(l, FUNCTION, LENGTH,
                BYTES(CFA_OFFSET_EXTENDED, UNWIND_RBX, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                      0xff, 0x7f, CFA_VAL_OFFSET, UNWIND_RBP, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                      0x80, 0x80, 0x80, 0x01, CFA_NEGATIVE_OFFSET, UNWIND_R12, 0x80, 0x80, 0x80,
                      0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, CFA_DEF_SF, UNWIND_RSP, 0x80, 0x80,
                      0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f));
    literal_load(l);
    assert_int_equal(literal_row(l, FUNCTION, &row), CFI_FOUND);
}

/* "The same register, another offset" and its like mean nothing once the CFA is an expression. */
static void part_of_a_cfa_that_is_an_expression_is_damage(void **state)
{
    struct literal *l = *state;
    struct cfi_row row;
    literal_usual_cie(l);
    literal_fde(l, FUNCTION, LENGTH,
                BYTES(CFA_DEF_EXPRESSION, 1, LIT(1), ADVANCE(1), CFA_DEF_OFFSET, 8));
    literal_fde(l, FUNCTION + LENGTH, LENGTH,
                BYTES(CFA_DEF_EXPRESSION, 1, LIT(1), ADVANCE(1), CFA_DEF_REGISTER, UNWIND_RBP));
    literal_fde(l, FUNCTION + 2 * LENGTH, LENGTH,
                BYTES(CFA_DEF_EXPRESSION, 1, LIT(1), ADVANCE(1), CFA_DEF_OFFSET_SF, 0x7f));
    literal_load(l);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(literal_row(l, FUNCTION + i * LENGTH, &row), CFI_FOUND);
        assert_int_equal(literal_row(l, FUNCTION + i * LENGTH + 1, &row), CFI_DAMAGED);
    }
}

#define CFI_TEST(name) cmocka_unit_test_setup_teardown(name, literal_setup, literal_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CFI_TEST(advances_of_every_size_begin_a_row),
        CFI_TEST(set_loc_begins_a_row_at_an_address),
        CFI_TEST(cfa_is_defined_in_whole_and_in_part),
        CFI_TEST(registers_get_every_kind_of_rule),
        CFI_TEST(rules_for_vector_registers_are_skipped),
        CFI_TEST(restore_goes_back_to_the_cie),
        CFI_TEST(remembered_states_nest),
        CFI_TEST(states_beyond_the_limit_are_not_supported),
        cmocka_unit_test(forms_of_a_cie_are_read),
        cmocka_unit_test(other_forms_are_not_supported),
        cmocka_unit_test(unknown_pointer_encodings_are_damage),
        CFI_TEST(entry_longer_than_the_copy_is_not_supported),
        CFI_TEST(expressions_of_a_copied_cie_and_fde_are_found),
        cmocka_unit_test(search_finds_each_of_many_functions),
        CFI_TEST(module_without_a_search_table_has_no_cfi),
        cmocka_unit_test(damaged_search_table_is_noticed),
        CFI_TEST(count_beyond_the_tables_is_damage),
        CFI_TEST(tables_cut_at_each_byte_are_damage),
        cmocka_unit_test(instructions_cut_at_the_end_of_the_entry_are_damage),
        CFI_TEST(huge_numbers_do_no_harm),
        CFI_TEST(part_of_a_cfa_that_is_an_expression_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
