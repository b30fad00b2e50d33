/* SPDX-License-Identifier: MIT */
/*
 * test_reader.c - reading files that are cut, damaged, newer than we are or made to harm.
 */
#include "profiler/recording/reader.h"

#include "profiler/recording/codec.h"
#include "profiler/recording/container.h"
#include "tests/unit/recording/recording_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- recordings made by hand ---- */

static void append_record(struct text *raw, unsigned kind, const void *body, size_t size)
{
    text_append_varint(raw, kind);
    text_append_varint(raw, size);
    text_append(raw, body, size);
}

/* The start that most records need: one session, process, thread. */
static void append_start(struct text *raw)
{
    append_record(raw, RECORDING_SESSION, "", 0);
    append_record(raw, RECORDING_PROCESS, "", 0);
    append_record(raw, RECORDING_THREAD, "", 0);
}

static void write_chunk_file(const char *path, const struct text *raw)
{
    struct text file = TEXT_INIT;
    container_append_file_header(&file);
    container_pack(raw->data, raw->length, &file);
    file_write(path, file.data, file.length);
    text_release(&file);
}

/* Reads a file of this one chunk, and releases the chunk. */
static void read_chunk(struct record_list *list, struct text *raw, char damage[160])
{
    const char *path = folder_path("prof.data");
    write_chunk_file(path, raw);
    record_list_read(list, path, damage);
    text_release(raw);
}

/* The chunk is the start and a record that cannot be. */
static void assert_damage(unsigned kind, const void *body, size_t size)
{
    struct text raw = TEXT_INIT;
    struct record_list list = {0};
    char damage[160];
    append_start(&raw);
    append_record(&raw, kind, body, size);
    read_chunk(&list, &raw, damage);
    assert_string_equal(damage, "the chunk at byte 24 holds a record that makes no sense");
    assert_int_equal(list.count, 3);
    record_list_release(&list);
}

/* ---- damage ---- */

/* Whether `part` holds the first records of `whole` and nothing else. */
static void assert_prefix(const struct record_list *part, const struct text *whole_json)
{
    struct text json = TEXT_INIT;
    record_list_append_json(&json, part, 0);
    assert_true(json.length <= whole_json->length);
    assert_memory_equal(json.data, whole_json->data, json.length);
    text_release(&json);
}

/* A small recording as it reads when nothing is wrong, and its bytes. */
static void write_whole(struct text *bytes, struct text *json)
{
    struct record_list list = {0};
    const char *path = folder_path("prof.data");
    record_list_fill(&list, 20);
    record_list_write(&list, path, 15);
    record_list_release(&list);
    record_list_read(&list, path, NULL);
    record_list_append_json(json, &list, 0);
    record_list_release(&list);
    file_read(path, bytes);
}

static void a_cut_file_yields_what_comes_before_the_cut(void **state)
{
    (void)state;
    struct text bytes = TEXT_INIT, json = TEXT_INIT;
    const char *path = folder_path("cut.data");
    uint32_t before = 0, steps = 0;
    unsigned whole_ones = 0;
    write_whole(&bytes, &json);
    for (size_t size = CONTAINER_FILE_HEADER_SIZE; size <= bytes.length; size++) {
        struct record_list list = {0};
        char damage[160];
        file_write(path, bytes.data, size);
        record_list_read(&list, path, damage);
        assert_prefix(&list, &json);
        assert_true(list.count >= before); // more bytes, never fewer records
        steps += list.count > before;
        whole_ones += *damage == 0;
        before = list.count;
        record_list_release(&list);
    }
    assert_true(steps >= 4);
    assert_int_equal(whole_ones, steps + 1); // after the header and after each chunk
    text_release(&bytes);
    text_release(&json);
}

