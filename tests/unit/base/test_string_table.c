/* SPDX-License-Identifier: MIT */
/*
 * test_string_table.c - each string once, also where several tables become one.
 */
#include "profiler/base/string_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void strings_are_bytes_and_are_kept_once(void **state)
{
    (void)state;
    struct string_table table;
    string_table_init(&table);
    assert_int_equal(string_table_add(&table, "", 0), 0);
    uint32_t id = string_table_add(&table, "a\0b", 3);
    assert_int_equal(string_table_add(&table, "a\0b", 3), id);
    assert_int_not_equal(string_table_add(&table, "a\0c", 3), id);
    assert_int_not_equal(string_table_add_string(&table, "a"), id);
    assert_memory_equal(string_table_get(&table, id), "a\0b", 4);
    assert_int_equal(string_table_size(&table, id), 3);
    assert_string_equal(string_table_get(&table, 1000), "");
    string_table_release(&table);
}

/* Blocks grow with the table, and strings may be larger than any. */
static void pointers_stay_valid_while_the_table_grows(void **state)
{
    (void)state;
    enum { COUNT = 3000, LONG = 6 << 20 };
    struct string_table table;
    string_table_init(&table);
    const char *first = string_table_get(&table, string_table_add_string(&table, "the first"));
    char *text = malloc(LONG);
    memset(text, 'x', LONG);
    uint32_t longest = string_table_add(&table, text, LONG);
    for (int i = 0; i < COUNT; i++) {
        snprintf(text, LONG, "%d", i);
        string_table_add(&table, text, 4000);
    }
    assert_string_equal(first, "the first");
    assert_int_equal(string_table_size(&table, longest), LONG);
    assert_int_equal(string_table_get(&table, longest)[LONG - 1], 'x');
    free(text);
    string_table_release(&table);
}

static void adopted_strings_outlive_the_table_they_came_from(void **state)
{
    (void)state;
    struct string_table table, other;
    string_table_init(&table);
    string_table_init(&other);
    uint32_t known = string_table_add_string(&table, "known");
    uint32_t same = string_table_add_string(&other, "known");
    uint32_t fresh = string_table_add_string(&other, "fresh");
    assert_int_equal(string_table_adopt(&table, &other, 0), 0);
    assert_int_equal(string_table_adopt(&table, &other, same), known);
    uint32_t adopted = string_table_adopt(&table, &other, fresh);
    assert_ptr_equal(string_table_get(&table, adopted), string_table_get(&other, fresh));
    assert_int_equal(string_table_adopt(&table, &other, fresh), adopted);
    string_table_take(&table, &other);
    assert_int_equal(other.count, 0);
    assert_string_equal(string_table_get(&table, adopted), "fresh");
    assert_int_equal(string_table_add_string(&table, "fresh"), adopted);
    assert_int_equal(string_table_add_string(&table, "more"), adopted + 1);
    string_table_release(&table);
}

static void tables_with_other_seeds_become_one_too(void **state)
{
    (void)state;
    struct string_table table = {.seed = 1}, other = {.seed = 2};
    string_table_add(&table, "", 0);
    string_table_add(&other, "", 0);
    uint32_t known = string_table_add_string(&table, "known");
    uint32_t same = string_table_add_string(&other, "known");
    uint32_t fresh = string_table_add_string(&other, "fresh");
    assert_int_equal(string_table_adopt(&table, &other, same), known);
    uint32_t adopted = string_table_adopt(&table, &other, fresh);
    assert_int_equal(string_table_add_string(&table, "fresh"), adopted);
    string_table_take(&table, &other);
    string_table_release(&table);
}

static void a_table_without_bytes_can_be_taken_and_take(void **state)
{
    (void)state;
    struct string_table table = {0}, other = {0};
    string_table_take(&table, &other);
    string_table_init(&other);
    string_table_add_string(&other, "x");
    string_table_take(&table, &other);
    assert_int_equal(other.count, 0);
    string_table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_bytes_and_are_kept_once),
        cmocka_unit_test(pointers_stay_valid_while_the_table_grows),
        cmocka_unit_test(adopted_strings_outlive_the_table_they_came_from),
        cmocka_unit_test(tables_with_other_seeds_become_one_too),
        cmocka_unit_test(a_table_without_bytes_can_be_taken_and_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
