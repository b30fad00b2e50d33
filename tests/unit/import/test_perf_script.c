/* SPDX-License-Identifier: MIT */
/*
 * test_perf_script.c - what perf script prints, in the forms its options give it.
 */
#include "tests/unit/import/import_fixture.h"

static const char two_samples[] = "# ========\n"
                                  "# captured on    : Thu Jan  1 00:00:00 1970\n"
                                  "\n"
                                  "my prog 42/43 [001] 100.000100:     250000 cpu-clock:pppH: \n"
                                  "\t    55d0 work(int, char (*)(int))+0x12 (/opt/app (1)/app)\n"
                                  "\t    55d1 operator()+0x3 (inlined)\n"
                                  "\t    55d2 main+0xff (/opt/app (1)/app)\n"
                                  "\n"
                                  "my prog 42/43 [001] 100.000600:     500000 cpu-clock:pppH: \n"
                                  "\tffffffff81 native_halt+0xb ([kernel.kallsyms])\n"
                                  "\t    55d2 [unknown] (/opt/app (1)/app)\n"
                                  "\n";

static void samples_of_a_clock_are_cpu_time(void **state)
{
    (void)state;
    assert_int_equal(import_text(two_samples), 0);
    assert_collapsed("[unknown];native_halt 500000\n"
                     "main;operator();work(int, char (*)(int)) 250000\n");
    assert_int_equal(profile.period_ns, 1);
    assert_int_equal(profile.sample_count, 2);
    assert_int_equal(profile.samples[1].time_ns - profile.samples[0].time_ns, 500000);
    assert_int_equal(profile.thread_count, 1);
    assert_int_equal(profile.threads[0].tid, 43);
    assert_int_equal(profile.processes[0].pid, 42);
    assert_string_equal(profile_string(&profile, profile.threads[0].name), "my prog");
    assert_int_equal(notes.lines_ignored, 0);
}

static void modules_and_inlined_frames_are_known(void **state)
{
    (void)state;
    assert_int_equal(import_text(two_samples), 0);
    assert_int_equal(profile.module_count, 2);
    assert_string_equal(profile_string(&profile, profile.modules[0].path), "/opt/app (1)/app");
    assert_int_equal(profile.modules[1].kind, RECORDING_MODULE_KERNEL);
    unsigned inlined = 0;
    for (uint32_t i = 0; i < profile.frame_count; i++)
        inlined += (profile.frames[i].flags & PROFILE_FRAME_INLINED) != 0;
    assert_int_equal(inlined, 1);
}

static void other_events_count_samples(void **state)
{
    (void)state;
    assert_int_equal(import_text("perf 12 1.5: 999 cycles:u: \n\t1 f (x)\n\n"
                                 "perf 12 1.6: 999 cpu-clock: \n\t1 f (x)\n\n"),
                     0);
    assert_int_equal(profile.period_ns, 0);
    assert_collapsed("f 2\n");
}

static void headers_come_in_many_forms(void **state)
{
    (void)state;
    assert_int_equal(import_text("swapper     0 [000] 12.000001:          1 cycles: \n\t1 a (k)\n\n"
                                 ":-1    -1/-1    13.1:  cycles:ppp:  \n\t2 skipped (k)\n\n"
                                 "java 14/15 13.2: cycles: \n\t3 c (k)\n\n"
                                 "a 7 b 16 cycles: \n\t4 d (k)"),
                     0);
    assert_collapsed("a 1\nc 1\nd 1\n");
    assert_int_equal(profile.thread_count, 3);
}

static void samples_without_a_stack_are_kept(void **state)
{
    (void)state;
    assert_int_equal(import_text("x 1 1.0: 5 cycles: \n\nx 1 1.1: 5 cycles: \n\t1 f (x)\n"), 0);
    assert_collapsed("[incomplete: no stack recorded] 1\nf 1\n");
}

static void lines_that_are_not_understood_are_counted(void **state)
{
    (void)state;
    assert_int_equal(import_text("x 1 1.0: 5 cycles: \n\tnot hex (x)\n\t1 f (x)\nnonsense\n"), 0);
    assert_collapsed("f 1\n");
    assert_int_equal(notes.lines_ignored, 2);
}

static void a_cut_off_text_is_survived(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof two_samples; size++) {
        import_bytes(two_samples, size);
        profile_release(&profile);
        profile_init(&profile);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(samples_of_a_clock_are_cpu_time),  TEST(modules_and_inlined_frames_are_known),
        TEST(other_events_count_samples),       TEST(headers_come_in_many_forms),
        TEST(samples_without_a_stack_are_kept), TEST(lines_that_are_not_understood_are_counted),
        TEST(a_cut_off_text_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