static void a_changed_byte_costs_its_chunk_and_what_follows(void **state)
{
    (void)state;
    struct text bytes = TEXT_INIT, json = TEXT_INIT;
    const char *path = folder_path("changed.data");
    write_whole(&bytes, &json);
    for (size_t at = 0; at < bytes.length; at++) {
        bytes.data[at] ^= (char)(1 + at % 255);
        file_write(path, bytes.data, bytes.length);
        bytes.data[at] ^= (char)(1 + at % 255);
        struct error error;
        struct recording_reader *reader = recording_reader_open(path, &error);
        assert_int_equal(reader == NULL, at < CONTAINER_FILE_HEADER_SIZE);
        recording_reader_close(reader);
        if (!reader)
            continue;
        struct record_list list = {0};
        char damage[160];
        record_list_read(&list, path, damage);
        assert_string_not_equal(damage, "");
        assert_prefix(&list, &json);
        record_list_release(&list);
    }
    text_release(&bytes);
    text_release(&json);
}

static void damage_is_counted_from_the_first_bad_chunk(void **state)
{
    (void)state;
    struct text bytes = TEXT_INIT, json = TEXT_INIT;
    struct error error;
    struct recording_record record;
    const char *path = folder_path("prof.data");
    write_whole(&bytes, &json);
    text_append_string(&bytes, "rubbish");
    file_write(path, bytes.data, bytes.length);
    struct recording_reader *reader = recording_reader_open(path, &error);
    assert_int_equal(recording_reader_lost_bytes(reader), 0);
    while (recording_reader_next(reader, &record) == 1)
        continue;
    assert_int_equal(recording_reader_lost_bytes(reader), 7);
    assert_int_equal(recording_reader_whole_bytes(reader), bytes.length - 7);
    assert_int_equal(recording_reader_whole_count(reader, RECORDING_THREAD), 2);
    assert_int_equal(recording_reader_whole_count(reader, RECORDING_STRING), 11);
    recording_reader_close(reader);
    text_release(&bytes);
    text_release(&json);
}

static void a_chunk_that_makes_no_sense_halfway_does_not_count_as_whole(void **state)
{
    (void)state;
    struct text raw = TEXT_INIT;
    struct error error;
    struct recording_record record;
    const char *path = folder_path("prof.data");
    append_start(&raw);
    append_record(&raw, RECORDING_THREAD, "\1", 1); // of process 1
    write_chunk_file(path, &raw);
    struct recording_reader *reader = recording_reader_open(path, &error);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(recording_reader_next(reader, &record), 1);
    assert_int_equal(recording_reader_next(reader, &record), 0);
    assert_int_equal(recording_reader_whole_bytes(reader), 24);
    assert_int_equal(recording_reader_whole_count(reader, RECORDING_THREAD), 0);
    recording_reader_close(reader);
    text_release(&raw);
}

