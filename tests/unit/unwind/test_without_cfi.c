/* SPDX-License-Identifier: MIT */
/*
 * test_without_cfi.c - assembly and generated code, and what the walk knows about modules.
 */
#include "tests/unit/unwind/literal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define START 0x40f000

/* A caller at 401100 (CFA=rsp+16) that every test returns to, and the thread's first function. */
static void put_callers(struct literal *l)
{
    literal_usual_cie(l);
    literal_fde(l, 0x401100, 0x40, BYTES(CFA_DEF_OFFSET, 16));
    literal_fde(l, START, 0x20, BYTES(CFA_UNDEFINED, UNWIND_RIP));
    literal_load(l);
}

/* The calls that x86-64 has, up to the return address 401120; the last ones are none. */
static const struct {
    const char *what;
    bool call;
    uint8_t code[8];
} before[] = {
    {"call rel32", true, {0, 0, 0, 0xe8, 1, 2, 3, 4}},
    {"call *%rax", true, {0, 0, 0, 0, 0, 0, 0xff, 0xd0}},
    {"call *%r12", true, {0, 0, 0, 0, 0, 0x41, 0xff, 0xd4}},
    {"call *(%rax)", true, {0, 0, 0, 0, 0, 0, 0xff, 0x10}},
    {"call *8(%rax)", true, {0, 0, 0, 0, 0, 0xff, 0x50, 8}},
    {"call *8(%rax,%rbx)", true, {0, 0, 0, 0, 0xff, 0x54, 0x18, 8}},
    {"call *x(%rip)", true, {0, 0, 0xff, 0x15, 1, 2, 3, 4}},
    {"call *x(%rax,%rbx)", true, {0, 0xff, 0x94, 0x18, 1, 2, 3, 4}},
    {"nops", false, {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}},
    {"jmp rel32", false, {0, 0, 0, 0xe9, 1, 2, 3, 4}},
    {"jmp *%rax", false, {0, 0, 0, 0, 0, 0, 0xff, 0xe0}},
    {"push (%rax)", false, {0, 0, 0, 0, 0, 0, 0xff, 0x30}},
    {"e8 one byte too early", false, {0, 0, 0xe8, 1, 2, 3, 4, 5}},
};

/*
 *     405000 no CFI, has pushed nothing       word 0: return to 401120
 */
static void leaf_is_left_by_a_return_address_behind_a_call(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401120, 0x11, START + 5};
    uint8_t code[8];
    put_callers(l);
    literal_stack(l, stack, 3);
    literal_readable(l, 0x401118, code, sizeof code);
    l->registers.value[UNWIND_RIP] = 0x405000;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        print_message("%s\n", before[i].what);
        memcpy(code, before[i].code, sizeof code);
        if (before[i].call)
            assert_walk(l, UNWIND_COMPLETE, 0x405000, 0x401120, START + 5);
        else
            assert_walk(l, UNWIND_NO_CFI, 0x405000);
    }
}

static void leaf_with_unreadable_callers_code_is_not_left(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401120, 0x11, START + 5};
    put_callers(l);
    literal_stack(l, stack, 3);
    l->registers.value[UNWIND_RIP] = 0x405000;
    assert_walk(l, UNWIND_NO_CFI, 0x405000);
}

/* Only the innermost function can be a leaf: behind a call there is something on the stack. */
static void function_that_called_is_no_leaf(void **state)
{
    struct literal *l = *state;
    // 401100 returns to code without CFI, where the next word would do as a leaf's return address
    const uint64_t stack[] = {0x11, 0x405020, 0x401120, 0x22, START + 5};
    const uint8_t code[] = {0, 0, 0, 0xe8, 1, 2, 3, 4};
    put_callers(l);
    literal_stack(l, stack, 5);
    literal_readable(l, 0x401118, code, sizeof code);
    l->registers.value[UNWIND_RIP] = 0x401110;
    assert_walk(l, UNWIND_NO_CFI, 0x401110, 0x405020);
}

/*
 * Generated code with frame pointers, outside of every module, called by one:
 *
 *     word 0: local   1: outer rbp   2: return to 900040     700000's frame
 *     word 3: local   4: caller's rbp  5: return to 401120   900000's
 *     word 6: local   7: return to start                      401100's (rsp+16)
 */
enum { JIT = 0x700000, OTHER_JIT = 0x900040 };

static void generated_code_is_walked_by_frame_pointers(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11,     STACK_WORD(4), OTHER_JIT, 0x22, 0xb9b9,
                              0x401120, 0x33,          START + 5, 0x44};
    const uint8_t code[] = {0, 0, 0, 0xe8, 1, 2, 3, 4};
    put_callers(l);
    literal_stack(l, stack, 9);
    literal_readable(l, 0x401118, code, sizeof code);
    l->registers.value[UNWIND_RIP] = JIT;
    l->registers.value[UNWIND_RBP] = STACK_WORD(1);
    assert_walk(l, UNWIND_COMPLETE, JIT, OTHER_JIT, 0x401120, START + 5);
    assert_int_equal(l->walk.registers.value[UNWIND_RBP], 0xb9b9);
}

