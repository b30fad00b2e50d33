/* SPDX-License-Identifier: MIT */
/*
 * test_function_table.c - self and total per function.
 */
#include "tests/unit/render/render_fixture.h"

#include "render/function_table.h"

static struct profile profile;
static struct call_tree tree;
static struct function_table table;

static void tabulate(const char *stacks, enum report_sort sort)
{
    profile_of(&profile, stacks);
    call_tree_build(&tree, &profile);
    function_table_build(&table, &tree, sort);
}

static int end(void **state)
{
    (void)state;
    function_table_release(&table);
    call_tree_release(&tree);
    profile_release(&profile);
    return 0;
}

static const struct function_row *row_of(const char *wanted)
{
    for (uint32_t i = 0; i < table.count; i++) {
        uint32_t size;
        if (!strcmp(call_tree_name(&tree, &tree.functions[table.rows[i].function], &size), wanted))
            return &table.rows[i];
    }
    return NULL;
}

static void assert_row(const char *name, uint64_t self, uint64_t total)
{
    const struct function_row *row = row_of(name);
    assert_non_null(row);
    assert_int_equal(row->self, self);
    assert_int_equal(row->total, total);
}

static void recursion_counts_a_sample_once(void **state)
{
    (void)state;
    tabulate("main;f;f;f 10\nmain;f;g;f 5\nmain;g;f 2\nmain;f 1\n", REPORT_BY_SELF);
    assert_row("f", 18, 18);
    assert_row("g", 0, 7);
    assert_row("main", 0, 18);
    assert_int_equal(row_of("f")->total_samples, 4);
    assert_int_equal(row_of("g")->total_samples, 2);
}

static void a_function_open_on_one_branch_counts_again_on_the_next(void **state)
{
    (void)state;
    tabulate("f;a;b 1\ng;f 2\na;f;a 4\n", REPORT_BY_SELF);
    assert_row("f", 2, 7);
    assert_row("a", 4, 5);
}

static void inlined_and_called_code_is_one_row(void **state)
{
    (void)state;
    tabulate("main;f 1\nmain;g;f\x1f\x1f\x1f\x1fi 2\nmain;h;k\x1f\x1f\x1f\x1fi 4\n",
             REPORT_BY_SELF);
    assert_row("f", 3, 3);
    assert_false(row_of("f")->inlined);
    assert_true(row_of("k")->inlined);
}

static void gaps_have_no_row_but_weigh(void **state)
{
    (void)state;
    tabulate("main 1\n!1;f 3\n", REPORT_BY_SELF);
    assert_int_equal(table.count, 2);
    assert_int_equal(table.weight, 4);
    assert_int_equal(table.samples, 2);
}

static void rows_are_sorted_by_what_was_asked_for(void **state)
{
    (void)state;
    const char *stacks = "main;a;b 3\nmain;a 5\nmain;c 3\n";
    static const char *const by_self[] = {"a", "b", "c", "main"};
    static const char *const by_total[] = {"main", "a", "b", "c"};
    tabulate(stacks, REPORT_BY_SELF);
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(row_of(by_self[i]), &table.rows[i]);
    end(NULL);
    tabulate(stacks, REPORT_BY_TOTAL);
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(row_of(by_total[i]), &table.rows[i]);
}

static void limits_leave_out_the_coolest(void **state)
{
    (void)state;
    tabulate("a 90\nb 9\nc 1\n", REPORT_BY_SELF);
    assert_int_equal(function_table_shown(&table, &(struct report_options){0}), 3);
    assert_int_equal(function_table_shown(&table, &(struct report_options){.limit = 2}), 2);
    assert_int_equal(function_table_shown(&table, &(struct report_options){.limit = 9}), 3);
    assert_int_equal(function_table_shown(&table, &(struct report_options){.min_percent = 1.5}), 2);
    assert_int_equal(function_table_shown(&table, &(struct report_options){.min_percent = 1}), 3);
}

static void an_empty_profile_has_no_rows(void **state)
{
    (void)state;
    tabulate("", REPORT_BY_SELF);
    assert_int_equal(table.count, 0);
    assert_int_equal(table.weight, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(recursion_counts_a_sample_once),
        TEST(a_function_open_on_one_branch_counts_again_on_the_next),
        TEST(inlined_and_called_code_is_one_row),
        TEST(gaps_have_no_row_but_weigh),
        TEST(rows_are_sorted_by_what_was_asked_for),
        TEST(limits_leave_out_the_coolest),
        TEST(an_empty_profile_has_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
