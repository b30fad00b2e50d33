/* SPDX-License-Identifier: MIT */
/*
 * test_mutations.c - unwind tables changed in thousands of ways are walked without harm.
 *
 * The same changes every time. What counts as harm is what the sanitizers and fuzz_unwind.c find.
 */
#include "tests/fuzz/fuzz_unwind.h"
#include "tests/unit/unwind/literal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MUTATIONS = 5000 };

static unsigned seed = 20240229;

static unsigned dice(size_t sides)
{
    return (unsigned)((size_t)rand_r(&seed) % sides);
}

/* Tables with every instruction and rule kind in them. */
static void make_tables(struct literal *l)
{
    literal_usual_cie(l);
    literal_fde(l, FUZZ_CODE, 0x40,
                BYTES(CFA_REMEMBER, ADVANCE(4), CFA_DEF_OFFSET, 16, SAVED(UNWIND_RBP, 2),
                      ADVANCE(4), CFA_DEF_REGISTER, UNWIND_RBP, CFA_ADVANCE1, 8, CFA_RECALL,
                      CFA_OFFSET_EXTENDED, UNWIND_RBX, 3, CFA_ARGS_SIZE, 16, CFA_ADVANCE2, 8, 0,
                      RESTORED(UNWIND_RBX), CFA_DEF_SF, UNWIND_RSP, 0x7e));
    literal_fde(l, FUZZ_CODE + 0x40, 0x40,
                BYTES(CFA_DEF_EXPRESSION, 11, BREG(UNWIND_RSP), 8, BREG(UNWIND_RIP), 0, LIT(15),
                      OP_AND, LIT(11), OP_GE, LIT(3), OP_SHL, OP_PLUS, ADVANCE(0x10),
                      CFA_DEF_EXPRESSION, 3, BREG(UNWIND_RBP), 0x78, OP_DEREF, CFA_EXPRESSION,
                      UNWIND_RBP, 2, BREG(UNWIND_RBP), 0, CFA_VAL_EXPRESSION, UNWIND_R12, 5, LIT(1),
                      OP_SKIP, 0, 0, OP_PLUS, ADVANCE(0x10), CFA_REGISTER, UNWIND_RIP, UNWIND_RDI,
                      CFA_VAL_OFFSET, UNWIND_RBX, 1, CFA_SAME_VALUE, UNWIND_R12));
    literal_cie(l, &(struct cie_form){.augmentation = "zPLRS", .version = 3},
                BYTES(CFA_DEF, UNWIND_RSP, 8, SAVED(UNWIND_RIP, 1)));
    literal_fde(l, FUZZ_CODE + 0x80, 0x40,
                BYTES(CFA_DEF_EXPRESSION, 3, BREG(UNWIND_RSP), 16, OP_DEREF, CFA_EXPRESSION,
                      UNWIND_RIP, 2, BREG(UNWIND_RSP), 8, CFA_EXPRESSION, UNWIND_RSP, 2,
                      BREG(UNWIND_RSP), 16));
    literal_load(l);
}

static void mutate(uint8_t *bytes, size_t size)
{
    static const uint8_t extremes[] = {0, 1, 0x7f, 0x80, 0xff, 0x10, 0x40};
    size_t at = dice(size), length = 1 + dice(8);
    if (length > size - at)
        length = size - at;
    switch (dice(4)) {
    case 0:
        bytes[at] = (uint8_t)dice(256);
        break;
    case 1:
        bytes[at] ^= (uint8_t)(1u << dice(8));
        break;
    case 2:
        memset(bytes + at, extremes[dice(sizeof extremes)], length);
        break;
    default:
        memmove(bytes + at, bytes + dice(size - length), length);
    }
}

/* The input of fuzz_unwind.c, with the tables at their place behind the choice. */
static void mutated_tables_do_no_harm(void **state)
{
    struct literal *l = *state;
    make_tables(l);
    // the unused part of the search table is left out, so that changes hit what is read
    size_t size = 1 + l->module.tables.size;
    uint8_t *input = malloc(size);
    uint32_t found = 0;
    for (unsigned i = 0; i < MUTATIONS; i++) {
        input[0] = (uint8_t)i;
        memcpy(input + 1, l->tables, size - 1);
        for (unsigned changes = dice(4); changes > 0; changes--) {
            bool header = dice(4) == 0;
            size_t begin = header ? 1 : 1 + EH_FRAME - TABLES;
            mutate(input + begin, header ? 12 + 8 * l->function_count : size - begin);
        }
        LLVMFuzzerTestOneInput(input, size - (dice(8) == 0 ? dice(size) : 0));
        found += fuzz_unwind_steps;
    }
    free(input);
    // most changes leave most rows readable; fewer steps mean that the tables were never reached
    assert_true(found > 10 * MUTATIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mutated_tables_do_no_harm, literal_setup, literal_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
