/* SPDX-License-Identifier: MIT */
/*
 * test_damage.c - whatever is in the file, the symbolizer answers and stays within bounds.
 *
 * FIXTURES holds the paths of fixture.c's builds. The sanitizers are the judge of bounds; the tests
 * themselves see that there is an answer for every address, and that none takes too long.
 */
#include "symbolizer/symbolizer.h"

#include "profiler/base/clock.h"
#include "profiler/base/mapped_file.h"
#include "symbolizer/elf_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* libdwarf 20210528 loses what it has allocated for an entry when it finds damage in it. That we
 * lose nothing ourselves is seen by the tests with good files. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:_dwarf_get_alloc";
}

enum { MUTATIONS = 1000, ADDRESSES = 256, LIMIT_SECONDS = 120 };

static const char *const fixtures[] = {FIXTURES};
enum { FIXTURE_COUNT = sizeof fixtures / sizeof *fixtures };

/* The addresses of all code of the fixture, which begins at 0x200 or later. */
static uint32_t resolve(const void *image, size_t size)
{
    static const char *const nowhere[] = {NULL};
    struct symbolizer_options options = {.debug_directories = nowhere};
    struct symbol_module module = {.path = "fixture", .image = image, .image_size = size};
    struct string_table strings;
    struct symbol_result result;
    uint64_t addresses[ADDRESSES];
    for (uint32_t i = 0; i < ADDRESSES; i++)
        addresses[i] = 0x200 + 4 * i;
    string_table_init(&strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &strings);
    symbolizer_resolve(symbolizer, &module, addresses, ADDRESSES, &result);
    assert_int_equal(result.chain_count, ADDRESSES);
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        const struct symbol_chain *chain = &result.chains[i];
        assert_in_range(chain->frame_count, 1, 300);
        for (uint32_t f = 0; f < chain->frame_count; f++)
            assert_int_not_equal(result.frames[chain->first_frame + f].name, 0);
    }
    uint32_t by_dwarf = result.origins[SYMBOL_FROM_DWARF];
    symbol_result_release(&result);
    symbolizer_free(symbolizer);
    string_table_release(&strings);
    return by_dwarf;
}

static void undamaged_fixture_is_named_by_its_debug_information(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_COUNT; i++) {
        struct mapped_file file;
        assert_int_equal(mapped_file_open(&file, fixtures[i], NULL), 0);
        assert_true(resolve(file.data, file.size) > 20);
        mapped_file_close(&file);
    }
}

/* A copy of exact size, so that one byte too far is seen. */
static void resolve_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    resolve(copy, size);
    free(copy);
}

static void file_cut_anywhere_is_answered(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_COUNT; i++) {
        struct mapped_file file;
        assert_int_equal(mapped_file_open(&file, fixtures[i], NULL), 0);
        // the section table is last: cut off, little is read; so the table is cut byte by byte, and
        // the contents with a header that says there is none are no different from one another
        for (size_t size = 0; size < file.size;
             size += size < 512 || size + 2048 > file.size ? 1 : 37)
            resolve_copy(file.data, size);
        mapped_file_close(&file);
    }
}

/* The section table stays, but every section ends where the file is cut. */
static void contents_cut_anywhere_are_answered(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_COUNT; i++) {
        struct mapped_file file;
        assert_int_equal(mapped_file_open(&file, fixtures[i], NULL), 0);
        uint8_t *copy = malloc(file.size);
        uint64_t table;
        memcpy(copy, file.data, file.size);
        memcpy(&table, file.data + 40, sizeof table); // e_shoff
        for (uint64_t end = table; end > 64; end -= end > table / 2 ? 7 : 31) {
            memset(copy + end, 0, table - end);
            resolve(copy, file.size);
        }
        free(copy);
        mapped_file_close(&file);
    }
}

/* Turns every forward reference of .debug_info, as those to siblings are, into one that leads back
 * to each of the bytes before it: to its own entry among them. */
