/* SPDX-License-Identifier: MIT */
/*
 * test_module_hues.c - which hue a module has, alone and among others.
 */
#include "tests/unit/render/render_fixture.h"

#include "profiler/base/text.h"
#include "render/module_hues.h"
#include "render/palette.h"

#define MODULES 40

static struct profile profile;
static struct call_tree tree;
static struct module_hues hues;

static int end(void **state)
{
    (void)state;
    module_hues_release(&hues);
    call_tree_release(&tree);
    profile_release(&profile);
    return 0;
}

static void build(const char *stacks)
{
    end(NULL);
    profile_of(&profile, stacks);
    call_tree_build(&tree, &profile);
    module_hues_build(&hues, &tree);
}

static const struct module_hue *module_at(const char *path)
{
    for (uint32_t i = 0; i < hues.count; i++) {
        if (strcmp(hues.modules[i].path, path) == 0)
            return &hues.modules[i];
    }
    return NULL;
}

static unsigned hue_of(const char *path)
{
    assert_non_null(module_at(path));
    return module_at(path)->hue;
}

static void modules_share_no_hue_while_one_is_free(void **state)
{
    (void)state;
    struct text stacks = TEXT_INIT;
    for (unsigned count = 1; count <= MODULES; count++) {
        text_printf(&stacks, "f\x1f/lib/%u.so %u\n", count, 100 - count);
        build(stacks.data);
        assert_int_equal(hues.count, count);
        bool taken[PALETTE_HUES] = {false};
        for (unsigned i = 0; i < count && i < PALETTE_HUES; i++) {
            unsigned hue = hues.modules[hues.by_weight[i]].hue;
            assert_false(taken[hue]);
            taken[hue] = true;
        }
    }
    text_release(&stacks);
}

static void a_module_has_its_hue_whatever_weighs_less(void **state)
{
    (void)state;
    build("f\x1f/lib/1.so 100\n");
    unsigned alone = hue_of("/lib/1.so");
    assert_int_equal(alone, palette_hash("/lib/1.so", 9) % PALETTE_HUES);
    struct text stacks = TEXT_INIT;
    text_append_string(&stacks, "f\x1f/lib/1.so 100\n");
    for (unsigned i = 2; i <= MODULES; i++)
        text_printf(&stacks, "f\x1f/lib/%u.so 99\n", i);
    build(stacks.data);
    text_release(&stacks);
    assert_int_equal(hue_of("/lib/1.so"), alone);
}

static void the_order_of_the_samples_does_not_matter(void **state)
{
    (void)state;
    build("a\x1f/x 5\nb\x1f/y 5\nc\x1f/z 5\nd 5\n");
    unsigned before[] = {hue_of("/x"), hue_of("/y"), hue_of("/z"), hue_of("")};
    build("d 5\nc\x1f/z 5\na\x1f/x 5\nb\x1f/y 5\n");
    unsigned after[] = {hue_of("/x"), hue_of("/y"), hue_of("/z"), hue_of("")};
    assert_memory_equal(before, after, sizeof before);
}

static void weights_are_those_of_the_module_itself(void **state)
{
    (void)state;
    build("main\x1f/bin/a;f\x1f/lib/b 30\nmain\x1f/bin/a 10\nmain\x1f/bin/a;g\x1f/lib/b 7\n");
    assert_int_equal(module_at("/bin/a")->weight, 10);
    assert_int_equal(module_at("/lib/b")->weight, 37);
    assert_string_equal(hues.modules[hues.by_weight[0]].path, "/lib/b");
}

static void what_is_no_code_is_of_no_module(void **state)
{
    (void)state;
    build("main\x1f/bin/a 10\n!1;main\x1f/bin/a 5\n");
    assert_int_equal(hues.count, 1);
    build("");
    assert_int_equal(hues.count, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(modules_share_no_hue_while_one_is_free),
        TEST(a_module_has_its_hue_whatever_weighs_less),
        TEST(the_order_of_the_samples_does_not_matter),
        TEST(weights_are_those_of_the_module_itself),
        TEST(what_is_no_code_is_of_no_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
