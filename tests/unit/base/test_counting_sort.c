/* SPDX-License-Identifier: MIT */
/*
 * test_counting_sort.c - ascending, complete, and stable.
 */
#include "profiler/base/counting_sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct record {
    uint32_t other, key;
};

static void equal_keys_stay_in_their_order(void **state)
{
    (void)state;
    static const struct record records[] = {{9, 3}, {9, 0}, {9, 3}, {9, 1}, {9, 0}, {9, 3}};
    static const uint32_t expected[] = {1, 4, 3, 0, 2, 5};
    uint32_t *order = counting_sort(NULL, 6, &records->key, sizeof *records, 4);
    assert_memory_equal(order, expected, sizeof expected);
    free(order);
}

static void a_second_key_goes_before_the_first(void **state)
{
    (void)state;
    static const struct record records[] = {{1, 1}, {0, 1}, {1, 0}, {0, 0}, {2, 1}};
    static const uint32_t expected[] = {3, 2, 1, 0, 4};
    uint32_t *by_other = counting_sort(NULL, 5, &records->other, sizeof *records, 3);
    uint32_t *order = counting_sort(by_other, 5, &records->key, sizeof *records, 2);
    assert_memory_equal(order, expected, sizeof expected);
    free(by_other);
    free(order);
}

static void nothing_is_sorted_into_nothing(void **state)
{
    (void)state;
    uint32_t *order = counting_sort(NULL, 0, NULL, sizeof(struct record), 0);
    assert_non_null(order);
    free(order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_keys_stay_in_their_order),
        cmocka_unit_test(a_second_key_goes_before_the_first),
        cmocka_unit_test(nothing_is_sorted_into_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
