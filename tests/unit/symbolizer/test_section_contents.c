/* SPDX-License-Identifier: MIT */
/*
 * test_section_contents.c - compressed sections, and those that claim too much.
 */
#include "symbolizer/section_contents.h"

#include "profiler/base/text.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

#ifdef WITH_LZMA
#include <lzma.h>
#endif

enum { PLAIN_SIZE = 10000 };

static void fill(uint8_t *plain)
{
    for (int i = 0; i < PLAIN_SIZE; i++)
        plain[i] = (uint8_t)(i * i >> 3);
}

static void append_compressed(struct text *text)
{
    uint8_t plain[PLAIN_SIZE], packed[2 * PLAIN_SIZE];
    uLongf size = sizeof packed;
    fill(plain);
    assert_int_equal(compress(packed, &size, plain, sizeof plain), Z_OK);
    text_append(text, packed, size);
}

static struct text compressed_section(uint32_t type, uint64_t claimed)
{
    struct text text = TEXT_INIT;
    Elf64_Chdr header = {.ch_type = type, .ch_size = claimed, .ch_addralign = 1};
    text_append(&text, &header, sizeof header);
    append_compressed(&text);
    return text;
}

static int read_section(struct section_contents *contents, const char *bytes, size_t size,
                        struct elf_section section, struct error *error)
{
    struct elf_image image = {.data = (const uint8_t *)bytes, .size = size, .is_64 = true};
    section.type = SHT_PROGBITS;
    section.size = size;
    return section_contents_init(contents, &image, &section, error);
}

static void expect_plain(const char *bytes, size_t size, struct elf_section section)
{
    uint8_t plain[PLAIN_SIZE];
    struct section_contents contents;
    struct error error;
    fill(plain);
    assert_int_equal(read_section(&contents, bytes, size, section, &error), 0);
    assert_int_equal(contents.size, PLAIN_SIZE);
    assert_memory_equal(contents.data, plain, PLAIN_SIZE);
    section_contents_release(&contents);
}

static void expect_refused(const struct text *text, struct elf_section section, const char *reason)
{
    struct section_contents contents = {.size = 77};
    struct error error = {0};
    assert_int_equal(read_section(&contents, text->data, text->length, section, &error), -1);
    assert_non_null(strstr(error.text, reason));
    assert_int_equal(contents.size, 77); // untouched
}

static const struct elf_section new_style = {.name = ".debug_info", .flags = SHF_COMPRESSED};
static const struct elf_section old_style = {.name = ".zdebug_info"};

static void plain_section_is_borrowed(void **state)
{
    uint8_t plain[PLAIN_SIZE];
    struct section_contents contents;
    (void)state;
    fill(plain);
    struct elf_section section = {.name = ".debug_info"};
    assert_int_equal(read_section(&contents, (char *)plain, sizeof plain, section, NULL), 0);
    assert_ptr_equal(contents.data, plain);
    section_contents_release(&contents);
}

static void zlib_section_is_inflated(void **state)
{
    (void)state;
    struct text text = compressed_section(ELFCOMPRESS_ZLIB, PLAIN_SIZE);
    expect_plain(text.data, text.length, new_style);
    text_release(&text);
}

static void old_zdebug_section_is_inflated(void **state)
{
    struct text text = TEXT_INIT;
    (void)state;
    text_append(&text, "ZLIB\0\0\0\0\0\0", 10);
    text_append_char(&text, (char)(PLAIN_SIZE >> 8));
    text_append_char(&text, (char)PLAIN_SIZE);
    append_compressed(&text);
    expect_plain(text.data, text.length, old_style);
    text_release(&text);
}

static void size_must_be_met_exactly(void **state)
{
    static const uint64_t sizes[] = {0, 1, PLAIN_SIZE - 1, PLAIN_SIZE + 1};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct text text = compressed_section(ELFCOMPRESS_ZLIB, sizes[i]);
        expect_refused(&text, new_style, "zlib data are damaged");
        text_release(&text);
    }
}

static void impossible_sizes_are_refused_before_allocating(void **state)
{
    static const uint64_t sizes[] = {UINT64_MAX, (uint64_t)5 << 30, (uint64_t)2000 * 1032 * 100};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct text text = compressed_section(ELFCOMPRESS_ZLIB, sizes[i]);
        expect_refused(&text, new_style, "damaged compression header");
        text_release(&text);
    }
}

static void sizes_that_zstd_cannot_reach_are_refused_before_allocating(void **state)
{
    enum { ZSTD = 2 }; // ELFCOMPRESS_ZSTD, missing from older elf.h
    (void)state;
    struct text text = compressed_section(ZSTD, (uint64_t)3 << 30);
    expect_refused(&text, new_style, "damaged compression header");
    text_release(&text);
}

/* What such a section claims to hold would be read beyond its end, and that of the file. */
static void compressed_section_without_a_method_is_refused(void **state)
{
    (void)state;
    struct text text = compressed_section(0, (uint64_t)1 << 20);
    expect_refused(&text, new_style, "damaged compression header");
    text_release(&text);
}

static void unknown_method_is_named(void **state)
{
    (void)state;
    struct text text = compressed_section(4711, PLAIN_SIZE);
    expect_refused(&text, new_style, "4711");
    text_release(&text);
}

static void section_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct text text = compressed_section(ELFCOMPRESS_ZLIB, PLAIN_SIZE);
    for (size_t size = 0; size < text.length; size++) {
        struct section_contents contents;
        char *copy = malloc(size ? size : 1);
        memcpy(copy, text.data, size);
        assert_int_equal(read_section(&contents, copy, size, new_style, NULL), -1);
        free(copy);
    }
    text_release(&text);
}

#ifdef WITH_LZMA
static void xz_becomes_as_large_as_it_is_and_cut_short_is_refused(void **state)
{
    enum { SIZE = 1 << 17 };
    static uint8_t plain[SIZE], packed[SIZE];
    size_t size = 0;
    (void)state;
    for (size_t i = 0; i < SIZE; i += 4096)
        plain[i] = (uint8_t)(i >> 12);
    assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, plain, SIZE, packed, &size,
                                             sizeof packed),
                     LZMA_OK);
    assert_in_range(size, 1, SIZE / 32); // much smaller, so that the room has to grow
    for (size_t cut = 0; cut <= size; cut++) {
        struct elf_section section = {.name = ".gnu_debugdata", .type = SHT_PROGBITS, .size = cut};
        struct elf_image image = {.data = packed, .size = cut};
        struct section_contents contents;
        int result = section_contents_init_xz(&contents, &image, &section, NULL);
        assert_int_equal(result, cut == size ? 0 : -1);
        if (result < 0)
            continue;
        assert_int_equal(contents.size, SIZE);
        assert_memory_equal(contents.data, plain, SIZE);
        section_contents_release(&contents);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_section_is_borrowed),
        cmocka_unit_test(zlib_section_is_inflated),
        cmocka_unit_test(old_zdebug_section_is_inflated),
        cmocka_unit_test(size_must_be_met_exactly),
        cmocka_unit_test(impossible_sizes_are_refused_before_allocating),
        cmocka_unit_test(sizes_that_zstd_cannot_reach_are_refused_before_allocating),
        cmocka_unit_test(compressed_section_without_a_method_is_refused),
        cmocka_unit_test(unknown_method_is_named),
        cmocka_unit_test(section_cut_anywhere_is_refused),
#ifdef WITH_LZMA
        cmocka_unit_test(xz_becomes_as_large_as_it_is_and_cut_short_is_refused),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
