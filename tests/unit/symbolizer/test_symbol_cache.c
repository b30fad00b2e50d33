/* SPDX-License-Identifier: MIT */
/*
 * test_symbol_cache.c - answers come back as they were kept, or not at all.
 */
#include "symbolizer/symbol_cache.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiled.h"

#define FILE_PATH "cache/below/name"

static struct symbol_cache *open_cache(const char *identity, struct string_table *strings)
{
    return symbol_cache_open("cache/below", "name", identity, strings);
}

/* Adds chains of two frames for `count` addresses from `first` on, and closes the cache. */
static void keep_in(const char *identity, uint64_t first, uint32_t count,
                    struct string_table *strings, struct symbol_cache_writes *writes)
{
    struct symbol_result result = {0};
    struct symbol_cache *cache = open_cache(identity, strings);
    for (uint32_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "function %u", (unsigned)(first + i));
        struct symbol_chain chain = {result.frame_count, 2, SYMBOL_FROM_DWARF};
        struct symbol_frame *inner =
            array_push(&result.frames, &result.frame_count, &result.frame_capacity);
        inner->name = string_table_add_string(strings, "inlined");
        inner->line = i;
        inner->discriminator = 7;
        struct symbol_frame *outer =
            array_push(&result.frames, &result.frame_count, &result.frame_capacity);
        outer->name = string_table_add_string(strings, name);
        outer->linkage_name = string_table_add_string(strings, "_Z8function");
        outer->file = outer->declared_file = string_table_add_string(strings, "/a/b.c");
        outer->declared_line = 3;
        symbol_cache_add(cache, first + i, &result, &chain);
    }
    symbol_cache_close(cache, writes);
    free(result.frames);
}

static void keep(const char *identity, uint64_t first, uint32_t count)
{
    struct string_table strings;
    string_table_init(&strings);
    keep_in(identity, first, count, &strings, NULL);
    string_table_release(&strings);
}

/* How many of the addresses are known; those must be as `keep` had them, unless the file was
 * damaged in a way that its checksum cannot tell. */
static uint32_t known(const char *identity, uint64_t first, uint32_t count)
{
    struct string_table strings;
    struct symbol_result result = {0};
    uint32_t found = 0;
    string_table_init(&strings);
    struct symbol_cache *cache = open_cache(identity, &strings);
    for (uint32_t i = 0; i < count; i++) {
        struct symbol_chain chain;
        char name[32];
        if (!symbol_cache_find(cache, first + i, &result, &chain))
            continue;
        found++;
        snprintf(name, sizeof name, "function %u", (unsigned)(first + i));
        assert_int_equal(chain.frame_count, 2);
        assert_int_equal(chain.origin, SYMBOL_FROM_DWARF);
        const struct symbol_frame *frames = &result.frames[chain.first_frame];
        assert_string_equal(string_table_get(&strings, frames[0].name), "inlined");
        assert_int_equal(frames[0].line, i);
        assert_int_equal(frames[0].discriminator, 7);
        assert_string_equal(string_table_get(&strings, frames[1].name), name);
        assert_string_equal(string_table_get(&strings, frames[1].linkage_name), "_Z8function");
        assert_string_equal(string_table_get(&strings, frames[1].declared_file), "/a/b.c");
        assert_int_equal(frames[1].declared_line, 3);
    }
    symbol_cache_close(cache, NULL);
    free(result.frames);
    string_table_release(&strings);
    return found;
}

static int begin(void **state)
{
    (void)state;
    return system("rm -rf cache");
}

static void answers_may_be_written_later(void **state)
{
    (void)state;
    struct string_table strings;
    struct symbol_cache_writes writes = {0};
    keep("same", 100, 10);
    string_table_init(&strings);
    keep_in("same", 200, 10, &strings, &writes);
    keep_in("same", 300, 10, &strings, &writes);
    assert_int_equal(writes.count, 2);
    assert_int_equal(known("same", 200, 10), 0);
    symbol_cache_write(&writes);
    assert_int_equal(writes.count, 0);
    assert_int_equal(known("same", 100, 10), 10);
    assert_int_equal(known("same", 200, 10), 0); // of two, the later one stays
    assert_int_equal(known("same", 300, 10), 10);
    symbol_cache_write(&writes);
    assert_int_equal(known("same", 300, 10), 10);
    string_table_release(&strings);
}

static void answers_come_back_as_they_were(void **state)
{
    (void)state;
    assert_int_equal(known("same", 100, 50), 0);
    keep("same", 100, 50);
    assert_int_equal(known("same", 100, 50), 50);
    assert_int_equal(known("same", 150, 50), 0);
}

static void additions_join_what_was_there(void **state)
{
    (void)state;
    keep("same", 200, 10);
    keep("same", 100, 10);
    assert_int_equal(known("same", 200, 10), 10);
    assert_int_equal(known("same", 100, 10), 10);
}

static void another_identity_makes_all_void(void **state)
{
    (void)state;
    keep("old", 100, 10);
    assert_int_equal(known("new", 100, 10), 0);
    keep("new", 300, 10);
    assert_int_equal(known("new", 100, 10), 0);
    assert_int_equal(known("old", 300, 10), 0);
}

