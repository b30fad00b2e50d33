/* SPDX-License-Identifier: MIT */
/*
 * test_container.c - file header and chunks, as bytes.
 */
#include "profiler/recording/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <zlib.h>

#include <cmocka.h>

static struct container_unpacker unpacker;
static struct text file;

static int begin(void **state)
{
    (void)state;
    return 0;
}

static int end(void **state)
{
    (void)state;
    container_unpacker_release(&unpacker);
    text_release(&file);
    return 0;
}

static const char *unpack(struct bytes *raw)
{
    struct bytes in = bytes_of(file.data, file.length);
    const char *fault = container_unpack(&unpacker, &in, raw);
    // A good chunk is passed, a bad one is not.
    assert_int_equal(bytes_left(&in), fault ? file.length : 0);
    return fault;
}

/* A chunk with a right checksum around whatever the fields say. */
static void forge(uint32_t codec, uint32_t stored_size, uint32_t raw_size, const void *payload)
{
    uint32_t fields[4] = {codec, stored_size, raw_size, 0};
    file.length = 0;
    text_append(&file, CONTAINER_CHUNK_MARKER, 4);
    text_append(&file, fields, sizeof fields);
    text_append(&file, payload, stored_size);
    uLong sum = crc32(0, (const Bytef *)file.data, 16);
    fields[3] = (uint32_t)crc32(sum, payload, stored_size);
    memcpy(file.data + 4, fields, sizeof fields);
}

static void chunks_survive(void **state)
{
    (void)state;
    static uint8_t zeros[300000];
    uint8_t noise[5000];
    srand(1);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)rand();
    struct bytes raw;
    container_pack(zeros, sizeof zeros, &file);
    assert_in_range(file.length, 30, 2000);
    assert_null(unpack(&raw));
    assert_int_equal(bytes_left(&raw), sizeof zeros);
    assert_memory_equal(raw.at, zeros, sizeof zeros);
    file.length = 0;
    container_pack(noise, sizeof noise, &file);
    assert_int_equal(file.length, sizeof noise + CONTAINER_CHUNK_HEADER_SIZE); // as it is
    assert_null(unpack(&raw));
    assert_int_equal(bytes_left(&raw), sizeof noise);
    assert_memory_equal(raw.at, noise, sizeof noise);
}