static void records_that_make_no_sense_end_the_reading(void **state)
{
    (void)state;
    assert_damage(RECORDING_SESSION, "", 0);        // a second one
    assert_damage(RECORDING_THREAD, "\1", 1);       // process 1
    assert_damage(RECORDING_THREAD, "\x80", 1);     // a number without end
    assert_damage(RECORDING_THREAD_END, "\0\1", 2); // string 1
    assert_damage(RECORDING_STRING, "\5abc", 4);    // longer than its record
    assert_damage(RECORDING_STRING, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
    assert_damage(RECORDING_MODULE, "\0\0\x21zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", 36); // id of 33
    assert_damage(RECORDING_FRAME_LINES, "\0", 1);                                    // frame 0
    assert_damage(RECORDING_END, "\0\xff\xff\xff\xff\x1f", 6); // not of 32 bits
}

static void batches_that_make_no_sense_end_the_reading(void **state)
{
    (void)state;
    assert_damage(RECORDING_STACK, "", 0);        // not even a count
    assert_damage(RECORDING_STACK, "\1", 1);      // no column
    assert_damage(RECORDING_STACK, "\1\0", 2);    // an empty one
    assert_damage(RECORDING_STACK, "\1\2\0", 3);  // beyond the end
    assert_damage(RECORDING_SAMPLE, "\2\1\0", 3); // fewer numbers than records
    assert_damage(RECORDING_SAMPLE, "\xff\xff\xff\xff\xff\x1f\1\0", 8); // very many
    assert_damage(RECORDING_STACK, "\1\1\1\1\0", 5); // its own ancestor beyond the first
    assert_damage(RECORDING_STACK, "\1\1\0\1\0", 5); // frame 0
    assert_damage(RECORDING_SAMPLE, "\1\1\1", 3);    // thread 1
}

static void a_column_with_too_many_numbers_is_damage(void **state)
{
    (void)state;
    assert_damage(RECORDING_SAMPLE, "\1\2\0\0", 4);
}

static void records_before_the_session_are_damage(void **state)
{
    (void)state;
    struct text raw = TEXT_INIT;
    struct record_list list = {0};
    char damage[160];
    append_record(&raw, RECORDING_STRING, "\1a", 2); // fine
    append_record(&raw, RECORDING_PROCESS, "", 0);
    read_chunk(&list, &raw, damage);
    assert_int_equal(list.count, 1);
    assert_string_not_equal(damage, "");
    record_list_release(&list);
}

/* ---- other versions ---- */

static void kinds_of_later_versions_are_passed_over(void **state)
{
    (void)state;
    struct text raw = TEXT_INIT;
    struct record_list list = {0};
    char damage[160];
    append_record(&raw, 99, "whatever", 8);
    append_start(&raw);
    append_record(&raw, CODEC_KIND_COUNT, "", 0);
    append_record(&raw, UINT32_MAX, "\xff\xff", 2);
    append_record(&raw, RECORDING_STRING, "\1a", 2);
    read_chunk(&list, &raw, damage);
    assert_string_equal(damage, "");
    assert_int_equal(list.count, 4);
    assert_string_equal(list.records[3].string.bytes, "a");
    record_list_release(&list);
}

static void fields_of_later_versions_are_passed_over(void **state)
{
    (void)state;
    struct text raw = TEXT_INIT;
    struct record_list list = {0};
    char damage[160];
    append_start(&raw);
    append_record(&raw, RECORDING_STRING, "\3abc\7\7", 6);
    append_record(&raw, RECORDING_LOSS, "\1\1\2\3new", 7);
    // two samples with a sixth column
    append_record(&raw, RECORDING_SAMPLE, "\2\2\0\0\2\0\0\2\4\6\2\0\0\2\2\2\3new", 21 - 2);
    read_chunk(&list, &raw, damage);
    assert_string_equal(damage, "");
    assert_int_equal(list.count, 7);
    assert_int_equal(list.records[3].string.size, 3);
    assert_int_equal(list.records[4].loss.weight, 3);
    assert_int_equal(list.records[5].sample.weight, 5);
    assert_int_equal(list.records[6].sample.weight, 7);
    assert_int_equal(list.records[6].sample.time_ns, 2000); // twice one microsecond
    record_list_release(&list);
}

static void fields_that_earlier_versions_lack_are_zero(void **state)
{
    (void)state;
    struct text raw = TEXT_INIT;
    struct record_list list = {0};
    char damage[160];
    append_start(&raw);
    append_record(&raw, RECORDING_PROCESS, "\5", 1);
    append_record(&raw, RECORDING_SAMPLE, "\2\2\0\0", 4);
    read_chunk(&list, &raw, damage);
    assert_string_equal(damage, "");
    assert_int_equal(list.count, 6);
    assert_int_equal(list.records[3].process.pid, 5);
    assert_int_equal(list.records[3].process.start_ns, 0);
    assert_int_equal(list.records[5].sample.stack, RECORDING_NONE);
    assert_int_equal(list.records[5].sample.weight, 1);
    record_list_release(&list);
}

/* ---- hostile sizes ---- */

static void large_chunks_of_tiny_records_take_linear_time(void **state)
{
    (void)state;
    struct text raw = TEXT_INIT;
    struct record_list list = {0};
    append_start(&raw);
    for (unsigned i = 0; i < 2000000; i++)
        append_record(&raw, 100, "", 0);
    append_record(&raw, RECORDING_STRING, "\1a", 2);
    read_chunk(&list, &raw, NULL);
    assert_int_equal(list.count, 4);
    record_list_release(&list);
}

static void many_tiny_chunks_with_many_threads_take_linear_time(void **state)
{
    (void)state;
    // 50,000 threads x 20,000 chunks: forgetting each thread at each chunk would take minutes
    struct text raw = TEXT_INIT, file = TEXT_INIT;
    struct record_list list = {0};
    const char *path = folder_path("prof.data");
    container_append_file_header(&file);
    append_start(&raw);
    for (unsigned i = 0; i < 50000; i++)
        append_record(&raw, RECORDING_THREAD, "", 0);
    container_pack(raw.data, raw.length, &file);
    raw.length = 0;
    append_record(&raw, RECORDING_SAMPLE, "\1\3\xd0\x86\3", 5); // thread 50,000
    for (unsigned i = 0; i < 20000; i++)
        container_pack(raw.data, raw.length, &file);
    file_write(path, file.data, file.length);
    record_list_read(&list, path, NULL);
    assert_int_equal(list.count, 3 + 50000 + 20000);
    assert_int_equal(list.records[list.count - 1].sample.thread, 50000);
    record_list_release(&list);
    text_release(&raw);
    text_release(&file);
}

/* ---- files that are none ---- */

static void assert_refused(const char *path, const char *words)
{
    struct error error = {0};
    assert_null(recording_reader_open(path, &error));
    if (!strstr(error.text, words))
        fail_msg("\"%s\" is not in \"%s\"", words, error.text);
}

static void what_is_no_recording_is_refused_in_words(void **state)
{
    (void)state;
    const char *path = folder_path("prof.data");
    assert_refused(path, "No such file or directory");
    file_write(path, "", 0);
    assert_refused(path, "is empty");
    file_write(path, "PERFILE2 and more than enough bytes", 35);
    assert_refused(path, "is not a recording of prof");
    file_write(path, "PROFDATA\2\0\0\0\x18\0\0\0\0\0\0\0\0\0\0\0", 24);
    assert_refused(path, "has format version 2, and this prof reads version 1 only");
    assert_refused("/dev/null", "is not a regular file");
    assert_refused("/tmp", "is not a regular file");
}

static void a_recording_without_chunks_is_read_as_empty(void **state)
{
    (void)state;
    struct record_list list = {0};
    char damage[160];
    const char *path = folder_path("prof.data");
    file_write(path, "PROFDATA\1\0\0\0\x18\0\0\0\0\0\0\0\0\0\0\0", 24);
    record_list_read(&list, path, damage);
    assert_int_equal(list.count, 0);
    assert_string_equal(damage, "");
    record_list_release(&list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_begin, folder_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cut_file_yields_what_comes_before_the_cut),
        TEST(a_changed_byte_costs_its_chunk_and_what_follows),
        TEST(damage_is_counted_from_the_first_bad_chunk),
        TEST(a_chunk_that_makes_no_sense_halfway_does_not_count_as_whole),
        TEST(records_that_make_no_sense_end_the_reading),
        TEST(batches_that_make_no_sense_end_the_reading),
        TEST(a_column_with_too_many_numbers_is_damage),
        TEST(records_before_the_session_are_damage),
        TEST(kinds_of_later_versions_are_passed_over),
        TEST(fields_of_later_versions_are_passed_over),
        TEST(fields_that_earlier_versions_lack_are_zero),
        TEST(large_chunks_of_tiny_records_take_linear_time),
        TEST(many_tiny_chunks_with_many_threads_take_linear_time),
        TEST(what_is_no_recording_is_refused_in_words),
        TEST(a_recording_without_chunks_is_read_as_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
