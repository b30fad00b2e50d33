/* SPDX-License-Identifier: MIT */
/*
 * test_collapsed.c - collapsed stacks become the profile they say.
 */
#include "tests/unit/import/import_fixture.h"

#include "render/call_tree.h"

#include <stdio.h>

static void a_function_is_one_box_under_its_caller(void **state)
{
    (void)state;
    // sorted as text, "a;b-x" would come between "a;b" and "a;b;c"
    assert_int_equal(import_text("a;b 10\na;b-x 5\na;b;c 10\n"), 0);
    struct call_tree tree;
    call_tree_build(&tree, &profile);
    assert_int_equal(tree.node_count, 5); // the root, a, b, b-x, c
    call_tree_release(&tree);
    assert_collapsed("a;b 10\na;b;c 10\na;b-x 5\n");
}

static void counts_are_behind_the_last_blank(void **state)
{
    (void)state;
    assert_int_equal(import_text("f(int, char) const;g h 3\r\nf(int, char) const \t 4  \nx 1"), 0);
    assert_collapsed("f(int, char) const 4\nf(int, char) const;g h 3\nx 1\n");
    assert_int_equal(notes.lines_ignored, 0);
}

static void lines_that_are_no_stacks_are_counted(void **state)
{
    (void)state;
    assert_int_equal(import_text("# comment\n\na;b 1\nno count\n12\nx y3\na;c .\nz 0\n"), 0);
    assert_collapsed("a;b 1\n");
    assert_int_equal(notes.lines_ignored, 4);
}

static void decimals_are_rounded_and_said(void **state)
{
    (void)state;
    assert_int_equal(import_text("a 1.5\nb 2.0\nc 3.4\n"), 0);
    assert_collapsed("a 2\nb 2\nc 3\n");
    assert_int_equal(notes.counts_rounded, 2);
}

static void marks_tell_the_kind_of_code(void **state)
{
    (void)state;
    assert_int_equal(import_text("main;f_[i];sys_read_[k];f_[j];odd_[x] 2\n"), 0);
    struct call_tree tree;
    call_tree_build(&tree, &profile);
    uint8_t kinds[CALL_TREE_KIND_COUNT] = {0};
    unsigned inlined = 0;
    for (uint32_t i = 0; i < tree.function_count; i++) {
        kinds[tree.functions[i].kind]++;
        inlined += tree.functions[i].inlined;
    }
    assert_int_equal(kinds[CALL_TREE_KERNEL], 1);
    assert_int_equal(kinds[CALL_TREE_JIT], 1);
    assert_int_equal(kinds[CALL_TREE_USER], 3);
    assert_int_equal(inlined, 1);
    call_tree_release(&tree);
    assert_collapsed("main;f;sys_read;f;odd_[x] 2\n");
}

static void bytes_that_are_no_text_are_kept(void **state)
{
    (void)state;
    assert_int_equal(import_text("a\xff;b\x01 3\na\xfe;b 4\n"), 0);
    assert_collapsed("a\\xFE;b 4\na\\xFF;b\\x01 3\n");
}

static void large_counts_are_exact(void **state)
{
    (void)state;
    assert_int_equal(import_text("a 12345678901234\nb 1\n"), 0);
    assert_collapsed("a 12345678901234\nb 1\n");
}

static void counts_of_many_samples_are_those_of_the_data(void **state)
{
    (void)state;
    assert_int_equal(import_text("a 12345678901234\nb 4294967296\nb 4294967295\n"), 0);
    struct profile_totals totals;
    profile_totals(&profile, &totals);
    assert_int_equal(totals.samples, 12345678901234 + 4294967296 + 4294967295);
}

static void counts_beyond_a_sum_are_an_error(void **state)
{
    (void)state;
    assert_int_equal(import_text("a 9223372036854775807\n"), 0);
    static const char *const too_many[] = {
        "a 9223372036854775807\nb 1\n",
        "a 18446744073709551615\n",
        "a 18446744073709551616\n",
        "a 99999999999999999999999999999999999999.5\n",
    };
    for (size_t i = 0; i < sizeof too_many / sizeof *too_many; i++) {
        profile_release(&profile);
        profile_init(&profile);
        assert_int_equal(import_text(too_many[i]), -1);
        assert_non_null(strstr(error.text, "add up to more"));
    }
}

static void marks_and_bytes_before_the_text_do_not_matter(void **state)
{
    (void)state;
    assert_int_equal(import_text("\xef\xbb\xbf"
                                 "a;b 1\n"),
                     0);
    assert_collapsed("a;b 1\n");
    assert_true(import_recognises("a\0b;c 1\nx", 10));
    assert_false(import_recognises("\x7f"
                                   "ELF\0 1 x\n",
                                   10));
}

