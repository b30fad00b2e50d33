/* SPDX-License-Identifier: MIT */
/*
 * test_profile_load.c - the tables of a profile hold what the recording holds.
 */
#include "profiler/profile/profile.h"
#include "tests/unit/recording/recording_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ADD(list, recording_kind, member, ...)                                                     \
    record_list_add(list,                                                                          \
                    &(struct recording_record){.kind = recording_kind, .member = {__VA_ARGS__}})

static struct record_list list;
static struct profile profile;

static int begin(void **state)
{
    profile_init(&profile);
    return folder_begin(state);
}

static int end(void **state)
{
    profile_release(&profile);
    record_list_release(&list);
    return folder_end(state);
}

/* Writes the list and loads it. */
static void load(void)
{
    struct error error = {0};
    record_list_write(&list, folder_path("prof.data"), 10);
    assert_int_equal(profile_load(&profile, folder_path("prof.data"), &error), 0);
}

static void add_string(const char *string)
{
    ADD(&list, RECORDING_STRING, string, .bytes = string, .size = (uint32_t)strlen(string));
}

static void the_run_is_described(void **state)
{
    (void)state;
    record_list_fill(&list, 0);
    load();
    assert_string_equal(profile_string(&profile, profile.command), "./app --fast");
    assert_string_equal(profile_string(&profile, profile.directory), "/home/user");
    assert_string_equal(profile_string(&profile, profile.host), "host");
    assert_string_equal(profile_string(&profile, profile.system), "Linux");
    assert_string_equal(profile_string(&profile, profile.engine), "timer");
    assert_string_equal(profile_string(&profile, profile.prof_version), "0.1.0");
    assert_int_equal(profile.requested_hz, 997);
    assert_int_equal(profile.period_ns, 1003009);
    assert_int_equal(profile.start_ns, 1000000000);
    assert_true(profile.start_unix_ns == UINT64_MAX);
    assert_true(profile.finished);
    assert_int_equal(profile.end_ns, 1000000011);
    assert_int_equal(profile.wait_status, -1);
    assert_int_equal(profile.damaged_bytes, 0);
    assert_string_equal(profile_string(&profile, profile.damage), "");
}

static void modules_processes_and_threads_are_there(void **state)
{
    (void)state;
    record_list_fill(&list, 0);
    load();
    assert_int_equal(profile.module_count, 2);
    assert_string_equal(profile_string(&profile, profile.modules[0].path), "/bin/app");
    assert_int_equal(profile.modules[0].build_id_size, 20);
    assert_memory_equal(profile.modules[0].build_id, "\1\2\3\xff\0", 5);
    assert_int_equal(profile.modules[1].kind, RECORDING_MODULE_VDSO);
    assert_int_equal(profile.process_count, 2);
    assert_int_equal(profile.processes[0].pid, 4711);
    assert_string_equal(profile_string(&profile, profile.processes[0].executable), "/bin/app");
    assert_int_equal(profile.processes[0].end_ns, 1000000010);
    assert_int_equal(profile.processes[0].cpu_ns, 9000);
    assert_int_equal(profile.thread_count, 2);
    assert_int_equal(profile.threads[1].process, 1);
    assert_int_equal(profile.threads[1].tid, 4712);
    assert_int_equal(string_table_size(&profile.strings, profile.threads[1].name), 11);
    assert_int_equal(profile.mapping_count, 2);
    assert_true(profile.mappings[0].bias == 0xffffffff00000000);
    assert_int_equal(profile.mappings[1].time_ns, 1000000007);
    assert_int_equal(profile.loss_count, 2);
    assert_int_equal(profile.losses[1].thread, PROFILE_NONE);
    assert_int_equal(profile.losses[1].reason, RECORDING_LOSS_NOT_PRELOADED);
}

