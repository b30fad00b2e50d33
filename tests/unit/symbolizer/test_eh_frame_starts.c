/* SPDX-License-Identifier: MIT */
/*
 * test_eh_frame_starts.c - function starts from literal unwind tables.
 */
#include "symbolizer/eh_frame_starts.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define U32(n) (uint8_t)(n), (uint8_t)((n) >> 8), (uint8_t)((n) >> 16), (uint8_t)((n) >> 24)

enum { SECTION_ADDRESS = 0x4000 };

/* A CIE of 20 bytes ("zR", pc-relative sdata4), and FDEs of 20 bytes each behind it. */
#define CIE(encoding) U32(16), U32(0), 1, 'z', 'R', 0, 1, 0x78, 16, 1, encoding, 0, 0, 0
#define FDE(at, pc, size)                                                                          \
    U32(16), U32((at) + 4), U32((uint32_t)((pc) - (SECTION_ADDRESS + (at) + 8))), U32(size), 0, 0, \
        0, 0

static void resolve(const uint8_t *bytes, size_t size, struct lookup *lookups, uint32_t count)
{
    struct elf_section sections[] = {
        {.name = ""},
        {.name = ".eh_frame", .type = SHT_PROGBITS, .address = SECTION_ADDRESS, .size = size},
    };
    struct elf_image image = {
        .data = bytes, .size = size, .is_64 = true, .sections = sections, .section_count = 2};
    struct lookup_batch batch = {.lookups = lookups, .count = count};
    eh_frame_starts_resolve(&image, &batch);
}

static void addresses_get_the_start_of_their_entry(void **state)
{
    static const uint8_t frames[] = {CIE(0x1b), FDE(20, 0x1000, 0x10), FDE(40, 0x1010, 0x20),
                                     U32(0)};
    struct lookup lookups[] = {{.address = 0xfff},  {.address = 0x1000}, {.address = 0x100f},
                               {.address = 0x1010}, {.address = 0x102f}, {.address = 0x1030}};
    static const uint64_t starts[] = {0, 0x1000, 0x1000, 0x1010, 0x1010, 0};
    (void)state;
    resolve(frames, sizeof frames, lookups, 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(lookups[i].start, starts[i]);
}

static void entries_after_the_closing_one_are_not_read(void **state)
{
    static const uint8_t frames[] = {CIE(0x1b), U32(0), FDE(24, 0x1000, 0x10)};
    struct lookup lookups[] = {{.address = 0x1000}};
    (void)state;
    resolve(frames, sizeof frames, lookups, 1);
    assert_int_equal(lookups[0].start, 0);
}

static void encodings_that_need_the_running_program_are_passed_over(void **state)
{
    // indirect, relative to text, to data, to the function, aligned; and two unknown formats
    static const uint8_t encodings[] = {0x9b, 0x2b, 0x3b, 0x4b, 0x5b, 0x15, 0xff};
    (void)state;
    for (size_t i = 0; i < sizeof encodings; i++) {
        uint8_t frames[] = {CIE(encodings[i]), FDE(20, 0x1000, 0x10), U32(0)};
        struct lookup lookups[] = {{.address = 0x1004}};
        resolve(frames, sizeof frames, lookups, 1);
        assert_int_equal(lookups[0].start, 0);
    }
}

/* However long a CIE is, its FDEs cost the same. */
static void cie_is_read_at_its_beginning_only(void **state)
{
    enum { LONG = 200 };
    uint8_t frames[4 + LONG + 28] = {U32(LONG), U32(0), 1, 'z'};
    const uint8_t rest[] = {U32(20), U32(4 + LONG + 4), U32(0x1000), U32(0), U32(0x10), U32(0)};
    struct lookup lookups[] = {{.address = 0x1004}};
    (void)state;
    memset(frames + 10, 'S', LONG - 40); // what it would go on with: nothing, absolute addresses
    memcpy(frames + 4 + LONG, rest, sizeof rest);
    resolve(frames, sizeof frames, lookups, 1);
    assert_int_equal(lookups[0].start, 0);
    memset(frames + 10, 0, LONG - 40);
    resolve(frames, sizeof frames, lookups, 1);
    assert_int_equal(lookups[0].start, 0x1000);
}

static void entry_of_no_cie_is_passed_over(void **state)
{
    // its distance leads before the section, then to another FDE
    static const uint8_t frames[] = {CIE(0x1b), U32(16), U32(0x1000), U32(0x1000), U32(16), U32(0),
                                     U32(16),   U32(24), U32(0x1000), U32(16),     U32(0),  U32(0)};
    struct lookup lookups[] = {{.address = 0x1004}};
    (void)state;
    resolve(frames, sizeof frames, lookups, 1);
    assert_int_equal(lookups[0].start, 0);
}

static void section_cut_anywhere_keeps_whole_entries(void **state)
{
    static const uint8_t frames[] = {CIE(0x1b), FDE(20, 0x1000, 0x10), FDE(40, 0x1010, 0x20)};
    (void)state;
    for (size_t size = 0; size <= sizeof frames; size++) {
        struct lookup lookups[] = {{.address = 0x1004}, {.address = 0x1014}};
        uint8_t *copy = malloc(size ? size : 1);
        memcpy(copy, frames, size);
        resolve(copy, size, lookups, 2);
        assert_int_equal(lookups[0].start, size >= 40 ? 0x1000 : 0);
        assert_int_equal(lookups[1].start, size >= 60 ? 0x1010 : 0);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_get_the_start_of_their_entry),
        cmocka_unit_test(entries_after_the_closing_one_are_not_read),
        cmocka_unit_test(encodings_that_need_the_running_program_are_passed_over),
        cmocka_unit_test(cie_is_read_at_its_beginning_only),
        cmocka_unit_test(entry_of_no_cie_is_passed_over),
        cmocka_unit_test(section_cut_anywhere_keeps_whole_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