static void frames_without_a_name_are_frames(void **state)
{
    (void)state;
    assert_int_equal(import_text("a;;b 1\na;b 2\n;;c 4\na;[unknown];b 8\n;;c;d 16\n"), 0);
    assert_collapsed("[unknown];[unknown];c 4\n[unknown];[unknown];c;d 16\n"
                     "a;[unknown];b 9\na;b 2\n");
}

static void semicolons_at_the_end_begin_no_frame(void **state)
{
    (void)state;
    assert_int_equal(import_text("a;b; 1\na;b;;; 2\na;b 4\na;;b; 8\n"), 0);
    assert_collapsed("a;[unknown];b 8\na;b 7\n");
}

/* The input ends where its memory does, after each length of a name in turn. */
static void names_of_all_lengths_end_where_they_do(void **state)
{
    (void)state;
    for (int size = 1; size < 20; size++) {
        char text[128];
        int length = snprintf(text, sizeof text, "%.*s;x%.*s 2\n%.*s;x%.*s;y 1", size,
                              "abcdefghijklmnopqrst", size, "uvwxyzuvwxyzuvwxyzuv", size,
                              "abcdefghijklmnopqrst", size, "uvwxyzuvwxyzuvwxyzuv");
        assert_int_equal(import_bytes(text, (size_t)length), 0);
        assert_int_equal(profile.stack_count, 3);
        strcat(text, "\n");
        assert_collapsed(text);
        profile_release(&profile);
        profile_init(&profile);
    }
}

static void what_holds_no_samples_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(import_text("hello\nworld\n"), -1);
    assert_non_null(strstr(error.text, "input holds no samples"));
}

static void nothing_is_an_empty_profile(void **state)
{
    (void)state;
    assert_int_equal(import_text(""), 0);
    assert_int_equal(profile.sample_count, 0);
}

static int compare_lines(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sums lines of the same stack by sorting them, which shares nothing with the reader. */
static void random_stacks_are_those_of_a_sort(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    static const char *const names[] = {"a", "b", "ab", "b-x", "operator<<", "f(int)", "c d", "$"};
    char **lines = calloc(LINES, sizeof *lines);
    struct text input = TEXT_INIT;
    uint64_t seed = 7;
    for (int i = 0; i < LINES; i++) {
        struct text line = TEXT_INIT;
        for (unsigned depth = 1 + seed % 7; depth-- > 0;) {
            seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
            text_printf(&line, "%s%s", line.length ? ";" : "", names[seed >> 61]);
        }
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        text_printf(&input, "%s 1\n", line.data);
        lines[i] = text_take(&line);
    }
    assert_int_equal(import_bytes(input.data, input.length), 0);
    struct text out = TEXT_INIT;
    render_collapsed(&out, &profile);
    qsort(lines, LINES, sizeof *lines, compare_lines);
    unsigned distinct = 0;
    for (int i = 0, next; i < LINES; i = next, distinct++) {
        for (next = i; next < LINES && strcmp(lines[i], lines[next]) == 0; next++)
            continue;
        struct text wanted = TEXT_INIT;
        text_printf(&wanted, "%s %d\n", lines[i], next - i);
        const char *found = strstr(out.data, wanted.data);
        while (found && found > out.data && found[-1] != '\n')
            found = strstr(found + 1, wanted.data);
        if (!found)
            print_error("%s", wanted.data);
        assert_non_null(found);
        text_release(&wanted);
    }
    unsigned written = 0;
    for (const char *at = out.data; (at = strchr(at, '\n')); at++)
        written++;
    assert_int_equal(written, distinct);
    for (int i = 0; i < LINES; i++)
        free(lines[i]);
    free(lines);
    text_release(&input);
    text_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_function_is_one_box_under_its_caller),
        TEST(counts_are_behind_the_last_blank),
        TEST(lines_that_are_no_stacks_are_counted),
        TEST(decimals_are_rounded_and_said),
        TEST(marks_tell_the_kind_of_code),
        TEST(bytes_that_are_no_text_are_kept),
        TEST(large_counts_are_exact),
        TEST(counts_of_many_samples_are_those_of_the_data),
        TEST(counts_beyond_a_sum_are_an_error),
        TEST(marks_and_bytes_before_the_text_do_not_matter),
        TEST(frames_without_a_name_are_frames),
        TEST(semicolons_at_the_end_begin_no_frame),
        TEST(names_of_all_lengths_end_where_they_do),
        TEST(what_holds_no_samples_is_an_error),
        TEST(nothing_is_an_empty_profile),
        TEST(random_stacks_are_those_of_a_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