static void references_that_lead_back_end(void **state)
{
    enum { REACH = 40 };
    (void)state;
    alarm(LIMIT_SECONDS);
    for (int i = 0; i < FIXTURE_COUNT; i++) {
        struct elf_image image;
        assert_int_equal(elf_image_open(&image, fixtures[i], NULL), 0);
        const struct elf_section *info = elf_image_section(&image, ".debug_info");
        uint8_t *copy = malloc(image.size);
        memcpy(copy, image.data, image.size);
        for (uint32_t at = REACH; at + 4 <= info->size; at++) {
            uint8_t *place = copy + info->offset + at;
            uint32_t original;
            memcpy(&original, place, sizeof original);
            for (uint32_t to = at - REACH; to < at && original > at && original < info->size;
                 to++) {
                memcpy(place, &to, sizeof to);
                resolve(copy, image.size);
            }
            memcpy(place, &original, sizeof original);
        }
        free(copy);
        elf_image_release(&image);
    }
    alarm(0);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* xorshift64 with a fixed seed per case: a failure comes again. */
static void mutate(uint8_t *bytes, size_t size, uint64_t seed)
{
    uint64_t random = 0x9e3779b97f4a7c15u * (seed + 1);
    unsigned count = 1 + next_random(&random) % 24;
    for (unsigned i = 0; i < count; i++) {
        static const uint8_t extremes[] = {0, 1, 0x7f, 0x80, 0xff};
        size_t at = next_random(&random) % size;
        uint64_t value = next_random(&random);
        bytes[at] = value & 256 ? (uint8_t)value : extremes[value % sizeof extremes];
    }
}

/* Told when more than usual are asked for: what took longest is worth a look. */
struct slowest {
    uint64_t ns, seed, count;
    int fixture;
};

static void resolve_timed(const uint8_t *copy, size_t size, uint64_t seed, int fixture,
                          struct slowest *slowest)
{
    uint64_t from = clock_read_ns(CLOCK_MONOTONIC);
    resolve(copy, size);
    uint64_t ns = clock_read_ns(CLOCK_MONOTONIC) - from;
    slowest->count++;
    if (ns <= slowest->ns)
        return;
    slowest->ns = ns;
    slowest->seed = seed;
    slowest->fixture = fixture;
}

static void mutated_files_are_answered_in_time(void **state)
{
    struct slowest slowest = {0};
    const char *wanted = getenv("PROF_TEST_MUTATIONS"); // more of them, for a longer search
    uint64_t mutations = wanted ? strtoull(wanted, NULL, 10) : MUTATIONS;
    (void)state;
    if (!wanted)
        alarm(LIMIT_SECONDS); // ends the program: a walk without end is a failure, too
    for (int i = 0; i < FIXTURE_COUNT; i++) {
        struct mapped_file file;
        assert_int_equal(mapped_file_open(&file, fixtures[i], NULL), 0);
        for (uint64_t seed = 0; seed < mutations; seed++) {
            uint8_t *copy = malloc(file.size);
            memcpy(copy, file.data, file.size);
            // half of them keep the ELF header and with it a chance to get further
            size_t from = seed % 2 ? 64 : 0;
            mutate(copy + from, file.size - from, seed * FIXTURE_COUNT + (uint64_t)i);
            resolve_timed(copy, file.size, seed, i, &slowest);
            free(copy);
        }
        mapped_file_close(&file);
    }
    alarm(0);
    if (wanted)
        print_message("%llu mutated files; the slowest took %.1f ms (%s, seed %llu)\n",
                      (unsigned long long)slowest.count, (double)slowest.ns / 1e6,
                      fixtures[slowest.fixture], (unsigned long long)slowest.seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undamaged_fixture_is_named_by_its_debug_information),
        cmocka_unit_test(file_cut_anywhere_is_answered),
        cmocka_unit_test(contents_cut_anywhere_are_answered),
        cmocka_unit_test(references_that_lead_back_end),
        cmocka_unit_test(mutated_files_are_answered_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
