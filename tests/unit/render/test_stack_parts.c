/* SPDX-License-Identifier: MIT */
/*
 * test_stack_parts.c - samples summed up by stack, thread and gap: nothing lost, nothing twice.
 */
#include "render/stack_parts.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "tests/unit/render/render_fixture.h"

static struct profile profile;
static struct stack_parts parts;

static void sum_up(const char *stacks)
{
    profile_of(&profile, stacks);
    stack_parts_build(&parts, &profile);
}

static int end(void **state)
{
    (void)state;
    stack_parts_release(&parts);
    profile_release(&profile);
    return 0;
}

static uint32_t part_count(unsigned gap)
{
    return parts.ends[gap] - stack_parts_begin(&parts, gap);
}

static void samples_of_one_stack_and_thread_are_one_part(void **state)
{
    (void)state;
    sum_up("@1;a;b 3\n@2;a;b 1\n@1;a;b 4\n@2;a 1\n@1;a;b 5\n");
    assert_int_equal(parts.count, 3);
    assert_int_equal(part_count(STACK_GAP_NONE), 3);
    assert_int_equal(parts.parts[0].thread, 0);
    assert_int_equal(parts.parts[0].stack, profile.samples[0].stack);
    assert_int_equal(parts.parts[0].weight, 12);
    assert_int_equal(parts.parts[0].samples, 3);
    assert_int_equal(parts.parts[1].thread, 1);
    assert_int_equal(parts.parts[1].weight, 1);
    assert_int_equal(parts.parts[2].thread, 1);
}

static void parts_of_each_gap_are_neighbours(void **state)
{
    (void)state;
    sum_up("!4;a 1\na 2\n!1;a 3\n! 4\n!4;b 5\n");
    assert_int_equal(part_count(STACK_GAP_NONE), 1);
    assert_int_equal(part_count(RECORDING_STOP_NO_CFI), 1);
    assert_int_equal(part_count(RECORDING_STOP_BAD_CFI), 0);
    assert_int_equal(part_count(RECORDING_STOP_TRUNCATED), 2);
    assert_int_equal(parts.parts[stack_parts_begin(&parts, RECORDING_STOP_NO_CFI)].weight, 3);
    assert_int_equal(parts.ends[STACK_GAP_COUNT - 1], parts.count);
}

static void older_samples_are_parts_of_their_own(void **state)
{
    (void)state;
    sum_up("a 1\na 2\na 4\n");
    profile.samples[1].older = true;
    stack_parts_release(&parts);
    stack_parts_build(&parts, &profile);
    assert_int_equal(parts.count, 2);
    assert_false(parts.parts[0].older);
    assert_int_equal(parts.parts[0].weight, 5);
    assert_true(parts.parts[1].older);
    assert_int_equal(parts.parts[1].weight, 2);
}

static void samples_that_count_for_nothing_do_not_overflow(void **state)
{
    (void)state;
    sum_up("a 0\na 0\na 0\na 0\n");
    assert_int_equal(profile.sample_count, 4);
    for (uint32_t i = 0; i < profile.sample_count; i++)
        profile.samples[i].more = UINT32_MAX; // as many as its weight says
    stack_parts_release(&parts);
    stack_parts_build(&parts, &profile);
    for (uint32_t i = 0; i < parts.count; i++)
        assert_int_equal(parts.parts[i].weight + parts.parts[i].samples, 0);
}

static void sums_of_random_samples_are_those_of_brute_force(void **state)
{
    (void)state;
    enum { STACKS = 12, THREADS = 5, SAMPLES = 3000 };
    uint64_t seed = 7, expected[STACKS + 1][THREADS][STACK_GAP_COUNT] = {0};
    struct text text = TEXT_INIT;
    for (int i = 0; i < STACKS; i++)
        text_printf(&text, "@%d;main;f%d 1\n", i % THREADS, i);
    sum_up(text.data);
    text_release(&text);
    profile.sample_count = 0;
    for (int i = 0; i < SAMPLES; i++) {
        uint64_t chance = next_random(&seed);
        struct profile_sample *sample =
            array_push(&profile.samples, &profile.sample_count, &profile.sample_capacity);
        sample->stack = chance % (STACKS + 1) ? (uint32_t)(chance % STACKS) : PROFILE_NONE;
        sample->thread = (uint32_t)(chance >> 8) % THREADS;
        sample->stop = (uint8_t)((chance >> 16) % RECORDING_STOP_COUNT);
        sample->weight = 1 + (chance >> 24) % 9;
        uint32_t row = sample->stack == PROFILE_NONE ? STACKS : sample->stack;
        expected[row][sample->thread][stack_gap_of(sample)] += sample->weight;
    }
    stack_parts_release(&parts);
    stack_parts_build(&parts, &profile);
    for (unsigned gap = 0; gap < STACK_GAP_COUNT; gap++) {
        for (uint32_t i = stack_parts_begin(&parts, gap); i < parts.ends[gap]; i++) {
            const struct stack_part *part = &parts.parts[i];
            uint32_t row = part->stack == profile.stack_count ? STACKS : part->stack;
            assert_int_equal(part->weight, expected[row][part->thread][gap]);
            expected[row][part->thread][gap] = 0;
        }
    }
    for (size_t i = 0; i < sizeof expected / 8; i++)
        assert_int_equal((&expected[0][0][0])[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(samples_of_one_stack_and_thread_are_one_part, end),
        cmocka_unit_test_teardown(parts_of_each_gap_are_neighbours, end),
        cmocka_unit_test_teardown(older_samples_are_parts_of_their_own, end),
        cmocka_unit_test_teardown(samples_that_count_for_nothing_do_not_overflow, end),
        cmocka_unit_test_teardown(sums_of_random_samples_are_those_of_brute_force, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
