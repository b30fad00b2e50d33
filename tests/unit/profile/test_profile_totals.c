/* SPDX-License-Identifier: MIT */
/*
 * test_profile_totals.c - the figures of a run, from profiles made of literals.
 */
#include "profiler/base/memory.h"
#include "profiler/profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MS = 1000000 };

static struct profile profile;
static struct profile_totals totals;

static int begin(void **state)
{
    (void)state;
    profile_init(&profile);
    profile.period_ns = MS;
    return 0;
}

static int end(void **state)
{
    (void)state;
    profile_release(&profile);
    return 0;
}

/* A process of one thread and `samples` samples of weight 1. */
static void add_process(uint32_t pid, uint32_t image, uint64_t start_cpu_ns, uint64_t cpu_ns,
                        unsigned samples)
{
    *array_push(&profile.processes, &profile.process_count, &profile.process_capacity) =
        (struct profile_process){
            .pid = pid, .image = image, .start_cpu_ns = start_cpu_ns, .cpu_ns = cpu_ns};
    *array_push(&profile.threads, &profile.thread_count, &profile.thread_capacity) =
        (struct profile_thread){.process = profile.process_count - 1, .tid = pid};
    for (unsigned i = 0; i < samples; i++)
        *array_push(&profile.samples, &profile.sample_count, &profile.sample_capacity) =
            (struct profile_sample){.thread = profile.thread_count - 1, .weight = 1};
}

static void add_loss(uint8_t reason, uint64_t samples, uint64_t weight)
{
    *array_push(&profile.losses, &profile.loss_count, &profile.loss_capacity) =
        (struct profile_loss){PROFILE_NONE, reason, samples, weight};
}

static void assert_cpu(uint64_t cpu_ms, uint64_t start_cpu_ms)
{
    profile_totals(&profile, &totals);
    assert_int_equal(totals.cpu_ns, cpu_ms * MS);
    assert_int_equal(totals.start_cpu_ns, start_cpu_ms * MS);
}

static void an_empty_profile_has_zeros(void **state)
{
    (void)state;
    static const struct profile_totals zeros;
    profile_totals(&profile, &totals);
    assert_memory_equal(&totals, &zeros, sizeof totals);
}

static void samples_are_added_up(void **state)
{
    (void)state;
    add_process(1, 0, 0, 20 * MS, 10);
    profile.samples[3].weight = 5;
    profile.samples[4].stop = RECORDING_STOP_NO_CFI;
    profile.samples[5].stop = RECORDING_STOP_NO_CFI;
    profile.samples[6].stop = RECORDING_STOP_TRUNCATED;
    profile.start_ns = 7;
    profile.end_ns = 10;
    profile_totals(&profile, &totals);
    assert_int_equal(totals.samples, 10);
    assert_int_equal(totals.weight, 14);
    assert_int_equal(totals.accounted_ns, 14 * MS);
    assert_int_equal(totals.complete, 7);
    assert_int_equal(totals.stops[RECORDING_STOP_COMPLETE], 7);
    assert_int_equal(totals.stops[RECORDING_STOP_NO_CFI], 2);
    assert_int_equal(totals.stops[RECORDING_STOP_TRUNCATED], 1);
    assert_int_equal(totals.duration_ns, 3);
    // 10 signals in 14 ms of CPU time
    assert_in_range((unsigned)(totals.achieved_hz * 10), 7142, 7143);
}

static void only_lost_samples_count_as_lost_samples(void **state)
{
    (void)state;
    add_loss(RECORDING_LOSS_RING_FULL, 10, 12);
    add_loss(RECORDING_LOSS_RING_FULL, 1, 1);
    add_loss(RECORDING_LOSS_PAUSED, 100, 100);
    add_loss(RECORDING_LOSS_NO_SLOT, 3, 1000);
    add_loss(RECORDING_LOSS_NO_CLOCK, 4, 1000);
    add_loss(RECORDING_LOSS_NOT_PRELOADED, 5, 1000);
    profile_totals(&profile, &totals);
    assert_int_equal(totals.lost_samples, 11);
    assert_int_equal(totals.lost_weight, 13);
    assert_int_equal(totals.losses[RECORDING_LOSS_RING_FULL], 11);
    assert_int_equal(totals.losses[RECORDING_LOSS_PAUSED], 100);
    assert_int_equal(totals.paused_ns, 100 * profile.period_ns);
    assert_int_equal(totals.losses[RECORDING_LOSS_NO_SLOT], 3);
    assert_int_equal(totals.losses[RECORDING_LOSS_NO_CLOCK], 4);
    assert_int_equal(totals.losses[RECORDING_LOSS_NOT_PRELOADED], 5);
}

