/* SPDX-License-Identifier: MIT */
/*
 * test_dwarf_aranges.c - address range tables from literal bytes.
 */
#include "symbolizer/dwarf_aranges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define U16(n) (uint8_t)(n), (uint8_t)((n) >> 8)
#define U32(n) (uint8_t)(n), (uint8_t)((n) >> 8), (uint8_t)((n) >> 16), (uint8_t)((n) >> 24)
#define U64(n) U32(n), U32((uint64_t)(n) >> 32)

/* One set of 44 bytes after its length: header, padding to 16, one pair, the closing zeros. */
#define SET(version, unit, low, size)                                                              \
    U32(44), U16(version), U32(unit), 8, 0, U32(0), U64(low), U64(size), U64(0), U64(0)

static void expect_next(struct dwarf_aranges *aranges, uint64_t low, uint64_t high, uint64_t unit)
{
    uint64_t found_low, found_high, found_unit;
    assert_true(dwarf_aranges_next(aranges, &found_low, &found_high, &found_unit));
    assert_int_equal(found_low, low);
    assert_int_equal(found_high, high);
    assert_int_equal(found_unit, unit);
}

static void expect_end(struct dwarf_aranges *aranges)
{
    uint64_t low, high, unit;
    assert_false(dwarf_aranges_next(aranges, &low, &high, &unit));
}

static void sets_give_ranges_with_their_unit(void **state)
{
    static const uint8_t section[] = {SET(2, 0x0, 0x1000, 0x10), SET(2, 0x99, 0x2000, 0x20)};
    (void)state;
    struct dwarf_aranges aranges = dwarf_aranges_of(bytes_of(section, sizeof section));
    expect_next(&aranges, 0x1000, 0x1010, 0);
    expect_next(&aranges, 0x2000, 0x2020, 0x99);
    expect_end(&aranges);
}

static void set_of_unknown_version_is_passed_over(void **state)
{
    static const uint8_t section[] = {SET(9, 0x0, 0x1000, 0x10), SET(2, 0x99, 0x2000, 0x20)};
    (void)state;
    struct dwarf_aranges aranges = dwarf_aranges_of(bytes_of(section, sizeof section));
    expect_next(&aranges, 0x2000, 0x2020, 0x99);
    expect_end(&aranges);
}

static void zeros_in_the_middle_do_not_end_a_set(void **state)
{
    static const uint8_t section[] = {
        U32(60), U16(2), U32(7),      8,         0,      U32(0),
        U64(0),  U64(0), U64(0x3000), U64(0x30), U64(0), U64(0),
    };
    (void)state;
    struct dwarf_aranges aranges = dwarf_aranges_of(bytes_of(section, sizeof section));
    expect_next(&aranges, 0x3000, 0x3030, 7);
    expect_end(&aranges);
}

static void range_that_wraps_around_is_dropped(void **state)
{
    static const uint8_t section[] = {SET(2, 0, UINT64_MAX - 1, 0x10), SET(2, 5, 0x2000, 0x20)};
    (void)state;
    struct dwarf_aranges aranges = dwarf_aranges_of(bytes_of(section, sizeof section));
    expect_next(&aranges, 0x2000, 0x2020, 5);
    expect_end(&aranges);
}

static void dwarf64_sets_are_read(void **state)
{
    static const uint8_t section[] = {
        U32(0xffffffff), U64(52), U16(2), U64(0x123456789a), 8, 0, U64(0), U64(0x1000),
        U64(1),          U64(0),  U64(0),
    };
    (void)state;
    struct dwarf_aranges aranges = dwarf_aranges_of(bytes_of(section, sizeof section));
    expect_next(&aranges, 0x1000, 0x1001, 0x123456789a);
    expect_end(&aranges);
}

static void section_cut_anywhere_just_ends(void **state)
{
    static const uint8_t section[] = {SET(2, 0x0, 0x1000, 0x10), SET(2, 0x99, 0x2000, 0x20)};
    (void)state;
    for (size_t size = 0; size < sizeof section; size++) {
        uint8_t *copy = malloc(size ? size : 1);
        memcpy(copy, section, size);
        struct dwarf_aranges aranges = dwarf_aranges_of(bytes_of(copy, size));
        uint64_t low, high, unit;
        size_t count = 0;
        while (dwarf_aranges_next(&aranges, &low, &high, &unit))
            count++;
        assert_int_equal(count, size >= sizeof section / 2); // a cut set is not used
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_give_ranges_with_their_unit),
        cmocka_unit_test(set_of_unknown_version_is_passed_over),
        cmocka_unit_test(zeros_in_the_middle_do_not_end_a_set),
        cmocka_unit_test(range_that_wraps_around_is_dropped),
        cmocka_unit_test(dwarf64_sets_are_read),
        cmocka_unit_test(section_cut_anywhere_just_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