static void samples_lead_to_their_frames(void **state)
{
    (void)state;
    record_list_fill(&list, 0);
    load();
    assert_int_equal(profile.sample_count, 3);
    const struct profile_sample *sample = &profile.samples[0];
    assert_int_equal(sample->stack, 2);
    assert_int_equal(sample->time_ns, 1001003000);
    assert_int_equal(profile.stacks[2].parent, 0);
    assert_int_equal(profile.stacks[0].parent, PROFILE_NONE);
    assert_int_equal(profile.frames[profile.stacks[0].frame].address, 0x401000);
    assert_int_equal(profile.frames[profile.stacks[2].frame].module, PROFILE_NONE);
    assert_int_equal(profile.samples[1].stack, PROFILE_NONE);
    assert_int_equal(profile.samples[1].weight, UINT32_MAX);
    assert_int_equal(profile.samples[1].stop, RECORDING_STOP_NO_PROGRESS);
    assert_int_equal(profile.samples[2].weight, 4);
}

static void symbols_are_attached_to_frames_and_modules(void **state)
{
    (void)state;
    record_list_fill(&list, 0);
    load();
    assert_true(profile.symbolized);
    const struct profile_frame *frame = &profile.frames[2];
    assert_int_equal(frame->line_count, 2);
    const struct profile_line *line = &profile.lines[frame->first_line];
    assert_int_equal(line[0].function, 1);
    assert_int_equal(line[0].line, 42);
    assert_string_equal(profile_string(&profile, line[0].file), "/bin/app");
    assert_string_equal(profile_string(&profile, profile.functions[0].name), "main");
    assert_int_equal(profile.functions[1].module, PROFILE_NONE);
    assert_string_equal(profile_string(&profile, profile.modules[1].symbol_source), "[vdso]");
    assert_int_equal(profile.frames[1].line_count, 0);
}

static void later_symbols_replace_earlier_ones(void **state)
{
    (void)state;
    static const struct recording_line lines[] = {{2, 0, 99}};
    record_list_fill(&list, 0);
    ADD(&list, RECORDING_FUNCTION, function, 7, 0, 0, 0, 0);
    ADD(&list, RECORDING_FRAME_LINES, frame_lines, 2, 1, lines);
    ADD(&list, RECORDING_MODULE_SYMBOLS, module_symbols, 1, 3, 0);
    load();
    assert_int_equal(profile.frames[2].line_count, 1);
    const struct profile_line *line = &profile.lines[profile.frames[2].first_line];
    assert_int_equal(line->line, 99);
    assert_string_equal(profile_string(&profile, profile.functions[line->function].name),
                        "/bin/app");
    assert_string_equal(profile_string(&profile, profile.modules[1].symbol_source), "host");
    assert_string_equal(profile_string(&profile, profile.modules[1].symbol_reason), "");
}

static void a_thread_has_the_name_it_had_last(void **state)
{
    (void)state;
    add_string("first");
    add_string("last");
    ADD(&list, RECORDING_SESSION, session, .start_ns = 0);
    ADD(&list, RECORDING_PROCESS, process, .pid = 1);
    ADD(&list, RECORDING_THREAD, thread, 0, 1, 1, 5);
    ADD(&list, RECORDING_THREAD, thread, 0, 2, 1, 5);
    ADD(&list, RECORDING_THREAD_END, thread_end, 0, 2, 6, 7);
    ADD(&list, RECORDING_THREAD_END, thread_end, 1, 0, 8, 9);
    load();
    assert_string_equal(profile_string(&profile, profile.threads[0].name), "last");
    assert_string_equal(profile_string(&profile, profile.threads[1].name), "first");
    assert_int_equal(profile.threads[1].end_ns, 8);
    assert_int_equal(profile.threads[1].cpu_ns, 9);
}

static void equal_strings_become_one(void **state)
{
    (void)state;
    add_string("same");
    add_string("same");
    add_string("");
    ADD(&list, RECORDING_SESSION, session, .command = 1, .directory = 2, .host = 3);
    load();
    assert_int_equal(profile.command, profile.directory);
    assert_int_equal(profile.host, 0);
}

