/* SPDX-License-Identifier: MIT */
/*
 * test_plt_names.c - the code of linkage stubs, as linkers write it.
 */
#include "symbolizer/plt_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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

/* adrp x16, 0x30000; ldr x17, [x16, #1400]; add x16, x16, #1400; br x17 */
static const uint8_t arm64[] = {0x10, 0x01, 0x00, 0x90, 0x11, 0xbe, 0x42, 0xf9,
                                0x10, 0xe2, 0x15, 0x91, 0x20, 0x02, 0x1f, 0xd6};

static void stub_of_arm64_loads_its_slot(void **state)
{
    uint8_t tracked[sizeof arm64 + 4] = {0x5f, 0x24, 0x03, 0xd5}, before[sizeof arm64];
    (void)state;
    struct plt_stub stub = plt_stub_decode_arm64(bytes_of(arm64, sizeof arm64), 0x104a0);
    assert_int_equal(stub.kind, PLT_STUB_SLOT);
    assert_int_equal(stub.value, 0x30000 + 1400);
    memcpy(tracked + 4, arm64, sizeof arm64); // after bti c, which may be the last of a page
    stub = plt_stub_decode_arm64(bytes_of(tracked, sizeof tracked), 0x10ffc);
    assert_int_equal(stub.value, 0x31000 + 1400);
    memcpy(before, arm64, sizeof arm64);
    before[0] = before[3] = 0xf0, before[1] = before[2] = 0xff; // adrp x16, one page back
    stub = plt_stub_decode_arm64(bytes_of(before, sizeof before), 0x104a0);
    assert_int_equal(stub.value, 0xf000 + 1400);
    for (size_t size = 0; size < 8; size++)
        assert_int_equal(plt_stub_decode_arm64(bytes_of(arm64, size), 0).kind, PLT_STUB_UNKNOWN);
    for (size_t i = 4; i < 8; i++) // begins in the middle
        assert_int_equal(plt_stub_decode_arm64(bytes_of(arm64 + i, 8), 0).kind, PLT_STUB_UNKNOWN);
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
        cmocka_unit_test(stub_of_arm64_loads_its_slot),
        cmocka_unit_test(other_code_is_no_stub),
        cmocka_unit_test(stub_cut_anywhere_is_no_stub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
