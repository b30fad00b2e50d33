/* SPDX-License-Identifier: MIT */
/*
 * test_expression.c - every operation, and every way in which an expression can be wrong.
 */
#include "tests/unit/unwind/literal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { UNTOUCHED = 0x5eed, MEMORY = 0x1000 };
#define MINUS(n) (0 - (uint64_t)(n))

static const uint64_t words[2] = {0x8877665544332211, 0x100};

/* The registers hold 0x1000 + their number, all but rcx, which is not known. */
static enum expression_result evaluate(const uint8_t *code, size_t size, const uint64_t *initial,
                                       uint64_t *value)
{
    struct unwind_memory memory = {
        .stack_low = MEMORY, .stack_high = MEMORY + sizeof words, .stack = (const uint8_t *)words};
    struct unwind_registers registers;
    struct unwind_view view = {0x7000, code, size};
    registers.known = ((1u << UNWIND_REGISTER_COUNT) - 1) & ~(1u << UNWIND_RCX);
    for (unsigned i = 0; i < UNWIND_REGISTER_COUNT; i++)
        registers.value[i] = 0x1000 + i;
    *value = UNTOUCHED;
    return expression_evaluate(cursor_at(&view, 0x7000), &registers, &memory, initial, value);
}

/* Numbers as of DWARF 5, section 7.7.1. */
static const struct {
    const char *what;
    uint64_t value;
    uint8_t code[16];
    uint8_t size;
} values[] = {
    {"addr", 0x0807060504030201, {0x03, 1, 2, 3, 4, 5, 6, 7, 8}, 9},
    {"deref", 0x8877665544332211, {0x0a, 0, 0x10, 0x06}, 4},
    {"const1u", 0xff, {0x08, 0xff}, 2},
    {"const1s", MINUS(1), {0x09, 0xff}, 2},
    {"const2u", 0xfffe, {0x0a, 0xfe, 0xff}, 3},
    {"const2s", MINUS(2), {0x0b, 0xfe, 0xff}, 3},
    {"const4u", 0xfffffffd, {0x0c, 0xfd, 0xff, 0xff, 0xff}, 5},
    {"const4s", MINUS(3), {0x0d, 0xfd, 0xff, 0xff, 0xff}, 5},
    {"const8u", 0x8000000000000001, {0x0e, 1, 0, 0, 0, 0, 0, 0, 0x80}, 9},
    {"const8s", MINUS(1), {0x0f, 255, 255, 255, 255, 255, 255, 255, 255}, 9},
    {"constu", 624485, {0x10, 0xe5, 0x8e, 0x26}, 4},
    {"consts", MINUS(123456), {0x11, 0xc0, 0xbb, 0x78}, 4},
    {"dup", 6, {0x33, 0x12, 0x22}, 3},
    {"drop", 3, {0x33, 0x34, 0x13}, 3},
    {"over", 7, {0x37, 0x34, 0x14}, 3},
    {"pick 0", 4, {0x37, 0x34, 0x15, 0}, 4},
    {"pick 2", 9, {0x39, 0x37, 0x34, 0x15, 2}, 5},
    {"swap", MINUS(1), {0x34, 0x33, 0x16, 0x1c}, 4}, // 3 - 4
    {"rot: second comes first", 2, {0x31, 0x32, 0x33, 0x17}, 4},
    {"rot: third comes second", 1, {0x31, 0x32, 0x33, 0x17, 0x13}, 5},
    {"rot: first comes third", 3, {0x31, 0x32, 0x33, 0x17, 0x13, 0x13}, 6},
    {"abs of a negative", 5, {0x09, 0xfb, 0x19}, 3},
    {"abs of a positive", 5, {0x35, 0x19}, 2},
    {"abs of the smallest", 1ULL << 63, {0x31, 0x08, 63, 0x24, 0x19}, 5},
    {"and", 0x08, {0x08, 0x0c, 0x08, 0x1a, 0x1a}, 5},
    {"div", 3, {0x3f, 0x34, 0x1b}, 3},
    {"div is signed", MINUS(3), {0x09, 0xf1, 0x34, 0x1b}, 4},
    {"div of the smallest by -1", 1ULL << 63, {0x31, 0x08, 63, 0x24, 0x09, 0xff, 0x1b}, 7},
    {"minus", 3, {0x37, 0x34, 0x1c}, 3},
    {"mod", 3, {0x3f, 0x34, 0x1d}, 3},
    {"mul", 60, {0x3f, 0x34, 0x1e}, 3},
    {"neg", MINUS(15), {0x3f, 0x1f}, 2},
    {"not", ~15ULL, {0x3f, 0x20}, 2},
    {"or", 0x0d, {0x39, 0x3c, 0x21}, 3},
    {"plus", 21, {0x39, 0x3c, 0x22}, 3},
    {"plus_uconst", 9 + 0x80, {0x39, 0x23, 0x80, 0x01}, 4},
    {"shl", 0x90, {0x39, 0x34, 0x24}, 3},
    {"shl by 64", 0, {0x39, 0x08, 64, 0x24}, 4},
    {"shr", MINUS(1) >> 60, {0x09, 0xff, 0x08, 60, 0x25}, 5},
    {"shr by 64", 0, {0x09, 0xff, 0x08, 64, 0x25}, 5},
    {"shra", MINUS(2), {0x09, 0xf0, 0x33, 0x26}, 4},
    {"shra by 64", MINUS(1), {0x09, 0xf0, 0x08, 64, 0x26}, 5},
    {"xor", 5, {0x39, 0x3c, 0x27}, 3},
    {"bra not taken", 2, {0x30, 0x28, 1, 0, 0x32}, 5},
    {"bra taken", 4, {0x34, 0x31, 0x28, 1, 0, 0x32}, 6},
    {"bra back", 5, {0x30, 0x23, 1, 0x12, 0x35, 0x1c, 0x28, 0xf8, 0xff}, 9}, // counts up to 5
    {"bra to the end", 4, {0x34, 0x31, 0x28, 0, 0}, 5},
    {"eq", 1, {0x34, 0x34, 0x29}, 3},
    {"eq not", 0, {0x34, 0x35, 0x29}, 3},
    {"ge", 1, {0x34, 0x34, 0x2a}, 3},
    {"ge is signed", 0, {0x09, 0xff, 0x30, 0x2a}, 4},
    {"gt", 0, {0x34, 0x34, 0x2b}, 3},
    {"gt other", 1, {0x35, 0x34, 0x2b}, 3},
    {"le", 1, {0x34, 0x34, 0x2c}, 3},
    {"le other", 0, {0x35, 0x34, 0x2c}, 3},
    {"lt", 0, {0x34, 0x34, 0x2d}, 3},
    {"lt is signed", 1, {0x09, 0xff, 0x30, 0x2d}, 4},
    {"ne", 0, {0x34, 0x34, 0x2e}, 3},
    {"ne other", 1, {0x35, 0x34, 0x2e}, 3},
    {"skip", 4, {0x34, 0x2f, 1, 0, 0x32}, 5},
    {"lit0", 0, {0x30}, 1},
    {"lit31", 31, {0x4f}, 1},
    {"breg0", 0x1000, {0x70, 0}, 2},
    {"breg16", 0x1010 - 8, {0x80, 0x78}, 2},
    {"bregx", 0x1006 + 128, {0x92, 6, 0x80, 0x01}, 4},
    {"deref_size 1", 0x11, {0x0a, 0, 0x10, 0x94, 1}, 5},
    {"deref_size 2", 0x2211, {0x0a, 0, 0x10, 0x94, 2}, 5},
    {"deref_size 4", 0x44332211, {0x0a, 0, 0x10, 0x94, 4}, 5},
    {"deref_size 8", 0x8877665544332211, {0x0a, 0, 0x10, 0x94, 8}, 5},
    {"nop", 3, {0x96, 0x33, 0x96}, 3},
};

