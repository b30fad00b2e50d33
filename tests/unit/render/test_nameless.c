/* SPDX-License-Identifier: MIT */
/*
 * test_nameless.c - code without names is counted, and its reasons are said in short.
 */
#include "render/nameless.h"

#include "profiler/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int begin(void **state)
{
    struct profile *profile = memory_new(1, sizeof *profile);
    profile_init(profile);
    profile->symbolized = true;
    profile->requested_hz = 997;
    *state = profile;
    return 0;
}

static int end(void **state)
{
    profile_release(*state);
    free(*state);
    return 0;
}

static uint32_t string(struct profile *profile, const char *text)
{
    return string_table_add_string(&profile->strings, text);
}

static uint32_t add_module(struct profile *profile, const char *path, const char *reason)
{
    *array_push(&profile->modules, &profile->module_count, &profile->module_capacity) =
        (struct profile_module){.path = string(profile, path),
                                .symbol_reason = *reason ? string(profile, reason) : 0};
    return profile->module_count - 1;
}

/* A sample of that weight in a function of that name. */
static void add_sample(struct profile *profile, uint32_t module, const char *name, uint64_t weight)
{
    uint32_t i = profile->frame_count;
    *array_push(&profile->functions, &profile->function_count, &profile->function_capacity) =
        (struct profile_function){.name = string(profile, name), .module = module};
    *array_push(&profile->lines, &profile->line_count, &profile->line_capacity) =
        (struct profile_line){.function = profile->function_count - 1};
    *array_push(&profile->frames, &profile->frame_count, &profile->frame_capacity) =
        (struct profile_frame){.module = module, .first_line = i, .line_count = 1};
    *array_push(&profile->stacks, &profile->stack_count, &profile->stack_capacity) =
        (struct profile_stack){.parent = PROFILE_NONE, .frame = i};
    *array_push(&profile->samples, &profile->sample_count, &profile->sample_capacity) =
        (struct profile_sample){.stack = i, .weight = weight};
}

static void expect(const struct profile *profile, const char *expected)
{
    struct text out = TEXT_INIT;
    nameless_append(&out, profile, "> ");
    assert_string_equal(out.data ? out.data : "", expected);
    text_release(&out);
}

static void share_module_and_reason_are_said(void **state)
{
    struct profile *profile = *state;
    uint32_t library = add_module(profile, "/usr/lib/libfoo.so.1",
                                  "stripped: no symbol table and no debug information (looked for "
                                  "a, b); install libfoo1-dbgsym");
    uint32_t program = add_module(profile, "/home/app", "");
    add_sample(profile, library, "libfoo.so.1+0x1230", 38);
    add_sample(profile, program, "main", 60);
    add_sample(profile, program, "app+1", 2);
    expect(profile, "> 38.0 % of the time is in code without names: libfoo.so.1 (stripped; install "
                    "libfoo1-dbgsym)\n");
}

static void the_module_with_most_comes_first_and_small_ones_are_counted(void **state)
{
    struct profile *profile = *state;
    static const char *const names[] = {"a+0x1", "b+0x1", "c+0x1", "d+0x1", "e+0x1"};
    static const uint64_t weights[] = {100, 400, 200, 50, 1};
    for (int i = 0; i < 5; i++)
        add_sample(profile, add_module(profile, (char[]){names[i][0], 0}, "cannot open it (why)"),
                   names[i], weights[i]);
    expect(profile, "> 100.0 % of the time is in code without names: b (cannot open it), "
                    "c (cannot open it), a (cannot open it) and 2 more\n");
}

static void code_outside_of_files_is_said_to_be(void **state)
{
    struct profile *profile = *state;
    add_sample(profile, PROFILE_NONE, "[unknown]", 1);
    expect(profile, "> 100.0 % of the time is in code without names: code outside of all files "
                    "(compiled at run time? its compiler can write names to /tmp/perf-PID.map)\n");
}

static void a_compiler_that_is_known_is_told_how_it_is_asked(void **state)
{
    struct profile *profile = *state;
    add_module(profile, "/usr/bin/nodes", ""); // not that one
    add_sample(profile, PROFILE_NONE, "[unknown]", 1);
    expect(profile, "> 100.0 % of the time is in code without names: code outside of all files "
                    "(compiled at run time? its compiler can write names to /tmp/perf-PID.map)\n");
    add_module(profile, "/usr/lib/jvm/lib/server/libjvm.so", "");
    expect(profile, "> 100.0 % of the time is in code without names: code compiled at run time "
                    "('java -XX:+UnlockDiagnosticVMOptions -XX:+DumpPerfMapAtExit' names it)\n");
}

static void what_is_named_nearly_all_is_not_worth_a_line(void **state)
{
    struct profile *profile = *state;
    uint32_t module = add_module(profile, "/bin/app", "stripped: x; y");
    add_sample(profile, module, "main", 995);
    add_sample(profile, module, "app+0x10", 5);
    expect(profile, "");
}

static void nothing_is_said_before_names_were_looked_up(void **state)
{
    struct profile *profile = *state;
    add_sample(profile, add_module(profile, "/bin/app", ""), "app+0x10", 5);
    profile->symbolized = false;
    expect(profile, "");
}

static void control_bytes_of_paths_are_made_visible(void **state)
{
    struct profile *profile = *state;
    add_sample(profile, add_module(profile, "/bin/a\x1b[31m", "no"), "a\x1b[31m+0x10", 5);
    struct text out = TEXT_INIT;
    nameless_append(&out, profile, "");
    assert_null(memchr(out.data, '\x1b', out.length));
    text_release(&out);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(share_module_and_reason_are_said),
        TEST(the_module_with_most_comes_first_and_small_ones_are_counted),
        TEST(code_outside_of_files_is_said_to_be),
        TEST(a_compiler_that_is_known_is_told_how_it_is_asked),
        TEST(what_is_named_nearly_all_is_not_worth_a_line),
        TEST(nothing_is_said_before_names_were_looked_up),
        TEST(control_bytes_of_paths_are_made_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
