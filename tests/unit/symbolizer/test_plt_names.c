/* SPDX-License-Identifier: MIT */
/*
 * test_plt_names.c - the code of linkage stubs, as linkers write it.
 */
#include "symbolizer/plt_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define DECODE(code, address) plt_stub_decode(bytes_of(code, sizeof code), address)

static void lazy_stub_jumps_through_its_slot(void **state)
{
    static const uint8_t code[] = {0xff, 0x25, 0xe2, 0x2f, 0,   0, // jmp *0x2fe2(%rip)
                                   0x68, 1,    0,    0,    0,      // push $1
                                   0xe9, 0xd0, 0xff, 0xff, 0xff};
    (void)state;
    struct plt_stub stub = DECODE(code, 0x1030);
    assert_int_equal(stub.kind, PLT_STUB_SLOT);
    assert_int_equal(stub.value, 0x1030 + 6 + 0x2fe2);
}

static void slot_may_lie_before_the_stub(void **state)
{
    static const uint8_t code[] = {0xff, 0x25, 0xfa, 0xff, 0xff, 0xff, 0x66, 0x90};
    (void)state;
    struct plt_stub stub = DECODE(code, 0x5000);
    assert_int_equal(stub.kind, PLT_STUB_SLOT);
    assert_int_equal(stub.value, 0x5000);
}

static void stub_with_branch_tracking_is_the_same(void **state)
{
    static const uint8_t sec[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25, 0x10, 0, 0, 0};
    static const uint8_t without_bnd[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25, 0x10, 0, 0, 0};
    (void)state;
    assert_int_equal(DECODE(sec, 0x1000).value, 0x1000 + 11 + 0x10);
    assert_int_equal(DECODE(without_bnd, 0x1000).value, 0x1000 + 10 + 0x10);
}

static void tracked_lazy_stub_pushes_its_index(void **state)
{
    static const uint8_t code[] = {0xf3, 0x0f, 0x1e, 0xfa, 0x68, 0x05, 0, 0, 0, 0xf2, 0xe9};
    (void)state;
    struct plt_stub stub = DECODE(code, 0x1000);
    assert_int_equal(stub.kind, PLT_STUB_INDEX);
    assert_int_equal(stub.value, 5);
}

static void other_code_is_no_stub(void **state)
{
    static const uint8_t header[] = {0xff, 0x35, 0xe2, 0x2f, 0, 0, 0xff, 0x25, 0xe4, 0x2f, 0, 0};
    static const uint8_t function[] = {0x55, 0x48, 0x89, 0xe5};
    (void)state;
    assert_int_equal(DECODE(header, 0).kind, PLT_STUB_UNKNOWN);
    assert_int_equal(DECODE(function, 0).kind, PLT_STUB_UNKNOWN);
}

static void stub_cut_anywhere_is_no_stub(void **state)
{
    static const uint8_t code[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25, 0x10, 0, 0, 0};
    (void)state;
    for (size_t size = 0; size < sizeof code; size++) {
        uint8_t *copy = malloc(size ? size : 1);
        memcpy(copy, code, size);
        assert_int_equal(plt_stub_decode(bytes_of(copy, size), 0).kind, PLT_STUB_UNKNOWN);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lazy_stub_jumps_through_its_slot),
        cmocka_unit_test(slot_may_lie_before_the_stub),
        cmocka_unit_test(stub_with_branch_tracking_is_the_same),
        cmocka_unit_test(tracked_lazy_stub_pushes_its_index),
        cmocka_unit_test(other_code_is_no_stub),
        cmocka_unit_test(stub_cut_anywhere_is_no_stub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