static void every_operation_gives_its_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint64_t value;
        enum expression_result result = evaluate(values[i].code, values[i].size, NULL, &value);
        if (result != EXPRESSION_OK || value != values[i].value)
            fail_msg("%s: result %d, value %#llx, not %#llx", values[i].what, (int)result,
                     (unsigned long long)value, (unsigned long long)values[i].value);
    }
}

static void every_literal_and_register_is_there(void **state)
{
    (void)state;
    uint64_t value;
    for (unsigned n = 0; n < 32; n++) {
        assert_int_equal(evaluate(BYTES((uint8_t)LIT(n)), NULL, &value), EXPRESSION_OK);
        assert_int_equal(value, n);
    }
    for (unsigned n = 0; n < 32; n++) {
        bool known = n < UNWIND_REGISTER_COUNT && n != UNWIND_RCX;
        assert_int_equal(evaluate(BYTES((uint8_t)BREG(n), 0x7f), NULL, &value),
                         known ? EXPRESSION_OK : EXPRESSION_UNSUPPORTED);
        assert_int_equal(value, known ? 0x1000 + n - 1 : UNTOUCHED);
    }
}

static const struct {
    const char *what;
    enum expression_result result;
    uint8_t code[16];
    uint8_t size;
} failures[] = {
    {"nothing", EXPRESSION_DAMAGED, {0}, 0},
    {"only a nop", EXPRESSION_DAMAGED, {0x96}, 1},
    {"drop the last", EXPRESSION_DAMAGED, {0x34, 0x13}, 2},
    {"dup of nothing", EXPRESSION_DAMAGED, {0x12}, 1},
    {"drop of nothing", EXPRESSION_DAMAGED, {0x13}, 1},
    {"over one", EXPRESSION_DAMAGED, {0x34, 0x14}, 2},
    {"pick below the bottom", EXPRESSION_DAMAGED, {0x34, 0x15, 1}, 3},
    {"pick 255", EXPRESSION_DAMAGED, {0x34, 0x15, 255}, 3},
    {"swap of one", EXPRESSION_DAMAGED, {0x34, 0x16}, 2},
    {"rot of two", EXPRESSION_DAMAGED, {0x34, 0x34, 0x17}, 3},
    {"neg of nothing", EXPRESSION_DAMAGED, {0x1f}, 1},
    {"plus of one", EXPRESSION_DAMAGED, {0x34, 0x22}, 2},
    {"plus_uconst to nothing", EXPRESSION_DAMAGED, {0x23, 1}, 2},
    {"bra on nothing", EXPRESSION_DAMAGED, {0x28, 0, 0}, 3},
    {"deref of nothing", EXPRESSION_DAMAGED, {0x06}, 1},
    {"division by zero", EXPRESSION_DAMAGED, {0x34, 0x30, 0x1b}, 3},
    {"remainder of zero", EXPRESSION_DAMAGED, {0x34, 0x30, 0x1d}, 3},
    {"deref_size 0", EXPRESSION_DAMAGED, {0x0a, 0, 0x10, 0x94, 0}, 5},
    {"deref_size 9", EXPRESSION_DAMAGED, {0x0a, 0, 0x10, 0x94, 9}, 5},
    {"skip before the beginning", EXPRESSION_DAMAGED, {0x34, 0x2f, 0xfb, 0xff}, 4},
    {"skip behind the end", EXPRESSION_DAMAGED, {0x34, 0x2f, 1, 0}, 4},
    {"skip to itself", EXPRESSION_DAMAGED, {0x34, 0x2f, 0xfd, 0xff}, 4},
    {"bra back for ever", EXPRESSION_DAMAGED, {0x34, 0x31, 0x28, 0xfc, 0xff}, 5},
    {"dup for ever", EXPRESSION_DAMAGED, {0x34, 0x12, 0x2f, 0xfc, 0xff}, 5},
    {"deref elsewhere", EXPRESSION_BAD_MEMORY, {0x34, 0x06}, 2},
    {"deref over the end", EXPRESSION_BAD_MEMORY, {0x0a, 9, 0x10, 0x06}, 4},
    {"an unknown register", EXPRESSION_UNSUPPORTED, {0x70 + UNWIND_RCX, 0}, 2},
    {"bregx of a register without number", EXPRESSION_UNSUPPORTED, {0x92, 0x80, 0x80, 4, 0}, 5},
    {"reg0, a location", EXPRESSION_UNSUPPORTED, {0x50}, 1},
    {"fbreg", EXPRESSION_UNSUPPORTED, {0x91, 0}, 2},
    {"call_frame_cfa", EXPRESSION_UNSUPPORTED, {0x9c}, 1},
    {"stack_value", EXPRESSION_UNSUPPORTED, {0x34, 0x9f}, 2},
    {"0", EXPRESSION_UNSUPPORTED, {0x00}, 1},
    {"0xff", EXPRESSION_UNSUPPORTED, {0xff}, 1},
};

