/* SPDX-License-Identifier: MIT */
/*
 * test_profile_versions.c - samples of one address that ran different code.
 */
#include "profiler/base/memory.h"
#include "profiler/profile/profile.h"
#include "tests/unit/recording/recording_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ADD(list, recording_kind, member, ...)                                                     \
    record_list_add(list,                                                                          \
                    &(struct recording_record){.kind = recording_kind, .member = {__VA_ARGS__}})

static struct profile profile, again;

/*
 * Two processes; frames: 0 main, 1 generated, 2 leaf; stacks: 0 main, 1 main;generated,
 * 2 main;generated;leaf. Samples, by µs: 10 and 30 in process 0, 30 in process 1, all in the leaf;
 * 40 in main alone, 50 nowhere.
 */
static void write_recording(const char *path)
{
    static const struct recording_line names[] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {3, 0, 0}};
    static const char *const strings[] = {"main", "old", "leaf", "new"};
    struct record_list list = {0};
    for (int i = 0; i < 4; i++)
        ADD(&list, RECORDING_STRING, string, .bytes = strings[i], .size = strlen(strings[i]));
    ADD(&list, RECORDING_SESSION, session, .command = 1);
    for (uint32_t i = 0; i < 2; i++) {
        ADD(&list, RECORDING_PROCESS, process, .pid = 70 + i);
        ADD(&list, RECORDING_THREAD, thread, .process = i);
    }
    for (uint32_t i = 0; i < 3; i++) {
        ADD(&list, RECORDING_FRAME, frame, RECORDING_NONE, 0, 0x1000 * i);
        ADD(&list, RECORDING_STACK, stack, i ? i - 1 : RECORDING_NONE, i);
    }
    ADD(&list, RECORDING_SAMPLE, sample, 0, 2, 1, 0, 10000);
    ADD(&list, RECORDING_SAMPLE, sample, 0, 2, 1, 0, 30000);
    ADD(&list, RECORDING_SAMPLE, sample, 1, 2, 1, 0, 30000);
    ADD(&list, RECORDING_SAMPLE, sample, 0, 0, 1, 0, 40000);
    ADD(&list, RECORDING_SAMPLE, sample, 0, RECORDING_NONE, 1, 0, 50000);
    for (uint32_t i = 0; i < 4; i++)
        ADD(&list, RECORDING_FUNCTION, function, .name = 1 + i, .module = RECORDING_NONE);
    for (uint32_t i = 0; i < 3; i++)
        ADD(&list, RECORDING_FRAME_LINES, frame_lines, i, 1, &names[i]);
    ADD(&list, RECORDING_FRAME_VERSION, frame_version, 1, 1, &names[3], 0, 20000);
    record_list_write(&list, path, 50);
    record_list_release(&list);
}

static int begin(void **state)
{
    if (folder_begin(state) < 0)
        return -1;
    profile_init(&profile);
    profile_init(&again);
    write_recording(folder_path("prof.data"));
    return profile_load(&profile, folder_path("prof.data"), NULL);
}

static int end(void **state)
{
    profile_release(&profile);
    profile_release(&again);
    return folder_end(state);
}

/* The functions of a sample's stack, outermost first. */
static void expect(const struct profile *of, uint32_t sample, const char *expected)
{
    char text[200] = "", longer[200];
    for (uint32_t s = of->samples[sample].stack; s != PROFILE_NONE; s = of->stacks[s].parent) {
        const struct profile_frame *frame = &of->frames[of->stacks[s].frame];
        const struct profile_function *function =
            &of->functions[of->lines[frame->first_line].function];
        if (of->stacks[s].parent != PROFILE_NONE)
            assert_true(of->stacks[s].parent < s);
        snprintf(longer, sizeof longer, "%s;%s", profile_string(of, function->name), text);
        memcpy(text, longer, sizeof text);
    }
    assert_string_equal(text, expected);
}

static void expect_versions(const struct profile *of)
{
    expect(of, 0, "main;old;leaf;");
    expect(of, 1, "main;new;leaf;");
    expect(of, 2, "main;old;leaf;");
    expect(of, 3, "main;");
    expect(of, 4, "");
}

static void samples_have_the_code_of_their_process_and_time(void **state)
{
    (void)state;
    expect_versions(&profile);
    // one frame and, from it inwards, two stacks that were not there
    assert_int_equal(profile.frame_count, 4);
    assert_int_equal(profile.stack_count, 5);
    assert_int_equal(profile.samples[0].stack, profile.samples[2].stack);
}

static void joining_takes_the_split_back(void **state)
{
    (void)state;
    profile_join_versions(&profile);
    assert_int_equal(profile.frame_count, 3);
    assert_int_equal(profile.stack_count, 3);
    assert_int_equal(profile.version_count, 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(profile.samples[i].stack, 2);
    expect(&profile, 1, "main;old;leaf;");
    profile_join_versions(&profile); // nothing is left to do
    profile_split_versions(&profile);
    assert_int_equal(profile.frame_count, 3);
}

static void load_again(void)
{
    profile_release(&again);
    profile_init(&again);
    assert_int_equal(profile_load(&again, folder_path("prof.data"), NULL), 0);
    assert_int_equal(again.damaged_bytes, 0);
}

static void versions_are_saved_and_replaced(void **state)
{
    struct error error = {0};
    (void)state;
    assert_int_equal(profile_save_symbols(&profile, folder_path("prof.data"), &error), 0);
    load_again();
    assert_int_equal(again.version_count, 1);
    expect_versions(&again);
    // known no longer
    profile_join_versions(&profile);
    assert_int_equal(profile_save_symbols(&profile, folder_path("prof.data"), &error), 0);
    load_again();
    assert_int_equal(again.version_count, 0);
    expect(&again, 1, "main;old;leaf;");
}

static void samples_of_an_older_profile_keep_their_code(void **state)
{
    (void)state;
    load_again();
    profile_add_older(&again, &profile);
    for (uint32_t i = 0; i < 5; i++) {
        static const char *const expected[] = {"main;old;leaf;", "main;new;leaf;", "main;old;leaf;",
                                               "main;", ""};
        expect(&again, i, expected[i]);
        expect(&again, 5 + i, expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(samples_have_the_code_of_their_process_and_time, begin,
                                        end),
        cmocka_unit_test_setup_teardown(joining_takes_the_split_back, begin, end),
        cmocka_unit_test_setup_teardown(versions_are_saved_and_replaced, begin, end),
        cmocka_unit_test_setup_teardown(samples_of_an_older_profile_keep_their_code, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
