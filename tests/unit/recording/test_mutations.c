/* SPDX-License-Identifier: MIT */
/*
 * test_mutations.c - a recording changed in thousands of ways is read without harm.
 *
 * The same changes every time: a fuzzer without a fuzzer's patience. What counts as harm is what
 * the sanitizers and fuzz_recording.c find.
 */
#include "profiler/recording/container.h"
#include "tests/unit/recording/recording_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned seed = 20240229;

static unsigned dice(size_t sides)
{
    return (unsigned)((size_t)rand_r(&seed) % sides);
}

/* Changes, takes out or repeats some bytes after the first `keep`. */
static void mutate(struct text *text, size_t keep)
{
    static const unsigned char extremes[] = {0, 1, 0x7f, 0x80, 0xff, 0x10, 0x40};
    size_t at = keep + dice(text->length - keep);
    size_t length = 1 + dice(8);
    if (length > text->length - at)
        length = text->length - at;
    switch (dice(4)) {
    case 0:
        text->data[at] = (char)dice(256);
        break;
    case 1:
        memset(text->data + at, extremes[dice(sizeof extremes)], length);
        break;
    case 2:
        memmove(text->data + at, text->data + at + length, text->length - at - length);
        text->length -= length;
        break;
    default:
        memmove(text->data + at, text->data + keep + dice(text->length - keep - length), length);
    }
}

/* Inputs as fuzz_recording.c takes them: the choice, then the bytes. */
static void read_mutated(const struct text *seed_bytes, char choice, size_t keep, unsigned times)
{
    struct text input = TEXT_INIT;
    for (unsigned i = 0; i < times; i++) {
        input.length = 0;
        text_append_char(&input, choice);
        text_append(&input, seed_bytes->data, seed_bytes->length);
        for (unsigned changes = 1 + dice(3); changes > 0 && input.length > keep + 20; changes--)
            mutate(&input, keep);
        assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.length), 0);
    }
    text_release(&input);
}

/* The records of a recording in one chunk, inflated. */
static void extract_records(const struct text *file, struct text *raw)
{
    struct container_unpacker unpacker = {0};
    struct bytes in = bytes_of(file->data, file->length), records;
    assert_int_equal(container_read_file_header(&in, "", NULL), 0);
    assert_null(container_unpack(&unpacker, &in, &records));
    assert_int_equal(bytes_left(&in), 0);
    text_append(raw, records.at, bytes_left(&records));
    container_unpacker_release(&unpacker);
}

static void mutated_records_do_no_harm(void **state)
{
    (void)state;
    struct record_list list = {0};
    struct text file = TEXT_INIT, raw = TEXT_INIT;
    record_list_fill(&list, 30);
    record_list_write(&list, folder_path("prof.data"), 10000);
    file_read(folder_path("prof.data"), &file);
    extract_records(&file, &raw);
    read_mutated(&raw, 2, 1, 2000);
    text_release(&raw);
    text_release(&file);
    record_list_release(&list);
}

static void mutated_files_do_no_harm(void **state)
{
    (void)state;
    struct record_list list = {0};
    struct text file = TEXT_INIT;
    record_list_fill(&list, 30);
    record_list_write(&list, folder_path("prof.data"), 12);
    file_read(folder_path("prof.data"), &file);
    read_mutated(&file, 0, 1 + CONTAINER_FILE_HEADER_SIZE, 1000);
    read_mutated(&file, 1, 1, 200);
    text_release(&file);
    record_list_release(&list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_begin, folder_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mutated_records_do_no_harm),
        TEST(mutated_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