/* The ABI marks the outermost frame by a frame pointer of 0. */
static void zero_frame_pointer_and_return_address_end_a_stack(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11, 0, 0};
    put_callers(l);
    literal_stack(l, stack, 3);
    l->registers.value[UNWIND_RIP] = JIT;
    l->registers.value[UNWIND_RBP] = STACK_WORD(1);
    assert_walk(l, UNWIND_COMPLETE, JIT);
}

/* ld.so's _dl_start_user calls constructors: nothing is above it but what the kernel put there. */
static void code_without_cfi_at_the_end_of_the_stack_is_the_outermost(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11, 0x405020, 0x22, 0x33};
    put_callers(l);
    l->registers.value[UNWIND_RIP] = 0x401110;
    for (size_t words_left = 0; words_left < 3; words_left++) {
        literal_stack(l, stack, 2 + words_left);
        assert_walk(l, words_left < 2 ? UNWIND_COMPLETE : UNWIND_NO_CFI, 0x401110, 0x405020);
    }
    l->registers.value[UNWIND_RIP] = 0x405020; // nobody has called anything
    l->registers.value[UNWIND_RSP] = STACK_WORD(4);
    assert_walk(l, UNWIND_NO_CFI, 0x405020);
}

static void unbelievable_frame_pointer_ends_a_walk(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11, STACK_WORD(4), OTHER_JIT, 0x22, 0, 0};
    const uint64_t wrong[] = {
        STACK_WORD(1) + 4, // not aligned
        STACK_WORD(0) - 8, // below rsp
        STACK_WORD(5),     // its return address is not there
        0x123456780,       // nowhere
        0,
    };
    put_callers(l);
    literal_stack(l, stack, 6);
    l->registers.value[UNWIND_RIP] = JIT;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        l->registers.value[UNWIND_RBP] = wrong[i];
        assert_walk(l, UNWIND_NO_CFI, JIT);
    }
    l->registers.value[UNWIND_RBP] = STACK_WORD(1);
    assert_walk(l, UNWIND_COMPLETE, JIT, OTHER_JIT);
    l->registers.known &= ~(1u << UNWIND_RBP);
    assert_walk(l, UNWIND_NO_CFI, JIT);
}

/* Code of a module does not return into the void: its rbp was not a frame pointer. */
static void module_code_does_not_return_to_generated_code_by_a_guess(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11, STACK_WORD(4), OTHER_JIT, 0x22, 0, 0};
    put_callers(l);
    literal_stack(l, stack, 6);
    l->registers.value[UNWIND_RIP] = 0x405000;
    l->registers.value[UNWIND_RBP] = STACK_WORD(1);
    assert_walk(l, UNWIND_NO_CFI, 0x405000);
}

/* But some modules bring code without CFI that generated code calls (V8's builtins in node): then
 * the return address follows a call. */
static void module_code_returns_to_the_generated_code_that_called_it(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11,     STACK_WORD(4), OTHER_JIT, 0x22, 0xb9b9,
                              0x401120, 0x33,          START + 5, 0x44};
    const uint8_t generated[] = {0, 0, 0, 0x41, 0xff, 0x56, 0x18}; // call *0x18(%r14)
    const uint8_t code[] = {0, 0, 0, 0xe8, 1, 2, 3, 4};
    put_callers(l);
    literal_stack(l, stack, 9);
    literal_readable(l, OTHER_JIT - sizeof generated, generated, sizeof generated);
    literal_readable(l, 0x401118, code, sizeof code);
    l->registers.value[UNWIND_RIP] = 0x405000;
    l->registers.value[UNWIND_RBP] = STACK_WORD(1);
    assert_walk(l, UNWIND_COMPLETE, 0x405000, OTHER_JIT, 0x401120, START + 5);
}

/* A chain of frame pointers that points back at itself is no way outwards. */
static void circular_frame_pointers_end_a_walk(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11, STACK_WORD(1), OTHER_JIT, 0x22, 0x33, 0x44};
    put_callers(l);
    literal_stack(l, stack, 6);
    l->registers.value[UNWIND_RIP] = JIT;
    l->registers.value[UNWIND_RBP] = STACK_WORD(1);
    assert_walk(l, UNWIND_NO_CFI, JIT, OTHER_JIT);
}

/* Begins a walk with the cache as it is, makes one step, and yields where that leads. */
static uint64_t step_once(struct literal *l, uint64_t pc)
{
    l->registers.value[UNWIND_RIP] = pc;
    unwind_walk_begin(&l->walk, &l->modules, &l->memory, &l->cache, &l->registers);
    return unwind_walk_step(&l->walk) ? unwind_walk_address(&l->walk) : 0;
}

/*
 * One module is unloaded, another takes its place, with CFA=rsp+16 where the first had rsp+8. The
 * row that was kept is used as long as nobody says that something changed.
 */
