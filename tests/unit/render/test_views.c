/* SPDX-License-Identifier: MIT */
/*
 * test_views.c - the text and JSON views: what they say, and that they say it of the right figures.
 */
#include "tests/unit/render/render_fixture.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "render/views.h"

#include <jansson.h>
#include <stdlib.h>

static struct profile profile;
static struct text out;

static int end(void **state)
{
    (void)state;
    profile_release(&profile);
    text_release(&out);
    return 0;
}

static void assert_says(const char *part)
{
    if (!strstr(out.data, part))
        fail_msg("\"%s\" is not in:\n%s", part, out.data);
}

static void assert_silent(const char *part)
{
    if (strstr(out.data, part))
        fail_msg("\"%s\" is in:\n%s", part, out.data);
}

static void collapsed_stacks_have_one_line_each(void **state)
{
    (void)state;
    profile_of(&profile, "b;c 2\na 1\nb;c 3\nb 4\n!1;x 5\n");
    render_collapsed(&out, &profile);
    assert_string_equal(out.data, "[incomplete: no unwind information];x 5\na 1\nb 4\nb;c 5\n");
}

static void collapsed_names_cannot_break_the_format(void **state)
{
    (void)state;
    profile_of(&profile, "x 1\n");
    profile.functions[0].name = string_table_add(&profile.strings, "a;b\nc d\xff", 8);
    render_collapsed(&out, &profile);
    assert_string_equal(out.data, "a:b\\x0Ac d\\xFF 1\n");
}

static void the_report_is_an_aligned_table(void **state)
{
    (void)state;
    profile_of(&profile, "main\x1f/opt/app/bin/app;hot\x1f/opt/app/bin/app\x1fsrc/hot.c\x1f"
                         "7 900\nmain\x1f/opt/app/bin/app;cold\x1f/usr/lib/libc.so.6 100\n");
    render_report(&out, &profile, &(struct report_options){0});
    assert_string_equal(
        out.data, "2 samples, 1.00 s CPU time: app --work\n"
                  "\n"
                  " self %       self  total %      total   samples  function  module\n"
                  " 90.0 %    0.900 s   90.0 %    0.900 s         1  hot       app        hot.c:1\n"
                  " 10.0 %    0.100 s   10.0 %    0.100 s         1  cold      libc.so.6\n"
                  "  0.0 %    0.000 s  100.0 %    1.000 s         0  main      app\n");
}

static void the_report_says_what_it_left_out(void **state)
{
    (void)state;
    profile_of(&profile, "a 90\nb 6\nc 4\n");
    render_report(&out, &profile, &(struct report_options){.limit = 1});
    assert_says("\n2 more functions are not shown, with 10.0 % self time.\n");
    out.length = 0;
    render_report(&out, &profile, &(struct report_options){.min_percent = 5});
    assert_says("\n1 more function is not shown, with 4.0 % self time.\n");
    out.length = 0;
    render_report(&out, &profile, &(struct report_options){0});
    assert_silent("not shown");
}

static void names_are_cut_only_to_a_given_width(void **state)
{
    (void)state;
    char name[400] = "";
    memset(name, 'n', 300);
    strcat(name, " 1\n");
    profile_of(&profile, name);
    render_report(&out, &profile, &(struct report_options){.width = 100});
    assert_says("nnn…nnn");
    for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100 + 2); // "…" is three bytes
    out.length = 0;
    render_report(&out, &profile, &(struct report_options){0});
    assert_silent("…");
}

static void colours_are_for_those_who_ask(void **state)
{
    (void)state;
    profile_of(&profile, "a 96\nb 4\n");
    render_report(&out, &profile, &(struct report_options){.color = true});
    assert_says("\x1b[1;31m 96.0 %");
    assert_silent("\x1b[1;31m  4.0 %");
    out.length = 0;
    render_report(&out, &profile, &(struct report_options){0});
    assert_silent("\x1b");
}

static json_t *parsed(void)
{
    json_t *document = json_loadb(out.data, out.length, 0, NULL);
    assert_non_null(document);
    return document;
}

static void the_report_in_json_has_its_keys(void **state)
{
    (void)state;
    profile_of(&profile, "main;f\x1f/lib/x.so\x1f"
                         "x.c 3\nmain 1\n");
    render_report_json(&out, &profile, &(struct report_options){.limit = 1});
    json_t *report = parsed();
    json_t *row = json_array_get(json_object_get(report, "functions"), 0);
    assert_int_equal(json_array_size(json_object_get(report, "functions")), 1);
    assert_int_equal(json_integer_value(json_object_get(report, "functions_left_out")), 1);
    assert_int_equal(json_integer_value(json_object_get(report, "samples")), 2);
    assert_string_equal(json_string_value(json_object_get(row, "function")), "f");
    assert_string_equal(json_string_value(json_object_get(row, "module")), "/lib/x.so");
    assert_string_equal(json_string_value(json_object_get(row, "file")), "x.c");
    assert_int_equal(json_integer_value(json_object_get(row, "line")), 1);
    assert_true(json_real_value(json_object_get(row, "self_percent")) == 75.0);
    assert_true(json_real_value(json_object_get(row, "total_s")) == 0.003);
    assert_int_equal(json_integer_value(json_object_get(row, "total_samples")), 1);
    json_decref(report);
}

