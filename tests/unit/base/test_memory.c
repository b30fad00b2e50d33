/* SPDX-License-Identifier: MIT */
/*
 * test_memory.c - arrays keep what they hold while they grow, however large.
 */
#include "profiler/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    MANY = 3 << 20
}; /* numbers: growing passes the size from which blocks are moved otherwise */

static void a_growing_array_keeps_its_elements(void **state)
{
    (void)state;
    uint32_t *numbers = NULL, count = 0, capacity = 0;
    for (uint32_t i = 0; i < MANY; i++)
        *array_push(&numbers, &count, &capacity) = i * 2654435761u;
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(numbers[i], i * 2654435761u);
    free(numbers);
}

static void a_block_keeps_what_still_fits_when_it_shrinks(void **state)
{
    (void)state;
    uint32_t *numbers = memory_resize(NULL, MANY, sizeof *numbers);
    for (uint32_t i = 0; i < MANY; i++)
        numbers[i] = i;
    numbers = memory_resize(numbers, MANY / 2, sizeof *numbers);
    numbers = memory_resize(numbers, 1000, sizeof *numbers);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
    free(numbers);
}

static void room_ahead_is_used_before_an_array_grows(void **state)
{
    (void)state;
    uint32_t *numbers = NULL, count = 0, capacity = 0;
    array_reserve(&numbers, &capacity, MANY);
    assert_int_equal(capacity, MANY);
    const uint32_t *before = numbers;
    for (uint32_t i = 0; i < MANY; i++)
        *array_push(&numbers, &count, &capacity) = i;
    assert_ptr_equal(numbers, before);
    *array_push(&numbers, &count, &capacity) = MANY;
    for (uint32_t i = 0; i <= MANY; i++)
        assert_int_equal(numbers[i], i);
    free(numbers);
}

static void no_room_is_made_for_what_nobody_could_have(void **state)
{
    (void)state;
    uint32_t *numbers = NULL, capacity = 0;
    array_reserve(&numbers, &capacity, UINT64_MAX / 2);
    assert_null(numbers);
    array_reserve(&numbers, &capacity, 1000000000);
    assert_null(numbers);
    assert_int_equal(capacity, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_growing_array_keeps_its_elements),
        cmocka_unit_test(a_block_keeps_what_still_fits_when_it_shrinks),
        cmocka_unit_test(room_ahead_is_used_before_an_array_grows),
        cmocka_unit_test(no_room_is_made_for_what_nobody_could_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