static void another_generation_forgets_what_was_cached(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401105, 0x401205, 0x11};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10, BYTES(CFA_DEF_OFFSET, 8));
    literal_load(l);
    literal_stack(l, stack, 3);
    assert_int_equal(step_once(l, 0x401000), 0x401105);

    uint8_t *offset = memchr(l->tables + EH_FRAME - TABLES + 24, CFA_DEF_OFFSET,
                             l->module.tables.size - (EH_FRAME - TABLES) - 24);
    assert_non_null(offset);
    assert_int_equal(offset[1], 8);
    offset[1] = 16;
    assert_int_equal(step_once(l, 0x401000), 0x401105);
    l->modules.generation++;
    assert_int_equal(step_once(l, 0x401000), 0x401205);
}

/* That no module holds an address is not kept: the next dlopen may change it. */
static void unknown_address_is_looked_up_again(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401105, 0x11};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10, BYTES(CFA_NOP));
    literal_load(l);
    literal_stack(l, stack, 2);
    l->modules.count = 0;
    assert_int_equal(step_once(l, 0x401000), 0);
    assert_int_equal(l->walk.stop, UNWIND_NO_CFI);
    l->modules.count = 1;
    assert_int_equal(step_once(l, 0x401000), 0x401105);
}

/* Addresses that share a place in the cache do not share a rule. */
static void colliding_addresses_keep_their_own_rules(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401105, 0x401205, 0x11};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x2000, BYTES(CFA_NOP));
    literal_fde(l, 0x403000, 0x2000, BYTES(CFA_DEF_OFFSET, 16));
    literal_load(l);
    literal_stack(l, stack, 3);
    for (int turn = 0; turn < 3; turn++) {
        for (uint64_t i = 0; i < 2 * UNWIND_CACHE_SIZE; i++) {
            assert_int_equal(step_once(l, 0x401000 + i), 0x401105);
            assert_int_equal(step_once(l, 0x403000 + i), 0x401205);
        }
    }
}

static struct unwind_module later_module;

static bool find_later(uint64_t address, struct unwind_module *module)
{
    if (address < later_module.start || address >= later_module.end)
        return false;
    *module = later_module;
    return true;
}

static void module_that_is_not_in_the_list_is_asked_for(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401105, 0x11};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10, BYTES(CFA_NOP));
    literal_load(l);
    literal_stack(l, stack, 2);
    later_module = l->module;
    later_module.tables = (struct unwind_view){0};
    l->modules.count = 0;
    l->modules.find_more = find_later;
    assert_int_equal(step_once(l, 0x401000), 0x401105);
    uint32_t reads = l->reads;
    assert_int_not_equal(reads, 0);
    assert_int_equal(step_once(l, 0x401000), 0x401105);
    assert_int_equal(l->reads, reads); // from the cache
}

static void modules_are_found_by_their_edges(void **state)
{
    (void)state;
    const struct unwind_module list[] = {
        {.start = 0x1000, .end = 0x2000},
        {.start = 0x2000, .end = 0x3000},
        {.start = 0x5000, .end = 0x6000},
    };
    const struct unwind_modules modules = {.modules = list, .count = 3};
    const struct {
        uint64_t address, start;
    } expected[] = {
        {0, 0},           {0xfff, 0},       {0x1000, 0x1000}, {0x1fff, 0x1000},
        {0x2000, 0x2000}, {0x2fff, 0x2000}, {0x3000, 0},      {0x4fff, 0},
        {0x5000, 0x5000}, {0x5fff, 0x5000}, {0x6000, 0},      {UINT64_MAX, 0},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct unwind_module module = {0};
        bool found = unwind_modules_find(&modules, expected[i].address, &module);
        assert_int_equal(found, expected[i].start != 0);
        assert_int_equal(module.start, expected[i].start);
    }
}

#define LITERAL_TEST(name) cmocka_unit_test_setup_teardown(name, literal_setup, literal_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LITERAL_TEST(leaf_is_left_by_a_return_address_behind_a_call),
        LITERAL_TEST(leaf_with_unreadable_callers_code_is_not_left),
        LITERAL_TEST(function_that_called_is_no_leaf),
        LITERAL_TEST(generated_code_is_walked_by_frame_pointers),
        LITERAL_TEST(zero_frame_pointer_and_return_address_end_a_stack),
        LITERAL_TEST(code_without_cfi_at_the_end_of_the_stack_is_the_outermost),
        LITERAL_TEST(unbelievable_frame_pointer_ends_a_walk),
        LITERAL_TEST(module_code_does_not_return_to_generated_code_by_a_guess),
        LITERAL_TEST(module_code_returns_to_the_generated_code_that_called_it),
        LITERAL_TEST(circular_frame_pointers_end_a_walk),
        LITERAL_TEST(another_generation_forgets_what_was_cached),
        LITERAL_TEST(unknown_address_is_looked_up_again),
        LITERAL_TEST(colliding_addresses_keep_their_own_rules),
        LITERAL_TEST(module_that_is_not_in_the_list_is_asked_for),
        cmocka_unit_test(modules_are_found_by_their_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