static void json_names_are_made_visible(void **state)
{
    (void)state;
    profile_of(&profile, "a\xff\"\\\x01 1\n");
    render_report_json(&out, &profile, &(struct report_options){0});
    json_t *report = parsed();
    json_t *row = json_array_get(json_object_get(report, "functions"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "function")), "a\\xFF\"\\\\x01");
    json_decref(report);
}

static void info_in_json_has_the_documented_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "command", "engine",  "requested_hz",    "achieved_hz",     "duration_s",
        "cpu_s",   "samples", "accounted_cpu_s", "lost_samples",    "processes",
        "threads", "modules", "stop_reasons",    "complete_stacks",
    };
    profile_of(&profile, "@5;a\x1f/lib/x.so 3\n@6;!1;b 2\n!1;@6;b 2\n");
    render_info_json(&out, &profile);
    json_t *info = parsed();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_non_null(json_object_get(info, keys[i]));
    assert_int_equal(json_integer_value(json_object_get(info, "samples")), 3);
    json_t *stops = json_object_get(info, "stop_reasons");
    assert_int_equal(json_integer_value(json_object_get(stops, "complete")), 2);
    assert_int_equal(json_integer_value(json_object_get(stops, "no_cfi")), 1);
    assert_int_equal(json_object_size(stops), RECORDING_STOP_COUNT);
    json_t *process = json_array_get(json_object_get(info, "processes"), 0);
    assert_int_equal(json_integer_value(json_object_get(process, "pid")), 100);
    assert_string_equal(json_string_value(json_object_get(process, "exe")), "/opt/app/bin/app");
    assert_int_equal(json_integer_value(json_object_get(process, "samples")), 3);
    json_t *thread = json_array_get(json_object_get(info, "threads"), 1);
    assert_int_equal(json_integer_value(json_object_get(thread, "tid")), 6);
    assert_string_equal(json_string_value(json_object_get(thread, "name")), "worker");
    assert_int_equal(json_integer_value(json_object_get(thread, "samples")), 2);
    json_decref(info);
}

static void exit_status_and_signal_are_told_apart(void **state)
{
    (void)state;
    profile_of(&profile, "a 1\n");
    profile.wait_status = 3 << 8;
    render_info_json(&out, &profile);
    assert_says("\"exit_status\": 3");
    assert_says("\"signal\": null");
    out.length = 0;
    profile.wait_status = 11;
    render_info_json(&out, &profile);
    assert_says("\"exit_status\": null");
    assert_says("\"signal\": 11");
    out.length = 0;
    render_info(&out, &profile);
    assert_says("killed by signal 11 (Segmentation fault)\n");
}

/* A run of 12.31 s CPU in 12.4 s with 997 samples a second, all well. */
static void make_run(void)
{
    profile_of(&profile, "main;f 12100\n");
    struct profile_sample sample = profile.samples[0];
    sample.weight = 1;
    profile.samples[0] = sample;
    while (profile.sample_count < 12310)
        *array_push(&profile.samples, &profile.sample_count, &profile.sample_capacity) = sample;
    profile.end_ns = 12400000000;
    profile.processes[0].cpu_ns = 12310000000;
    profile.engine = string_table_add_string(&profile.strings, "perf+timer");
}

static void a_good_run_takes_two_lines(void **state)
{
    (void)state;
    make_run();
    profile.sample_count = 12200;
    render_summary(&out, &profile, false);
    assert_string_equal(
        out.data,
        "prof: 12,200 samples in 12.40 s, 12.31 s CPU in 1 process, 1 thread\n"
        "prof: accounted 99.1 % of the CPU time at 1000 Hz (1000 asked, perf+timer clock); "
        "100.0 % complete stacks; 0 lost\n");
}

static void an_unreached_rate_is_said(void **state)
{
    (void)state;
    make_run();
    profile.engine = string_table_add_string(&profile.strings, "timer");
    for (uint32_t i = 0; i < profile.sample_count; i++)
        profile.samples[i].weight = 4;
    render_summary(&out, &profile, false);
    assert_says(
        "prof: asked for 1000 Hz, got 250 Hz: the timer is no faster than the kernel's tick");
}