static void a_changed_bit_is_noticed_wherever_it_is(void **state)
{
    (void)state;
    static const char text[] = "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabc";
    struct bytes raw;
    container_pack(text, sizeof text, &file);
    for (size_t bit = 0; bit < file.length * 8; bit++) {
        file.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_non_null(unpack(&raw));
        file.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_null(unpack(&raw));
}

static void a_cut_chunk_is_noticed_wherever_it_ends(void **state)
{
    (void)state;
    struct bytes raw;
    container_pack("abcdefgh", 8, &file);
    size_t whole = file.length;
    for (file.length = 0; file.length < whole; file.length++)
        assert_string_equal(unpack(&raw), "is cut off");
}

static void impossible_sizes_are_refused_before_memory_is_taken(void **state)
{
    (void)state;
    static const uint8_t payload[70000];
    struct bytes raw;
    forge(CONTAINER_DEFLATED, 70000, CONTAINER_RAW_MAX + 1, payload);
    assert_string_equal(unpack(&raw), "states an impossible size");
    forge(CONTAINER_DEFLATED, 100, UINT32_MAX, payload);
    assert_string_equal(unpack(&raw), "states an impossible size");
    forge(CONTAINER_DEFLATED, 100, 101 * CONTAINER_RATIO_MAX, payload);
    assert_string_equal(unpack(&raw), "states an impossible size");
    forge(CONTAINER_STORED, 100, 101, payload);
    assert_string_equal(unpack(&raw), "states an impossible size");
    assert_int_equal(unpacker.capacity, 0);
}

static void a_stream_of_another_length_is_refused(void **state)
{
    (void)state;
    static const char text[1000];
    uint8_t deflated[200];
    uLongf size = sizeof deflated - 1;
    struct bytes raw;
    assert_int_equal(compress(deflated, &size, (const Bytef *)text, sizeof text), Z_OK);
    forge(CONTAINER_DEFLATED, (uint32_t)size, sizeof text, deflated);
    assert_null(unpack(&raw));
    forge(CONTAINER_DEFLATED, (uint32_t)size, sizeof text - 1, deflated);
    assert_string_equal(unpack(&raw), "cannot be inflated");
    forge(CONTAINER_DEFLATED, (uint32_t)size, sizeof text + 1, deflated);
    assert_string_equal(unpack(&raw), "cannot be inflated");
    forge(CONTAINER_DEFLATED, (uint32_t)size + 1, sizeof text, deflated);
    assert_string_equal(unpack(&raw), "cannot be inflated");
    forge(CONTAINER_DEFLATED, (uint32_t)size - 1, sizeof text, deflated);
    assert_string_equal(unpack(&raw), "cannot be inflated");
    forge(CONTAINER_DEFLATED, (uint32_t)size, 0, deflated);
    assert_string_equal(unpack(&raw), "cannot be inflated");
}

static void an_unknown_codec_is_told_apart_from_damage(void **state)
{
    (void)state;
    struct bytes raw;
    forge(2, 3, 3, "abc");
    assert_string_equal(unpack(&raw), "is compressed in a way that this prof does not know");
}

/* ---- the file's header ---- */

static int read_header(struct error *error, size_t *left)
{
    struct bytes in = bytes_of(file.data, file.length);
    int result = container_read_file_header(&in, "x", error);
    *left = bytes_left(&in);
    return result;
}

static void a_file_header_survives(void **state)
{
    (void)state;
    struct error error;
    size_t left;
    container_append_file_header(&file);
    assert_int_equal(file.length, CONTAINER_FILE_HEADER_SIZE);
    text_append_string(&file, "rest");
    assert_int_equal(read_header(&error, &left), 0);
    assert_int_equal(left, 4);
}

static void a_longer_file_header_is_passed(void **state)
{
    (void)state;
    struct error error;
    size_t left;
    container_append_file_header(&file);
    text_append_string(&file, "newer field, rest");
    file.data[12] = CONTAINER_FILE_HEADER_SIZE + 13;
    assert_int_equal(read_header(&error, &left), 0);
    assert_int_equal(left, 4);
}

static void what_cannot_be_read_is_refused_in_words(void **state)
{
    (void)state;
    struct error error;
    size_t left;
    container_append_file_header(&file);
    file.data[8] = 2;
    assert_int_equal(read_header(&error, &left), -1);
    assert_string_equal(error.text, "x has format version 2, and this prof reads version 1 only");
    file.data[8] = 1;
    file.data[16] = 4;
    assert_int_equal(read_header(&error, &left), -1);
    assert_string_equal(error.text, "x uses features that this prof does not know (0x4)");
    file.data[16] = 0;
    file.data[12] = 23;
    assert_int_equal(read_header(&error, &left), -1);
    assert_string_equal(error.text, "x has a damaged file header");
    file.data[12] = 25; // beyond the end
    assert_int_equal(read_header(&error, &left), -1);
    file.data[0] = 'p';
    assert_int_equal(read_header(&error, &left), -1);
    assert_string_equal(error.text, "x is not a recording of prof");
}

static void a_cut_file_header_is_refused(void **state)
{
    (void)state;
    struct error error;
    size_t left;
    container_append_file_header(&file);
    for (file.length = 0; file.length < CONTAINER_FILE_HEADER_SIZE; file.length++)
        assert_int_equal(read_header(&error, &left), -1);
    assert_string_equal(error.text, "x is cut off within its first 24 bytes");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chunks_survive),
        TEST(a_changed_bit_is_noticed_wherever_it_is),
        TEST(a_cut_chunk_is_noticed_wherever_it_ends),
        TEST(impossible_sizes_are_refused_before_memory_is_taken),
        TEST(a_stream_of_another_length_is_refused),
        TEST(an_unknown_codec_is_told_apart_from_damage),
        TEST(a_file_header_survives),
        TEST(a_longer_file_header_is_passed),
        TEST(what_cannot_be_read_is_refused_in_words),
        TEST(a_cut_file_header_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
