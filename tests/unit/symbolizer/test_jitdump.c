/* SPDX-License-Identifier: MIT */
/*
 * test_jitdump.c - jitdumps as compilers write them, as node 20 does, and as nobody should.
 */
#include "symbolizer/jitdump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "jitdump_writer.h"

enum { ROOM = 8 };

static struct text file;
static struct jitdump dump;

static int begin(void **state)
{
    (void)state;
    put_header(&file, 71, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    jitdump_release(&dump);
    text_release(&file);
    return 0;
}

static void parse(void)
{
    jitdump_release(&dump);
    assert_int_equal(jitdump_parse(&dump, bytes_of(file.data, file.length), NULL), 0);
}

/* The names of what was at the address, one after the other, as "TIME name TIME name ". */
static void expect(uint64_t address, const char *names)
{
    const struct jitdump_function *found[ROOM];
    struct text text = TEXT_INIT;
    text_append_string(&text, "");
    uint32_t count = jitdump_find(&dump, address, found, ROOM);
    for (uint32_t i = 0; i < count; i++)
        text_printf(&text, "%u %s ", (unsigned)found[i]->time_ns, found[i]->name);
    assert_string_equal(text.data, names);
    text_release(&text);
}

static void expect_line(uint64_t address, const char *file_name, uint32_t line)
{
    const struct jitdump_function *found[ROOM];
    const char *name;
    uint32_t number;
    assert_int_equal(jitdump_find(&dump, address, found, ROOM), 1);
    bool is_known = jitdump_line(found[0], address, &name, &number);
    assert_int_equal(is_known, file_name != NULL);
    if (is_known) {
        assert_string_equal(name, file_name);
        assert_int_equal(number, line);
    }
}

static void functions_are_found_from_first_to_last_byte(void **state)
{
    (void)state;
    put_load(&file, 5, 0x1000, 0x20, 1, "first");
    put_load(&file, 6, 0x2000, 0x10, 2, "second");
    parse();
    assert_int_equal(dump.pid, 71);
    assert_int_equal(dump.first_ns, 5);
    expect(0xfff, "");
    expect(0x1000, "5 first ");
    expect(0x101f, "5 first ");
    expect(0x1020, "");
    expect(0x200f, "6 second ");
}

static void code_at_one_address_comes_in_the_order_of_time(void **state)
{
    (void)state;
    put_load(&file, 5, 0x1000, 0x100, 1, "old");
    put_load(&file, 9, 0x1080, 0x10, 2, "newest");
    put_load(&file, 7, 0x1000, 0x90, 3, "new"); // threads write as they come
    put_load(&file, 9, 0x1080, 0x10, 4, "newer still");
    parse();
    expect(0x1000, "5 old 7 new ");
    expect(0x1085, "5 old 7 new 9 newest 9 newer still ");
    expect(0x1095, "5 old ");
}

static void only_the_last_ones_are_kept_where_there_is_no_room(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * ROOM; i++)
        put_load(&file, 100 + i * 7 % (3 * ROOM), 0x1000, 0x100, i, "f");
    parse();
    expect(0x1000, "116 f 117 f 118 f 119 f 120 f 121 f 122 f 123 f ");
}

static void moved_function_is_at_both_places(void **state)
{
    struct text lines = TEXT_INIT;
    (void)state;
    put_line(&lines, 0x1000, 3, "a.src");
    put_line(&lines, 0x1010, 4, "a.src");
    put_debug_info(&file, 0x1000, 2, &lines);
    put_load(&file, 5, 0x1000, 0x20, 1, "moving");
    put_move(&file, 8, 0x1000, 0x3000, 0x20, 1);
    put_move(&file, 8, 0x9000, 0x4000, 0x20, 77); // of nothing
    parse();
    expect(0x1000, "5 moving ");
    expect(0x3010, "8 moving ");
    expect(0x4000, "");
    expect_line(0x3008, "a.src", 3);
    expect_line(0x3018, "a.src", 4);
}

static void lines_belong_to_the_function_that_follows(void **state)
{
    struct text lines = TEXT_INIT;
    (void)state;
    put_line(&lines, 0x1008, 10, "/src/one.src");
    put_line(&lines, 0x1010, 0, "\xff"); // the same file
    put_line(&lines, 0x1018, 12, "two.src");
    put_debug_info(&file, 0x1000, 3, &lines);
    put_load(&file, 5, 0x1000, 0x20, 1, "with");
    put_load(&file, 6, 0x2000, 0x20, 2, "without");
    parse();
    expect_line(0x1000, NULL, 0);
    expect_line(0x1008, "/src/one.src", 10);
    expect_line(0x100f, "/src/one.src", 10);
    expect_line(0x1010, NULL, 0); // line 0: made by the compiler
    expect_line(0x101f, "two.src", 12);
    expect_line(0x2000, NULL, 0);
}

static void name_of_the_same_file_is_that_of_the_entry_before(void **state)
{
    struct text lines = TEXT_INIT;
    (void)state;
    put_line(&lines, 0x1000, 1, "one.src");
    put_line(&lines, 0x1010, 2, "\xff");
    put_debug_info(&file, 0x1000, 2, &lines);
    put_load(&file, 5, 0x1000, 0x20, 1, "f");
    parse();
    expect_line(0x1011, "one.src", 2);
}

/* V8 counts from where perf puts an ELF header before the code. */
static void lines_of_v8_are_not_shifted(void **state)
{
    struct text lines = TEXT_INIT;
    (void)state;
    put_line(&lines, 0x1040, 1, "a.js");
    put_line(&lines, 0x1060, 2, "a.js");
    put_debug_info(&file, 0x1000, 2, &lines);
    put_load(&file, 5, 0x1000, 0x30, 1, "f");
    parse();
    expect_line(0x1000, "a.js", 1);
    expect_line(0x1020, "a.js", 2);
}