static void what_is_wrong_fails_and_leaves_the_value_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        uint64_t value;
        enum expression_result result = evaluate(failures[i].code, failures[i].size, NULL, &value);
        if (result != failures[i].result || value != UNTOUCHED)
            fail_msg("%s: result %d, not %d, value %#llx", failures[i].what, (int)result,
                     (int)failures[i].result, (unsigned long long)value);
    }
}

/* Cut anywhere inside an operand, an operation fails: it never takes what is missing as zero. */
static void operands_that_are_cut_fail(void **state)
{
    (void)state;
    static const struct {
        uint8_t code[9], size;
    } whole[] = {
        {{0x03, 1, 1, 1, 1, 1, 1, 1, 1}, 9},
        {{0x08, 1}, 2},
        {{0x09, 1}, 2},
        {{0x0a, 1, 1}, 3},
        {{0x0b, 1, 1}, 3},
        {{0x0c, 1, 1, 1, 1}, 5},
        {{0x0d, 1, 1, 1, 1}, 5},
        {{0x0e, 1, 1, 1, 1, 1, 1, 1, 1}, 9},
        {{0x0f, 1, 1, 1, 1, 1, 1, 1, 1}, 9},
        {{0x10, 0x81, 0x81, 1}, 4},
        {{0x11, 0x81, 0x81, 1}, 4},
        {{0x70, 0x81, 0x81, 1}, 4},
        {{0x92, 0x80, 0, 0x81, 1}, 5},
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        uint64_t value;
        for (uint8_t size = 1; size < whole[i].size; size++) {
            assert_int_not_equal(evaluate(whole[i].code, size, NULL, &value), EXPRESSION_OK);
            assert_int_equal(value, UNTOUCHED);
        }
        assert_int_equal(evaluate(whole[i].code, whole[i].size, NULL, &value), EXPRESSION_OK);
    }
}

