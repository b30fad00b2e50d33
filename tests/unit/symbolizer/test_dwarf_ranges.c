/* SPDX-License-Identifier: MIT */
/*
 * test_dwarf_ranges.c - range lists from literal bytes.
 */
#include "symbolizer/dwarf_ranges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define U32(n) (uint8_t)(n), (uint8_t)((n) >> 8), (uint8_t)((n) >> 16), (uint8_t)((n) >> 24)
#define U64(n) U32(n), U32((uint64_t)(n) >> 32)

static struct dwarf_ranges_unit unit_of(uint16_t version, const uint8_t *bytes, size_t size)
{
    return (struct dwarf_ranges_unit){
        .ranges = bytes_of(bytes, size),
        .addresses = bytes_of(bytes, 0),
        .low_pc = 0x1000,
        .version = version,
        .address_size = 8,
        .offset_size = 4,
    };
}

static void expect_next(struct dwarf_ranges *ranges, uint64_t low, uint64_t high)
{
    uint64_t found_low, found_high;
    assert_true(dwarf_ranges_next(ranges, &found_low, &found_high));
    assert_int_equal(found_low, low);
    assert_int_equal(found_high, high);
}

static void expect_end(struct dwarf_ranges *ranges)
{
    uint64_t low = 7, high = 7;
    assert_false(dwarf_ranges_next(ranges, &low, &high));
    assert_false(dwarf_ranges_next(ranges, &low, &high));
    assert_int_equal(low, 7);
}

static void pairs_count_from_the_unit_until_a_base_is_selected(void **state)
{
    static const uint8_t list[] = {
        U64(0x10),       U64(0x20),   // 0x1010..0x1020
        U64(UINT64_MAX), U64(0x5000), // base
        U64(1),          U64(1),      // empty, passed over
        U64(0x30),       U64(0x34),   // 0x5030..0x5034
        U64(0),          U64(0),      U64(0x77), U64(0x78),
    };
    (void)state;
    struct dwarf_ranges_unit unit = unit_of(4, list, sizeof list);
    struct dwarf_ranges ranges = dwarf_ranges_at(&unit, 0);
    expect_next(&ranges, 0x1010, 0x1020);
    expect_next(&ranges, 0x5030, 0x5034);
    expect_end(&ranges);
}

static void pairs_of_32_bits_have_their_own_base_marker(void **state)
{
    static const uint8_t list[] = {U32(UINT32_MAX), U32(0x800), U32(1), U32(3), U32(0), U32(0)};
    (void)state;
    struct dwarf_ranges_unit unit = unit_of(3, list, sizeof list);
    unit.address_size = 4;
    struct dwarf_ranges ranges = dwarf_ranges_at(&unit, 0);
    expect_next(&ranges, 0x801, 0x803);
    expect_end(&ranges);
}

static void every_kind_of_version_5_is_understood(void **state)
{
    static const uint8_t addresses[] = {U64(0xdead), U64(0x2000), U64(0x2040), U64(0x9000)};
    static const uint8_t list[] = {
        0x04, 0x10,        0x20,                   // offset_pair on low_pc: 0x1010..0x1020
        0x01, 1,                                   // base_addressx: 0x2040, with the base below
        0x04, 0x80,        0x01,       0x90, 0x01, // offset_pair: +0x80..+0x90
        0x02, 0,           1,                      // startx_endx: 0x2000..0x2040
        0x03, 2,           0x10,                   // startx_length: 0x9000..0x9010
        0x05, U64(0x7000),                         // base_address
        0x04, 0,           1,                      // 0x7000..0x7001
        0x06, U64(0x100),  U64(0x180),             // start_end
        0x07, U64(0x200),  0x08,                   // start_length
        0x00,
    };
    (void)state;
    struct dwarf_ranges_unit unit = unit_of(5, list, sizeof list);
    unit.addresses = bytes_of(addresses, sizeof addresses);
    unit.address_base = 8;
    struct dwarf_ranges ranges = dwarf_ranges_at(&unit, 0);
    expect_next(&ranges, 0x1010, 0x1020);
    expect_next(&ranges, 0x2040 + 0x80, 0x2040 + 0x90);
    expect_next(&ranges, 0x2000, 0x2040);
    expect_next(&ranges, 0x9000, 0x9010);
    expect_next(&ranges, 0x7000, 0x7001);
    expect_next(&ranges, 0x100, 0x180);
    expect_next(&ranges, 0x200, 0x208);
    expect_end(&ranges);
}

static void index_leads_through_the_offset_table(void **state)
{
    static const uint8_t section[] = {
        0xee,   0xee,    0xee, 0xee, // another unit's
        U32(8), U32(11),             // offsets, from here
        0x04,   1,       2,    0x04, 3, 4, 0,
    };
    (void)state;
    struct dwarf_ranges_unit unit = unit_of(5, section, sizeof section);
    unit.list_base = 4;
    struct dwarf_ranges ranges = dwarf_ranges_at(&unit, dwarf_ranges_offset(&unit, 1));
    expect_next(&ranges, 0x1003, 0x1004);
    expect_end(&ranges);
    assert_int_equal(dwarf_ranges_offset(&unit, 3), UINT64_MAX);
    assert_int_equal(dwarf_ranges_offset(&unit, UINT64_MAX / 2), UINT64_MAX);
}

static void unknown_kind_ends_the_list(void **state)
{
    static const uint8_t list[] = {0x04, 1, 2, 0x3f, 0x04, 3, 4, 0};
    (void)state;
    struct dwarf_ranges_unit unit = unit_of(5, list, sizeof list);
    struct dwarf_ranges ranges = dwarf_ranges_at(&unit, 0);
    expect_next(&ranges, 0x1001, 0x1002);
    expect_end(&ranges);
}

static void list_cut_anywhere_just_ends(void **state)
{
    static const uint8_t list[] = {0x06, U64(0x100), U64(0x180), 0x07, U64(0x200), 0x08, 0x00};
    (void)state;
    for (size_t size = 0; size < sizeof list - 1; size++) {
        uint8_t *copy = malloc(size + 1); // of exact size, for the sanitizer
        memcpy(copy, list, size);
        copy = realloc(copy, size ? size : 1);
        struct dwarf_ranges_unit unit = unit_of(5, copy, size);
        struct dwarf_ranges ranges = dwarf_ranges_at(&unit, 0);
        uint64_t low, high;
        size_t whole = (size >= 17) + (size >= 27);
        for (size_t i = 0; i < whole; i++)
            assert_true(dwarf_ranges_next(&ranges, &low, &high));
        assert_false(dwarf_ranges_next(&ranges, &low, &high));
        free(copy);
    }
}

static void offset_outside_of_the_section_is_an_empty_list(void **state)
{
    static const uint8_t list[] = {0x04, 1, 2, 0};
    (void)state;
    struct dwarf_ranges_unit unit = unit_of(5, list, sizeof list);
    struct dwarf_ranges ranges = dwarf_ranges_at(&unit, 5);
    expect_end(&ranges);
    ranges = dwarf_ranges_at(&unit, UINT64_MAX);
    expect_end(&ranges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_count_from_the_unit_until_a_base_is_selected),
        cmocka_unit_test(pairs_of_32_bits_have_their_own_base_marker),
        cmocka_unit_test(every_kind_of_version_5_is_understood),
        cmocka_unit_test(index_leads_through_the_offset_table),
        cmocka_unit_test(unknown_kind_ends_the_list),
        cmocka_unit_test(list_cut_anywhere_just_ends),
        cmocka_unit_test(offset_outside_of_the_section_is_an_empty_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