/* Files of holes stand for what other programs' answers take; all together, they are too many. */
static void put_old_file(const char *path, uint64_t size, time_t used)
{
    const struct timespec times[2] = {{.tv_sec = used}, {.tv_sec = used}};
    run(": >%s", path);
    assert_int_equal(truncate(path, (off_t)size), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void files_used_least_recently_go_when_there_are_too_many(void **state)
{
    const uint64_t third = SYMBOL_CACHE_MAX_BYTES / 3;
    (void)state;
    keep("same", 100, 10);
    put_old_file("cache/below/newer", third, 3000);
    put_old_file("cache/below/oldest", third, 1000);
    put_old_file("cache/below/older", third, 2000);
    keep("same", 200, 10);
    assert_int_equal(access("cache/below/oldest", F_OK), -1);
    assert_int_equal(access("cache/below/older", F_OK), 0);
    assert_int_equal(access("cache/below/newer", F_OK), 0);
    put_old_file("cache/below/huge", SYMBOL_CACHE_MAX_BYTES, 4000);
    keep("same", 300, 10);
    assert_int_equal(access("cache/below/older", F_OK), -1);
    assert_int_equal(access("cache/below/newer", F_OK), -1);
    assert_int_equal(access("cache/below/huge", F_OK), -1);
    assert_int_equal(known("same", 300, 10), 10);
}

static void damage_anywhere_makes_all_void(void **state)
{
    struct mapped_file file;
    (void)state;
    keep("same", 100, 20);
    assert_int_equal(mapped_file_open(&file, FILE_PATH, NULL), 0);
    uint8_t *copy = malloc(file.size);
    for (size_t i = 0; i < 2 * file.size; i++) {
        size_t size = i < file.size ? file.size : i - file.size; // first flipped, then cut
        memcpy(copy, file.data, file.size);
        if (i < file.size)
            copy[i] ^= 0x40;
        unlink(FILE_PATH);
        FILE *out = fopen(FILE_PATH, "w");
        assert_non_null(out);
        assert_int_equal(fwrite(copy, 1, size, out), size);
        fclose(out);
        assert_int_equal(known("same", 100, 20), 0);
    }
    free(copy);
    mapped_file_close(&file);
}

static void file_of_another_kind_is_left_alone(void **state)
{
    (void)state;
    keep("same", 100, 10);
    run("mv " FILE_PATH " cache/elsewhere && ln -s ../elsewhere " FILE_PATH);
    assert_int_equal(known("same", 100, 10), 0);
}

static void writers_at_once_leave_a_good_file(void **state)
{
    enum { WRITERS = 4, ROUNDS = 20 };
    (void)state;
    keep("same", 0, 10);
    for (int w = 0; w < WRITERS; w++) {
        if (fork() == 0) {
            for (int round = 0; round < ROUNDS; round++)
                keep("same", 1000u * (unsigned)(w + 1), 10);
            _exit(0);
        }
    }
    // whoever reads meanwhile finds the answers or nothing, never others
    for (int round = 0; round < ROUNDS; round++)
        known("same", 0, 10);
    for (int w = 0, status; w < WRITERS; w++) {
        wait(&status);
        assert_int_equal(status, 0);
    }
    uint32_t found = 0;
    for (unsigned w = 1; w <= WRITERS; w++)
        found += known("same", 1000u * w, 10);
    assert_true(found >= 10);
}

static void symbolizer_answers_the_same_from_the_cache(void **state)
{
    struct symbolizer_options options = {.cache_directory = "cache/real"};
    struct symbol_module module = {.path = "./base"};
    (void)state;
    run("%s -g -O2 -Wl,--build-id -o base %s/matrix_c.c", GCC, SOURCES);
    uint64_t start = symbol_of("base", "with_loop").value;
    uint64_t addresses[8];
    for (int i = 0; i < 8; i++)
        addresses[i] = start + 8u * (unsigned)(i % 6); // two of them twice
    for (int round = 0; round < 2; round++) {
        struct string_table strings;
        struct symbol_result result;
        string_table_init(&strings);
        struct symbolizer *symbolizer = symbolizer_new(&options, &strings);
        symbolizer_resolve(symbolizer, &module, addresses, 8, &result);
        assert_string_equal(string_table_get(&strings, result.source), "DWARF in ./base");
        assert_int_equal(result.reason, 0);
        assert_int_equal(result.origins[SYMBOL_FROM_DWARF], 6);
        for (int i = 0; i < 8; i++) {
            const struct symbol_chain *chain = &result.chains[i];
            const struct symbol_frame *last =
                &result.frames[chain->first_frame + chain->frame_count - 1];
            assert_string_equal(string_table_get(&strings, last->name), "with_loop");
        }
        symbol_result_release(&result);
        symbolizer_free(symbolizer);
        string_table_release(&strings);
        run("[ $(ls cache/real | wc -l) = 1 ]");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(answers_come_back_as_they_were, begin),
        cmocka_unit_test_setup(answers_may_be_written_later, begin),
        cmocka_unit_test_setup(additions_join_what_was_there, begin),
        cmocka_unit_test_setup(another_identity_makes_all_void, begin),
        cmocka_unit_test_setup(files_used_least_recently_go_when_there_are_too_many, begin),
        cmocka_unit_test_setup(damage_anywhere_makes_all_void, begin),
        cmocka_unit_test_setup(file_of_another_kind_is_left_alone, begin),
        cmocka_unit_test_setup(writers_at_once_leave_a_good_file, begin),
        cmocka_unit_test_setup(symbolizer_answers_the_same_from_the_cache, begin),
    };
    run("rm -rf caches && mkdir caches");
    if (chdir("caches") != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
