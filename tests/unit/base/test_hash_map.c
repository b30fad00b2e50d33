/* SPDX-License-Identifier: MIT */
/*
 * test_hash_map.c - keys and strings that were made to collide, and seeds that nobody knows.
 */
#include "profiler/base/hash_map.h"

#include "profiler/base/string_table.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
    COUNT = 20000,
    RUN = 400,     /* of slots that are used: twice what chance makes of so many keys */
    WORD = 8,      /* bytes that string_table hashes at a time */
    MOST_ALIKE = 8 /* strings of one hash, as in string_table.c */
};

/* The value whose hash_u64 is this. */
static uint64_t unhash(uint64_t hash)
{
    hash = (hash ^ (hash >> 33)) * 0x9cb4b2f8129337dbULL; // the inverses of its factors
    hash = (hash ^ (hash >> 33)) * 0x4f74430c22a54005ULL;
    return hash ^ (hash >> 33);
}

/* That hash_map would look for at one slot if it had this seed, however large it grows. */
static uint64_t key_for_seed(uint64_t seed, uint64_t i)
{
    return unhash(i << 32 | 5) ^ seed;
}

static uint32_t longest_run(const struct hash_map *map)
{
    uint32_t longest = 0, run = 0;
    for (uint32_t i = 0; i < 2 * map->capacity; i++) { // the end goes on at the beginning
        run = map->slots[i & (map->capacity - 1)].used ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void keys_made_for_one_slot_lie_apart(void **state)
{
    struct hash_map map = {0};
    (void)state;
    assert_int_equal(hash_u64(unhash(12345)), 12345);
    for (uint32_t i = 0; i < COUNT; i++)
        *hash_map_at(&map, key_for_seed(0, i)) = i;
    assert_in_range(longest_run(&map), 1, RUN);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(hash_map_get(&map, key_for_seed(0, i)), i);
    hash_map_release(&map);
}

static void keys_made_for_a_known_seed_change_it(void **state)
{
    struct hash_map map = {0};
    (void)state;
    *hash_map_at(&map, 1) = 1;
    uint64_t known = map.seed;
    for (uint32_t i = 0; i < COUNT; i++)
        *hash_map_at(&map, key_for_seed(known, i)) = i;
    assert_int_not_equal(map.seed, known);
    assert_in_range(longest_run(&map), 1, RUN);
    assert_int_equal(map.count, COUNT + 1);
    assert_int_equal(hash_map_get(&map, 1), 1);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(hash_map_get(&map, key_for_seed(known, i)), i);
    hash_map_release(&map);
}

/* Two words, the second of which takes back what the first one did. */
static void string_for_seed(uint64_t seed, uint64_t i, char string[2 * WORD])
{
    const uint64_t same = 0x1234567;
    uint64_t second = unhash(same) ^ hash_u64(seed ^ 2 * WORD ^ i);
    memcpy(string, &i, WORD);
    memcpy(string + WORD, &second, WORD);
}

/* Strings of one hash, where that is not just one. */
static uint32_t longest_chain(const struct string_table *table)
{
    uint32_t longest = 0;
    for (uint32_t id = 1; id < table->count; id++) {
        uint32_t length = 1;
        for (uint32_t at = id; table->entries[at].next; at = table->entries[at].next)
            length++;
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* Returns the strings that are compared with before a new one is known to be new, at most. */
static uint32_t add_strings(struct string_table *table, uint64_t seed)
{
    char string[2 * WORD];
    uint32_t before = string_table_add_string(table, "before");
    for (uint32_t i = 0; i < COUNT; i++) {
        string_for_seed(seed, i, string);
        assert_int_equal(string_table_add(table, string, sizeof string), before + 1 + i);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        string_for_seed(seed, i, string);
        assert_int_equal(string_table_add(table, string, sizeof string), before + 1 + i);
    }
    assert_int_equal(string_table_add_string(table, "before"), before);
    assert_int_equal(string_table_add(table, "", 0), 0);
    assert_in_range(longest_run(&table->by_hash), 1, RUN);
    return longest_chain(table);
}

static void strings_made_to_collide_do_not(void **state)
{
    const uint64_t seeds[] = {0, 1, 0xcbf29ce484222325u /* that of FNV-1a */};
    (void)state;
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct string_table table;
        string_table_init(&table);
        assert_int_equal(add_strings(&table, seeds[i]), 1);
        string_table_release(&table);
    }
}

static void strings_made_for_a_known_seed_change_it(void **state)
{
    struct string_table table;
    (void)state;
    string_table_init(&table);
    uint64_t known = table.seed;
    assert_in_range(add_strings(&table, known), 1, MOST_ALIKE);
    assert_int_not_equal(table.seed, known);
    string_table_release(&table);
}

static void seeds_are_another_process_s_own(void **state)
{
    char seeds[2][32] = {{0}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        FILE *process = popen("./test_base_hash_map seed", "r");
        assert_non_null(process);
        assert_non_null(fgets(seeds[i], sizeof seeds[i], process));
        assert_int_equal(pclose(process), 0);
    }
    assert_string_not_equal(seeds[0], seeds[1]);
    assert_int_equal(hash_seed(), hash_seed());
    assert_int_not_equal(hash_seed_new(), hash_seed_new());
}

int main(int argument_count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_made_for_one_slot_lie_apart),
        cmocka_unit_test(keys_made_for_a_known_seed_change_it),
        cmocka_unit_test(strings_made_to_collide_do_not),
        cmocka_unit_test(strings_made_for_a_known_seed_change_it),
        cmocka_unit_test(seeds_are_another_process_s_own),
    };
    if (argument_count > 1 && strcmp(arguments[1], "seed") == 0)
        return printf("%" PRIx64 "\n", hash_seed()) < 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
