/* SPDX-License-Identifier: MIT */
/*
 * test_profile_save.c - symbols that were found once are there when the recording is read again.
 */
#include "profiler/base/memory.h"
#include "profiler/profile/profile.h"
#include "tests/unit/recording/recording_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADD(list, recording_kind, member, ...)                                                     \
    record_list_add(list,                                                                          \
                    &(struct recording_record){.kind = recording_kind, .member = {__VA_ARGS__}})

static struct profile profile, again;

/* A recording of 300 frames without symbols. */
static void write_frames(const char *path)
{
    struct record_list list = {0};
    ADD(&list, RECORDING_STRING, string, .bytes = "/bin/app", .size = 8);
    ADD(&list, RECORDING_SESSION, session, .command = 1);
    ADD(&list, RECORDING_MODULE, module, .path = 1);
    for (unsigned i = 0; i < 300; i++)
        ADD(&list, RECORDING_FRAME, frame, 0, 0, 0x1000 + i);
    ADD(&list, RECORDING_END, end, 5, 0);
    record_list_write(&list, path, 50);
    record_list_release(&list);
}

static int begin(void **state)
{
    if (folder_begin(state) < 0)
        return -1;
    profile_init(&profile);
    profile_init(&again);
    write_frames(folder_path("prof.data"));
    return profile_load(&profile, folder_path("prof.data"), NULL);
}

static int end(void **state)
{
    profile_release(&profile);
    profile_release(&again);
    return folder_end(state);
}

static void save_and_load(void)
{
    struct error error = {0};
    assert_int_equal(profile_save_symbols(&profile, folder_path("prof.data"), &error), 0);
    profile_release(&again);
    profile_init(&again);
    assert_int_equal(profile_load(&again, folder_path("prof.data"), &error), 0);
    assert_int_equal(again.damaged_bytes, 0);
}

static void forget_symbols(void)
{
    profile.function_count = 0;
    profile.line_count = 0;
    for (uint32_t i = 0; i < profile.frame_count; i++)
        profile.frames[i].line_count = 0;
}

/* Gives a frame a chain of `depth` functions, all new, named after `word`. */
static void name_frame(uint32_t id, unsigned depth, const char *word)
{
    struct profile_frame *frame = &profile.frames[id];
    frame->first_line = profile.line_count;
    frame->line_count = depth;
    for (unsigned i = 0; i < depth; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_%u_%u", word, id, i);
        struct profile_function *function =
            array_push(&profile.functions, &profile.function_count, &profile.function_capacity);
        function->name = string_table_add_string(&profile.strings, name);
        function->module = i == 0 ? PROFILE_NONE : 0;
        function->file = string_table_add_string(&profile.strings, "app.c");
        function->line = i;
        struct profile_line *line =
            array_push(&profile.lines, &profile.line_count, &profile.line_capacity);
        line->function = profile.function_count - 1;
        line->file = function->file;
        line->line = 100 + i;
    }
}

static void assert_frame_is(uint32_t id, unsigned depth, const char *word)
{
    const struct profile_frame *frame = &again.frames[id];
    assert_int_equal(frame->line_count, depth);
    for (unsigned i = 0; i < depth; i++) {
        const struct profile_line *line = &again.lines[frame->first_line + i];
        const struct profile_function *function = &again.functions[line->function];
        char name[64];
        snprintf(name, sizeof name, "%s_%u_%u", word, id, i);
        assert_string_equal(profile_string(&again, function->name), name);
        assert_string_equal(profile_string(&again, line->file), "app.c");
        assert_string_equal(profile_string(&again, function->file), "app.c");
        assert_int_equal(line->line, 100 + i);
        assert_int_equal(function->line, i);
        assert_int_equal(function->module, i == 0 ? PROFILE_NONE : 0);
    }
}

static void symbols_survive(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        name_frame(i, 1 + i % 3, "old");
    profile.modules[0].symbol_source = string_table_add_string(&profile.strings, "symbol table");
    profile.modules[0].symbol_reason = string_table_add_string(&profile.strings, "stripped");
    save_and_load();
    assert_true(again.symbolized);
    for (uint32_t i = 0; i < 300; i++)
        assert_frame_is(i, 1 + i % 3, "old");
    assert_string_equal(profile_string(&again, again.modules[0].symbol_source), "symbol table");
    assert_string_equal(profile_string(&again, again.modules[0].symbol_reason), "stripped");
    assert_string_equal(profile_string(&again, again.modules[0].path), "/bin/app");
    assert_true(again.finished);
}

static void new_symbols_replace_the_saved_ones(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        name_frame(i, 2, "old");
    save_and_load();
    forget_symbols();
    name_frame(7, 3, "new");
    save_and_load();
    assert_frame_is(7, 3, "new");
    assert_int_equal(again.frames[8].line_count, 0); // known no longer
}

static void a_profile_that_was_loaded_with_symbols_saves_them_again(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        name_frame(i, 2, "old");
    save_and_load();
    struct profile swapped = profile;
    profile = again;
    again = swapped;
    save_and_load();
    for (uint32_t i = 0; i < 300; i++)
        assert_frame_is(i, 2, "old");
}

static void symbols_of_frames_that_were_cut_off_are_left_out(void **state)
{
    (void)state;
    struct text bytes = TEXT_INIT;
    const char *path = folder_path("prof.data");
    for (uint32_t i = 0; i < 300; i++)
        name_frame(i, 1, "old");
    file_read(path, &bytes);
    file_write(path, bytes.data, bytes.length * 2 / 3);
    save_and_load();
    assert_in_range(again.frame_count, 100, 250);
    for (uint32_t i = 0; i < again.frame_count; i++)
        assert_frame_is(i, 1, "old");
    text_release(&bytes);
}

static void another_recording_in_its_place_is_noticed(void **state)
{
    (void)state;
    struct error error = {0};
    struct text before = TEXT_INIT, after = TEXT_INIT;
    const char *path = folder_path("prof.data");
    name_frame(0, 1, "old");
    file_read(path, &before);
    --profile.frame_count; // as if it had been another
    assert_int_equal(profile_save_symbols(&profile, path, &error), -1);
    assert_non_null(strstr(error.text, "has changed since it was read"));
    file_read(path, &after);
    assert_int_equal(before.length, after.length);
    text_release(&before);
    text_release(&after);
}

static void a_file_that_is_gone_is_an_error(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(profile_save_symbols(&profile, folder_path("none"), &error), -1);
    assert_non_null(strstr(error.text, "No such file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(symbols_survive),
        TEST(new_symbols_replace_the_saved_ones),
        TEST(a_profile_that_was_loaded_with_symbols_saves_them_again),
        TEST(symbols_of_frames_that_were_cut_off_are_left_out),
        TEST(another_recording_in_its_place_is_noticed),
        TEST(a_file_that_is_gone_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