static void stack_holds_32_values(void **state)
{
    (void)state;
    uint8_t code[33];
    uint64_t value;
    memset(code, LIT(7), sizeof code);
    assert_int_equal(evaluate(code, 32, NULL, &value), EXPRESSION_OK);
    assert_int_equal(value, 7);
    assert_int_equal(evaluate(code, 33, NULL, &value), EXPRESSION_DAMAGED);
}

static void initial_value_lies_at_the_bottom(void **state)
{
    (void)state;
    const uint64_t cfa = 0x2000;
    uint64_t value;
    assert_int_equal(evaluate(BYTES(0x09, 0xf0, OP_PLUS), &cfa, &value), EXPRESSION_OK);
    assert_int_equal(value, 0x1ff0);
    assert_int_equal(evaluate(NULL, 0, &cfa, &value), EXPRESSION_OK);
    assert_int_equal(value, 0x2000);
}

/* A number of a thousand bytes is read to its end, and what is beyond 64 bits is dropped. */
static void huge_leb128_is_read_to_its_end(void **state)
{
    (void)state;
    uint8_t code[1000];
    uint64_t value;
    memset(code, 0xff, sizeof code);
    code[0] = 0x10; // constu
    code[998] = 0x7f;
    code[999] = LIT(3);
    assert_int_equal(evaluate(code, 1000, NULL, &value), EXPRESSION_OK);
    assert_int_equal(value, 3);
    assert_int_equal(evaluate(code, 999, NULL, &value), EXPRESSION_OK);
    assert_int_equal(value, UINT64_MAX);
    assert_int_equal(evaluate(code, 998, NULL, &value), EXPRESSION_DAMAGED);
    code[0] = 0x11; // consts
    assert_int_equal(evaluate(code, 999, NULL, &value), EXPRESSION_OK);
    assert_int_equal(value, UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_gives_its_value),
        cmocka_unit_test(every_literal_and_register_is_there),
        cmocka_unit_test(what_is_wrong_fails_and_leaves_the_value_alone),
        cmocka_unit_test(operands_that_are_cut_fail),
        cmocka_unit_test(stack_holds_32_values),
        cmocka_unit_test(initial_value_lies_at_the_bottom),
        cmocka_unit_test(huge_leb128_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