/* As node 20 does: its file names are freed memory. */
static void lines_with_zeros_in_their_names_are_not_believed(void **state)
{
    struct text lines = TEXT_INIT;
    (void)state;
    put_line(&lines, 0x1000, 1, "d");
    put_u64(&lines, 0x1234567812345678);
    text_append_string(&lines, "rest of the name");
    text_append_char(&lines, '\0');
    put_line(&lines, 0x1010, 2, "d");
    put_debug_info(&file, 0x1000, 2, &lines);
    put_load(&file, 5, 0x1000, 0x20, 1, "f");
    put_debug_info(&file, 0x2000, UINT64_MAX, &(struct text){0});
    put_load(&file, 5, 0x2000, 0x20, 2, "g");
    struct text other = TEXT_INIT;
    put_line(&other, 0x3000, 1, "x.src");
    put_debug_info(&file, 0x3000, 1, &other);
    put_load(&file, 5, 0x4000, 0x20, 2, "not what the lines are about");
    parse();
    expect_line(0x1000, NULL, 0);
    expect_line(0x2000, NULL, 0);
    expect_line(0x4000, NULL, 0);
}

static void without_times_the_last_code_counts(void **state)
{
    (void)state;
    file.length = 0;
    put_header(&file, 71, 1); // times of the processor's own clock
    put_load(&file, 9000, 0x1000, 0x20, 1, "first");
    put_load(&file, 8000, 0x1000, 0x20, 2, "last");
    parse();
    assert_int_equal(dump.first_ns, 0);
    expect(0x1000, "0 last ");
}

static void other_records_are_passed_over(void **state)
{
    struct text body = TEXT_INIT;
    (void)state;
    text_append_string(&body, "unwind information");
    put_record(&file, 4, 5, &body);
    text_append_string(&body, "of the future");
    put_record(&file, 99, 5, &body);
    put_load(&file, 5, 0x1000, 0x20, 1, "f");
    put_record(&file, 3, 6, &body); // close
    put_load(&file, 7, 0x1000, 0x20, 1, "after the end");
    parse();
    expect(0x1000, "5 f ");
}

static void other_files_are_refused(void **state)
{
    struct error error;
    (void)state;
    char swapped[40];
    for (int i = 0; i < 40; i++)
        swapped[i] = file.data[i / 4 * 4 + 3 - i % 4];
    assert_int_equal(jitdump_parse(&dump, bytes_of(swapped, sizeof swapped), &error), -1);
    assert_non_null(strstr(error.text, "byte order"));
    assert_int_equal(jitdump_parse(&dump, bytes_of("text", 4), &error), -1);
    assert_non_null(strstr(error.text, "not a jitdump"));
    file.data[4] = 3;
    assert_int_equal(jitdump_parse(&dump, bytes_of(file.data, file.length), &error), -1);
    assert_non_null(strstr(error.text, "version 3"));
}

/* The program was killed, or the disk was full. */
static void what_was_cut_off_costs_the_last_record_only(void **state)
{
    struct text lines = TEXT_INIT;
    (void)state;
    put_load(&file, 5, 0x1000, 0x20, 1, "first");
    size_t whole = file.length;
    put_line(&lines, 0x2000, 1, "a.src");
    put_debug_info(&file, 0x2000, 1, &lines);
    put_load(&file, 6, 0x2000, 0x20, 2, "second");
    struct text all = file;
    for (size_t size = whole; size < all.length; size++) {
        char *copy = malloc(size); // so that a sanitizer sees what reads beyond
        memcpy(copy, all.data, size);
        jitdump_release(&dump);
        assert_int_equal(jitdump_parse(&dump, bytes_of(copy, size), NULL), 0);
        assert_int_equal(dump.count, 1);
        jitdump_release(&dump);
        free(copy);
    }
}

static void sizes_that_cannot_be_are_passed_over(void **state)
{
    (void)state;
    put_load(&file, 5, 0x1000, 0, 1, "empty");
    put_load(&file, 5, UINT64_MAX - 5, 0x100, 2, "wraps");
    put_load(&file, 5, 0x1000, 0x10, 3, "");
    put_load(&file, 5, 0x2000, 0x10, 4, "good");
    parse();
    assert_int_equal(dump.count, 1);
    expect(0x2000, "5 good ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(functions_are_found_from_first_to_last_byte, begin, end),
        cmocka_unit_test_setup_teardown(code_at_one_address_comes_in_the_order_of_time, begin, end),
        cmocka_unit_test_setup_teardown(only_the_last_ones_are_kept_where_there_is_no_room, begin,
                                        end),
        cmocka_unit_test_setup_teardown(moved_function_is_at_both_places, begin, end),
        cmocka_unit_test_setup_teardown(lines_belong_to_the_function_that_follows, begin, end),
        cmocka_unit_test_setup_teardown(name_of_the_same_file_is_that_of_the_entry_before, begin,
                                        end),
        cmocka_unit_test_setup_teardown(lines_of_v8_are_not_shifted, begin, end),
        cmocka_unit_test_setup_teardown(lines_with_zeros_in_their_names_are_not_believed, begin,
                                        end),
        cmocka_unit_test_setup_teardown(without_times_the_last_code_counts, begin, end),
        cmocka_unit_test_setup_teardown(other_records_are_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(other_files_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(what_was_cut_off_costs_the_last_record_only, begin, end),
        cmocka_unit_test_setup_teardown(sizes_that_cannot_be_are_passed_over, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