static void processes_are_added_up(void **state)
{
    (void)state;
    add_process(1, 0, 2 * MS, 20 * MS, 18);
    add_process(2, 0, 0, 5 * MS, 5);
    assert_cpu(25, 2);
}

static void cpu_time_over_exec_is_counted_once(void **state)
{
    (void)state;
    // 3 start-up, 10 known, 4 between the programs, the rest sampled
    add_process(1, 0, 3 * MS, 10 * MS, 7);
    add_process(1, 1, 14 * MS, 40 * MS, 26);
    assert_cpu(40, 3 + 4);
}

static void samples_after_the_last_word_about_an_image_are_no_start_up(void **state)
{
    (void)state;
    // 10 were known of the first program, which was sampled on to 13 before it called exec
    add_process(1, 0, 0, 10 * MS, 13);
    add_process(1, 1, 14 * MS, 40 * MS, 26);
    assert_cpu(40, 1);
}

static void images_of_two_processes_may_alternate(void **state)
{
    (void)state;
    add_process(1, 0, 1 * MS, 10 * MS, 9);
    add_process(2, 0, 2 * MS, 20 * MS, 18);
    add_process(1, 1, 11 * MS, 15 * MS, 4);
    add_process(2, 1, 23 * MS, 30 * MS, 7);
    assert_cpu(15 + 30, 1 + 1 + 2 + 3);
}

static void a_process_without_end_counts_what_was_sampled(void **state)
{
    (void)state;
    add_process(1, 0, 3 * MS, 0, 7);
    assert_cpu(3 + 7, 3);
}

static void an_image_without_end_ends_where_the_next_begins(void **state)
{
    (void)state;
    // exec: 3 start-up and 7 sampled are known of the first, 2 more ran before the second
    add_process(1, 0, 3 * MS, 0, 7);
    add_process(1, 1, 12 * MS, 20 * MS, 8);
    assert_cpu(20, 3 + 2);
}

static void the_last_image_without_end_goes_on_from_the_one_before(void **state)
{
    (void)state;
    add_process(1, 0, 3 * MS, 10 * MS, 7);
    add_process(1, 1, 14 * MS, 0, 5);
    assert_cpu(14 + 5, 3 + 4);
}

static void an_image_that_began_before_the_last_one_was_over_adds_nothing_twice(void **state)
{
    (void)state;
    // more weight than CPU time is possible: a sample's period ends in the next program
    add_process(1, 0, 0, 0, 10);
    add_process(1, 1, 9 * MS, 20 * MS, 10);
    assert_cpu(20, 0);
}

static void an_image_of_which_nothing_is_known_takes_nothing_away(void **state)
{
    (void)state;
    add_process(1, 0, 0, 0, 10);
    add_process(1, 1, 9 * MS, 0, 0);
    assert_cpu(10, 0);
}

static void a_pid_that_was_given_out_again_is_another_process(void **state)
{
    (void)state;
    add_process(1, 0, 1 * MS, 10 * MS, 9);
    add_process(1, 0, 2 * MS, 5 * MS, 3);
    assert_cpu(15, 3);
}

static void more_samples_than_cpu_time_do_not_change_what_is_known(void **state)
{
    (void)state;
    add_process(1, 0, 0, 10 * MS, 12);
    assert_cpu(10, 0);
    assert_int_equal(totals.accounted_ns, 12 * MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_profile_has_zeros),
        TEST(samples_are_added_up),
        TEST(only_lost_samples_count_as_lost_samples),
        TEST(processes_are_added_up),
        TEST(cpu_time_over_exec_is_counted_once),
        TEST(samples_after_the_last_word_about_an_image_are_no_start_up),
        TEST(images_of_two_processes_may_alternate),
        TEST(a_process_without_end_counts_what_was_sampled),
        TEST(an_image_without_end_ends_where_the_next_begins),
        TEST(the_last_image_without_end_goes_on_from_the_one_before),
        TEST(an_image_that_began_before_the_last_one_was_over_adds_nothing_twice),
        TEST(an_image_of_which_nothing_is_known_takes_nothing_away),
        TEST(a_pid_that_was_given_out_again_is_another_process),
        TEST(more_samples_than_cpu_time_do_not_change_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
