/* SPDX-License-Identifier: MIT */
/*
 * test_call_tree.c - the fold: one node per caller and function, nothing lost, nothing twice.
 */
#include "tests/unit/render/render_fixture.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "render/views.h"

#include <stdio.h>
#include <stdlib.h>

static struct profile profile;
static struct call_tree tree;

static void fold(const char *stacks)
{
    profile_of(&profile, stacks);
    call_tree_build(&tree, &profile);
}

static int end(void **state)
{
    (void)state;
    call_tree_release(&tree);
    profile_release(&profile);
    return 0;
}

static void assert_node(const char *path, uint64_t self, uint64_t total)
{
    uint32_t node = node_at(&tree, path);
    assert_true(node != PROFILE_NONE);
    assert_int_equal(tree.nodes[node].self, self);
    assert_int_equal(tree.nodes[node].total, total);
}

static void characters_below_the_separator_do_not_split_a_function(void **state)
{
    (void)state;
    fold("a;b 10\na;b-x 5\na;b;c 10\n");
    assert_int_equal(tree.node_count, 1 + 4);
    assert_node("", 0, 25);
    assert_node("a", 0, 25);
    assert_node("a;b", 10, 20);
    assert_node("a;b;c", 10, 10);
    assert_node("a;b-x", 5, 5);
}

static void children_come_in_order_of_name_bytes(void **state)
{
    (void)state;
    fold("z 1\n\xc3\xa9 1\nB 1\na 1\naa 1\na(int) 1\n");
    static const char *const expected[] = {"B", "a", "a(int)", "aa", "z", "\xc3\xa9"};
    uint32_t child = tree.nodes[CALL_TREE_ROOT].first_child;
    for (size_t i = 0; i < 6; i++, child = tree.nodes[child].next_sibling)
        assert_int_equal(child, node_at(&tree, expected[i]));
    assert_int_equal(child, PROFILE_NONE);
}

static void same_name_in_another_module_is_another_function(void **state)
{
    (void)state;
    fold("a;f\x1f/lib/x.so 1\na;f\x1f/lib/y.so 2\na;f\x1f/lib/x.so 4\n");
    assert_int_equal(tree.node_count, 1 + 3);
    uint32_t first = node_at(&tree, "a;f");
    assert_int_equal(tree.nodes[first].self, 5);
    assert_int_equal(tree.nodes[tree.nodes[first].next_sibling].self, 2);
}

static void inlined_code_is_below_the_function_it_is_part_of(void **state)
{
    (void)state;
    fold("main;f;g\x1f\x1f\x1f\x1fi;h\x1f\x1f\x1f\x1fi;k 3\nmain;f;g 4\n");
    assert_node("main;f", 0, 7);
    assert_node("main;f;g", 4, 4); // the called one comes first
    uint32_t inlined = tree.nodes[node_at(&tree, "main;f;g")].next_sibling;
    assert_true(tree.functions[tree.nodes[inlined].function].inlined);
    assert_int_equal(tree.nodes[inlined].total, 3);
    uint32_t below = tree.nodes[inlined].first_child;
    assert_true(tree.functions[tree.nodes[below].function].inlined);
    assert_false(tree.functions[tree.nodes[tree.nodes[below].first_child].function].inlined);
}

static void frames_without_names_show_their_module_and_address(void **state)
{
    (void)state;
    fold("?\x1f/usr/lib/libx.so.1 1\n? 2\n");
    assert_node("libx.so.1+0x1000", 1, 1);
    assert_node("[unknown]", 2, 2);
    uint32_t node = node_at(&tree, "[unknown]");
    assert_int_equal(tree.functions[tree.nodes[node].function].kind, CALL_TREE_UNKNOWN);
}

static void empty_names_are_unknown(void **state)
{
    (void)state;
    fold("main;\x1f/usr/lib/x.so 1\n");
    assert_node("main;[unknown]", 1, 1);
}

static void incomplete_stacks_hang_under_their_reason(void **state)
{
    (void)state;
    fold("main;f 10\n!1;f 3\n!4;f 2\n!1;f;g 1\n! 5\n");
    assert_node("main;f", 10, 10);
    assert_node("[incomplete: no unwind information];f", 3, 4);
    assert_node("[incomplete: no unwind information];f;g", 1, 1);
    assert_node("[incomplete: deeper than the limit];f", 2, 2);
    assert_node("", 0, 21);
}