static void losses_are_said_with_their_time(void **state)
{
    (void)state;
    static const struct profile_loss losses[] = {
        {0, RECORDING_LOSS_RING_FULL, 1200, 1500},
        {0, RECORDING_LOSS_RING_FULL, 34, 34},
        {0, RECORDING_LOSS_NO_SLOT, 2, 0},
        {PROFILE_NONE, RECORDING_LOSS_NOT_PRELOADED, 1, 0},
    };
    make_run();
    for (size_t i = 0; i < 4; i++)
        *array_push(&profile.losses, &profile.loss_count, &profile.loss_capacity) = losses[i];
    render_summary(&out, &profile, false);
    assert_says("; 1,234 lost\n");
    assert_says("prof: 1,234 samples were lost: the buffer was full (1.53 s CPU)\n");
    assert_says("prof: 2 threads were not sampled: no buffer was free\n");
    assert_says("prof: 1 program was not sampled: it could not be preloaded\n");
}

static void time_before_sampling_is_said_when_it_matters(void **state)
{
    (void)state;
    make_run();
    profile.processes[0].start_cpu_ns = 200000000;
    render_summary(&out, &profile, false);
    assert_silent("before sampling");
    out.length = 0;
    profile.processes[0].start_cpu_ns = 1231000000;
    render_summary(&out, &profile, false);
    assert_says("prof: 1.23 s CPU (10.0 %) went by before sampling began");
}

static void incomplete_stacks_are_said_by_reason(void **state)
{
    (void)state;
    make_run();
    for (uint32_t i = 0; i < 1000; i++)
        profile.samples[i].stop = i < 900 ? RECORDING_STOP_NO_CFI : RECORDING_STOP_TRUNCATED;
    render_summary(&out, &profile, false);
    assert_says("prof: 1,000 incomplete stacks: 900 no unwind information, "
                "100 deeper than the limit\n");
}

static void damage_and_an_unfinished_recording_are_said(void **state)
{
    (void)state;
    make_run();
    profile.finished = false;
    render_summary(&out, &profile, false);
    assert_says("prof: the recording was not finished");
    out.length = 0;
    profile.damaged_bytes = 4096;
    profile.damage = string_table_add_string(&profile.strings, "a chunk's checksum is wrong");
    render_summary(&out, &profile, false);
    assert_says("prof: the recording is damaged (a chunk's checksum is wrong): 4,096 bytes could "
                "not be read\n");
}

static void a_run_without_samples_says_so(void **state)
{
    (void)state;
    profile_of(&profile, "");
    render_summary(&out, &profile, false);
    assert_says("prof: nothing was sampled");
    assert_silent("nan");
}

static void every_line_of_the_summary_has_the_prefix(void **state)
{
    (void)state;
    make_run();
    profile.finished = false;
    profile.processes[0].start_cpu_ns = 1231000000;
    render_summary(&out, &profile, false);
    unsigned lines = 0;
    for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"), lines++)
        assert_memory_equal(line, "prof: ", 6);
    assert_int_equal(lines, 4);
}

static void info_names_what_was_recorded(void **state)
{
    (void)state;
    profile_of(&profile, "a\x1f/lib/x.so 3\nb\x1f/lib/y.so 1\nb\x1f/lib/y.so;b\x1f/lib/y.so 1\n");
    profile.start_unix_ns = 1700000000000000000;
    profile.modules[0].symbol_source =
        string_table_add_string(&profile.strings, "symbol table of the file");
    profile.modules[0].symbol_reason = string_table_add_string(&profile.strings, "no debug info");
    render_info(&out, &profile);
    assert_says("command         app --work\n");
    assert_says("recorded        2023-11-14 22:13:20 UTC, ");
    assert_says("rate            asked for 1000 Hz, got 600 Hz of CPU time\n");
    assert_says("         2  /lib/y.so: not needed\n"
                "         1  /lib/x.so: symbol table of the file; no debug info\n");
    assert_says("         3     0.000 s         100  /opt/app/bin/app\n");
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(collapsed_stacks_have_one_line_each),
        TEST(collapsed_names_cannot_break_the_format),
        TEST(the_report_is_an_aligned_table),
        TEST(the_report_says_what_it_left_out),
        TEST(names_are_cut_only_to_a_given_width),
        TEST(colours_are_for_those_who_ask),
        TEST(the_report_in_json_has_its_keys),
        TEST(json_names_are_made_visible),
        TEST(info_in_json_has_the_documented_keys),
        TEST(exit_status_and_signal_are_told_apart),
        TEST(a_good_run_takes_two_lines),
        TEST(an_unreached_rate_is_said),
        TEST(losses_are_said_with_their_time),
        TEST(time_before_sampling_is_said_when_it_matters),
        TEST(incomplete_stacks_are_said_by_reason),
        TEST(damage_and_an_unfinished_recording_are_said),
        TEST(a_run_without_samples_says_so),
        TEST(every_line_of_the_summary_has_the_prefix),
        TEST(info_names_what_was_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
