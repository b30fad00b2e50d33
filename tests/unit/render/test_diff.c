/* SPDX-License-Identifier: MIT */
/*
 * test_diff.c - two profiles compared, by calls and by functions.
 */
#include "tests/unit/render/render_fixture.h"

#include "render/views.h"

#include <stdlib.h>

static struct profile profile;
static struct call_tree tree;
static struct text out;

static int end(void **state)
{
    (void)state;
    call_tree_release(&tree);
    profile_release(&profile);
    text_release(&out);
    return 0;
}

static void compare(const char *old_stacks, const char *new_stacks)
{
    struct profile older;
    profile_of(&older, old_stacks);
    profile_of(&profile, new_stacks);
    profile_add_older(&profile, &older);
    profile_release(&older);
    call_tree_build(&tree, &profile);
}

static const struct call_tree_older *older_at(const char *path)
{
    uint32_t node = node_at(&tree, path);
    assert_int_not_equal(node, PROFILE_NONE);
    return &tree.older[node];
}

#define APP     "\x1f/new/bin/app"
#define OLD_APP "\x1f/old/place/app"

static void each_node_has_both_weights(void **state)
{
    (void)state;
    compare("main;a 10\nmain;b;c 30\n!1;x 5\n", "main;a 40\nmain;a;d 2\n");
    assert_int_equal(tree.nodes[CALL_TREE_ROOT].total, 42);
    assert_int_equal(tree.older[CALL_TREE_ROOT].total, 45);
    assert_int_equal(older_at("main")->total, 40);
    assert_int_equal(older_at("main;a")->self, 10);
    assert_int_equal(older_at("main;a;d")->total, 0);
    assert_int_equal(older_at("main;b;c")->self, 30);
    assert_int_equal(older_at("main;b;c")->self_samples, 1);
    assert_int_equal(tree.nodes[node_at(&tree, "main;b")].total, 0);
}

static void what_is_gone_is_summed_up(void **state)
{
    (void)state;
    compare("main;a 10\nmain;b;c 30\nmain;b 4\n", "main;a 40\nmain;b;d 2\n");
    // b itself is there still: only what c used is gone
    assert_int_equal(older_at("main;b")->gone, 30);
    assert_int_equal(tree.older[CALL_TREE_ROOT].gone, 30);
    assert_int_equal(older_at("main;a")->gone, 0);
}

static void modules_are_the_same_by_file_name(void **state)
{
    (void)state;
    compare("main" OLD_APP ";f" OLD_APP " 10\n", "main" APP ";f" APP " 20\n");
    assert_int_equal(tree.node_count, 3);
    assert_int_equal(older_at("main;f")->self, 10);
}

static void the_figures_are_those_of_the_new_profile(void **state)
{
    (void)state;
    compare("main 1000\n", "main 7\n");
    struct profile_totals totals;
    profile_totals(&profile, &totals);
    assert_int_equal(totals.samples, 1);
    assert_int_equal(totals.weight, 7);
}

static void the_table_tells_changes_from_chance(void **state)
{
    (void)state;
    compare("a 500\nb 500\n", "a 500\nb 498\nn 2\n");
    // each line is one sample of collapsed stacks: then nothing is certain
    render_diff(&out, &profile, &(struct report_options){0});
    assert_non_null(strstr(out.data, "-0.20 pp~"));
    assert_non_null(strstr(out.data, "n (new)"));
    text_release(&out);
    for (uint32_t i = 0; i < profile.sample_count; i++)
        profile.samples[i].more = 9999999;
    render_diff(&out, &profile, &(struct report_options){0});
    assert_non_null(strstr(out.data, "-0.20 pp "));
    assert_null(strstr(out.data, "pp~    50.00 %    49.80 %"));
}

static void the_table_is_json_as_well(void **state)
{
    (void)state;
    compare("a 500\ngone 500\n", "a 500\n");
    render_diff_json(&out, &profile, &(struct report_options){.limit = 1});
    assert_non_null(strstr(out.data, "\"functions_left_out\": 1"));
    assert_non_null(strstr(out.data, "\"change_percent\": 50.0"));
}

static void a_comparison_with_nothing_is_drawn(void **state)
{
    (void)state;
    compare("", "a 1\n");
    render_flamegraph(&out, &profile, &(struct flamegraph_options){.colors = "diff"});
    render_diff(&out, &profile, &(struct report_options){0});
    end(state);
    compare("a 1\n", "");
    render_flamegraph(&out, &profile, &(struct flamegraph_options){.colors = "diff"});
    render_diff(&out, &profile, &(struct report_options){0});
    assert_non_null(strstr(out.data, "a (gone)"));
}

#define TEST(function) cmocka_unit_test_teardown(function, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_node_has_both_weights),          TEST(what_is_gone_is_summed_up),
        TEST(modules_are_the_same_by_file_name),   TEST(the_figures_are_those_of_the_new_profile),
        TEST(the_table_tells_changes_from_chance), TEST(the_table_is_json_as_well),
        TEST(a_comparison_with_nothing_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