static void images_of_a_process_are_numbered(void **state)
{
    (void)state;
    ADD(&list, RECORDING_SESSION, session, .start_ns = 0);
    ADD(&list, RECORDING_PROCESS, process, .pid = 10, .start_cpu_ns = 5);
    ADD(&list, RECORDING_PROCESS, process, .pid = 11);
    ADD(&list, RECORDING_PROCESS_END, process_end, 0, 0, 100);
    ADD(&list, RECORDING_PROCESS, process, .pid = 10, .start_cpu_ns = 120); // after an exec
    ADD(&list, RECORDING_PROCESS, process, .pid = 10, .start_cpu_ns = 130); // and another
    ADD(&list, RECORDING_PROCESS_END, process_end, 3, 0, 200);
    ADD(&list, RECORDING_PROCESS, process, .pid = 10, .start_cpu_ns = 4); // somebody else
    load();
    static const uint32_t images[] = {0, 0, 1, 2, 0};
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(profile.processes[i].image, images[i]);
}

static void a_recording_without_its_end_ends_with_its_last_record(void **state)
{
    (void)state;
    ADD(&list, RECORDING_SESSION, session, .start_ns = 1000);
    ADD(&list, RECORDING_PROCESS, process, .pid = 1);
    ADD(&list, RECORDING_THREAD, thread, 0, 1, 0, 2000);
    ADD(&list, RECORDING_SAMPLE, sample, 0, RECORDING_NONE, 1, 0, 9001000);
    ADD(&list, RECORDING_SAMPLE, sample, 0, RECORDING_NONE, 1, 0, 7001000);
    load();
    assert_false(profile.finished);
    assert_int_equal(profile.end_ns, 9001000);
    assert_int_equal(profile.wait_status, -1);
    assert_false(profile.symbolized);
}

static void damage_is_noted_and_the_rest_is_loaded(void **state)
{
    (void)state;
    struct text bytes = TEXT_INIT;
    struct error error = {0};
    const char *path = folder_path("prof.data");
    record_list_fill(&list, 0);
    record_list_write(&list, path, 20);
    file_read(path, &bytes);
    file_write(path, bytes.data, bytes.length - 1);
    assert_int_equal(profile_load(&profile, path, &error), 0);
    assert_true(profile.damaged_bytes > 0);
    assert_non_null(strstr(profile_string(&profile, profile.damage), "is cut off"));
    assert_int_equal(profile.thread_count, 2);
    text_release(&bytes);
}

static void a_recording_without_records_is_an_error(void **state)
{
    (void)state;
    struct error error = {0};
    const char *path = folder_path("prof.data");
    record_list_write(&list, path, 1);
    assert_int_equal(profile_load(&profile, path, &error), -1);
    assert_non_null(strstr(error.text, "holds no records"));
    assert_int_equal(profile_load(&profile, folder_path("none"), &error), -1);
    assert_non_null(strstr(error.text, "No such file"));
}

static void a_damaged_start_is_an_error_in_words(void **state)
{
    (void)state;
    struct text bytes = TEXT_INIT;
    struct error error = {0};
    const char *path = folder_path("prof.data");
    record_list_fill(&list, 0);
    record_list_write(&list, path, 1000);
    file_read(path, &bytes);
    bytes.data[50] ^= 1;
    file_write(path, bytes.data, bytes.length);
    assert_int_equal(profile_load(&profile, path, &error), -1);
    assert_non_null(strstr(error.text, "the chunk at byte 24 has a wrong checksum"));
    text_release(&bytes);
}

static void stop_reasons_have_stable_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "complete", "no_cfi", "bad_cfi", "bad_memory", "truncated", "unsupported", "no_progress",
    };
    assert_int_equal(sizeof names / sizeof *names, RECORDING_STOP_COUNT);
    for (unsigned i = 0; i < RECORDING_STOP_COUNT; i++)
        assert_string_equal(profile_stop_name(i), names[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_run_is_described),
        TEST(modules_processes_and_threads_are_there),
        TEST(samples_lead_to_their_frames),
        TEST(symbols_are_attached_to_frames_and_modules),
        TEST(later_symbols_replace_earlier_ones),
        TEST(a_thread_has_the_name_it_had_last),
        TEST(equal_strings_become_one),
        TEST(images_of_a_process_are_numbered),
        TEST(a_recording_without_its_end_ends_with_its_last_record),
        TEST(damage_is_noted_and_the_rest_is_loaded),
        TEST(a_recording_without_records_is_an_error),
        TEST(a_damaged_start_is_an_error_in_words),
        TEST(stop_reasons_have_stable_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