static void every_stop_reason_but_complete_has_a_node_of_its_own(void **state)
{
    (void)state;
    fold("!0;f 1\n!1;f 1\n!2;f 1\n!3;f 1\n!4;f 1\n!5;f 1\n!6;f 1\n");
    assert_int_equal(tree.node_count, 1 + 1 + 2 * (RECORDING_STOP_COUNT - 1));
    for (uint32_t i = 1; i < tree.node_count; i++) {
        if (tree.functions[tree.nodes[i].function].kind == CALL_TREE_GAP)
            assert_int_equal(tree.nodes[i].total, 1);
    }
}

static void samples_without_a_stack_are_a_gap(void **state)
{
    (void)state;
    fold("main 1\n");
    call_tree_release(&tree);
    profile.samples[0].stack = PROFILE_NONE;
    call_tree_build(&tree, &profile);
    assert_node("[incomplete: no stack recorded]", 1, 1);
    assert_int_equal(tree.nodes[CALL_TREE_ROOT].total_samples, 1);
}

static void the_heaviest_line_is_kept(void **state)
{
    (void)state;
    fold("m;f\x1f\x1f"
         "a.c\x1f"
         "10 3\nm;f\x1f\x1f"
         "a.c\x1f"
         "20 2\nm;f\x1f\x1f"
         "a.c\x1f"
         "20;g 2\n");
    const struct call_tree_node *node = &tree.nodes[node_at(&tree, "m;f")];
    assert_int_equal(node->line, 20);
    assert_string_equal(profile_string(&profile, node->file), "a.c");
    assert_int_equal(tree.nodes[node_at(&tree, "m")].line, 0);
}

static void kinds_follow_the_modules(void **state)
{
    (void)state;
    fold("a\x1f/opt/app/bin/app 1\nb\x1f/usr/lib/libc.so.6 1\nc\x1f[kernel] 1\nd\x1f[vdso] 1\n"
         "e\x1f/tmp/perf-12.map 1\nf\x1f/home/me/libmine.so 1\ng 1\n");
    static const uint8_t expected[] = {CALL_TREE_USER,    CALL_TREE_LIBRARY, CALL_TREE_KERNEL,
                                       CALL_TREE_LIBRARY, CALL_TREE_JIT,     CALL_TREE_USER,
                                       CALL_TREE_USER};
    assert_int_equal(tree.function_count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(tree.functions[i].kind, expected[i]);
}

static void the_program_itself_is_no_system_library_wherever_it_lies(void **state)
{
    (void)state;
    profile_of(&profile, "a\x1f/usr/lib/browser/browser 1\n");
    profile.processes[0].executable =
        string_table_add_string(&profile.strings, "/usr/lib/browser/browser");
    call_tree_build(&tree, &profile);
    assert_int_equal(tree.functions[0].kind, CALL_TREE_USER);
}

static void an_empty_profile_is_a_root(void **state)
{
    (void)state;
    fold("");
    assert_int_equal(tree.node_count, 1);
    assert_int_equal(tree.nodes[CALL_TREE_ROOT].total, 0);
    uint32_t depth = 0;
    assert_int_equal(call_tree_next(&tree, CALL_TREE_ROOT, &depth), PROFILE_NONE);
}

static void deep_stacks_fold_without_recursion(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    struct text stacks = TEXT_INIT;
    for (int i = 0; i < DEPTH; i++)
        text_append_string(&stacks, i ? ";f" : "f");
    text_append_string(&stacks, " 1\n");
    fold(stacks.data);
    text_release(&stacks);
    uint32_t depth = 0, deepest = 0;
    for (uint32_t node = CALL_TREE_ROOT; node != PROFILE_NONE;
         node = call_tree_next(&tree, node, &depth))
        deepest = depth;
    assert_int_equal(deepest, DEPTH);
    assert_int_equal(tree.nodes[tree.node_count - 1].total, 1);
}

/* One line per random stack of few names; equal stacks occur. */
static char *random_stacks(uint64_t seed, unsigned count)
{
    struct text stacks = TEXT_INIT;
    for (unsigned i = 0; i < count; i++) {
        unsigned depth = 1 + (unsigned)(next_random(&seed) % 9);
        for (unsigned d = 0; d < depth; d++)
            text_printf(&stacks, "%sf%c", d ? ";" : "", "-(.:aZ"[next_random(&seed) % 6]);
        text_printf(&stacks, " %u\n", 1 + (unsigned)(next_random(&seed) % 50));
    }
    return text_take(&stacks);
}

static int compare_lines(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The lines of collapsed stacks added up the slow way, sorted as text. */
static char *sum_by_brute_force(char *stacks)
{
    enum { LINES_MAX = 4096 };
    static char *lines[LINES_MAX];
    size_t count = 0;
    for (char *line = strtok(stacks, "\n"); line; line = strtok(NULL, "\n"))
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, compare_lines);
    struct text sums = TEXT_INIT;
    static bool used[LINES_MAX];
    memset(used, 0, sizeof used);
    for (size_t i = 0; i < count; i++) {
        size_t size = (size_t)(strrchr(lines[i], ' ') - lines[i]);
        unsigned long sum = 0;
        for (size_t j = i; !used[i] && j < count; j++) {
            if (strncmp(lines[i], lines[j], size + 1) || strchr(lines[j] + size + 1, ' '))
                continue;
            sum += strtoul(lines[j] + size, NULL, 10);
            used[j] = j != i;
        }
        if (sum)
            text_printf(&sums, "%.*s %lu\n", (int)size, lines[i], sum);
    }
    return text_take(&sums);
}

static char *sorted_lines(char *text)
{
    static char *lines[4096];
    size_t count = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, compare_lines);
    struct text sorted = TEXT_INIT;
    for (size_t i = 0; i < count; i++)
        text_printf(&sorted, "%s\n", lines[i]);
    return text_take(&sorted);
}

static void random_profiles_collapse_to_what_brute_force_adds_up(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        char *stacks = random_stacks(seed, 400);
        profile_of(&profile, stacks);
        struct text collapsed = TEXT_INIT;
        render_collapsed(&collapsed, &profile);
        char *sums = sum_by_brute_force(stacks);
        char *expected = sorted_lines(sums), *found = sorted_lines(collapsed.data);
        assert_string_equal(found, expected);
        free(expected);
        free(found);
        free(sums);
        free(stacks);
        text_release(&collapsed);
        profile_release(&profile);
    }
    fold("a 1\n");
}

static void totals_are_self_plus_children_and_siblings_differ(void **state)
{
    (void)state;
    char *stacks = random_stacks(77, 1000);
    fold(stacks);
    free(stacks);
    for (uint32_t i = 0; i < tree.node_count; i++) {
        uint64_t sum = tree.nodes[i].self;
        uint32_t last = PROFILE_NONE;
        for (uint32_t child = tree.nodes[i].first_child; child != PROFILE_NONE;
             child = tree.nodes[child].next_sibling) {
            assert_true(child > i);
            assert_int_equal(tree.nodes[child].parent, i);
            assert_true(last == PROFILE_NONE || last < tree.nodes[child].function);
            last = tree.nodes[child].function;
            sum += tree.nodes[child].total;
        }
        assert_int_equal(sum, tree.nodes[i].total);
    }
}

static void the_order_of_samples_does_not_matter(void **state)
{
    (void)state;
    fold("a;b 1\na;c 2\n!1;d 3\n");
    struct text one = TEXT_INIT, other = TEXT_INIT;
    render_flamegraph(&one, &profile, NULL);
    end(NULL);
    fold("!1;d 3\na;c 2\na;b 1\n");
    render_flamegraph(&other, &profile, NULL);
    assert_string_equal(one.data, other.data);
    text_release(&one);
    text_release(&other);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(characters_below_the_separator_do_not_split_a_function),
        TEST(children_come_in_order_of_name_bytes),
        TEST(same_name_in_another_module_is_another_function),
        TEST(inlined_code_is_below_the_function_it_is_part_of),
        TEST(frames_without_names_show_their_module_and_address),
        TEST(empty_names_are_unknown),
        TEST(incomplete_stacks_hang_under_their_reason),
        TEST(every_stop_reason_but_complete_has_a_node_of_its_own),
        TEST(samples_without_a_stack_are_a_gap),
        TEST(the_heaviest_line_is_kept),
        TEST(kinds_follow_the_modules),
        TEST(the_program_itself_is_no_system_library_wherever_it_lies),
        TEST(an_empty_profile_is_a_root),
        TEST(deep_stacks_fold_without_recursion),
        TEST(random_profiles_collapse_to_what_brute_force_adds_up),
        TEST(totals_are_self_plus_children_and_siblings_differ),
        TEST(the_order_of_samples_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
