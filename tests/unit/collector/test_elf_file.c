/* SPDX-License-Identifier: MIT */
/*
 * test_elf_file.c - this test's own program file, whole, cut and changed.
 */
#include "profiler/collector/elf_file.h"
#include "tests/unit/recording/recording_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MUTATIONS = 3000, HEAD = 64 * 1024 };

/* Asks everything there is to ask. Nothing but the sanitizers judge the answers. */
static void ask_everything(const char *path)
{
    struct elf_file elf;
    size_t size;
    uint64_t low, high, available = 0;
    volatile uint8_t sum = 0;
    if (elf_file_open(&elf, path, NULL) != 0)
        return;
    const uint8_t *id = elf_file_build_id(&elf, &size);
    for (size_t i = 0; i < size; i++)
        sum += id[i];
    if (elf.interpreter)
        sum += (uint8_t)strlen(elf.interpreter);
    sum += elf_file_needs(&elf, "libc.so");
    elf_file_extent(&elf, &low, &high);
    const uint8_t *bytes = elf_file_at(&elf, low, &available);
    if (bytes && available)
        sum += bytes[0] + bytes[available - 1];
    elf_file_close(&elf);
}

static void facts_of_a_program_are_found(void **state)
{
    (void)state;
    struct elf_file elf;
    uint64_t low, high, available;
    size_t size;
    assert_int_equal(elf_file_open(&elf, "/proc/self/exe", NULL), 0);
    assert_true(elf.is_64);
    assert_true(elf.header_count > 5);
    assert_non_null(strstr(elf.interpreter, "ld"));
    assert_true(elf_file_needs(&elf, "libc.so"));
    assert_true(elf_file_needs(&elf, "libc"));
    assert_false(elf_file_needs(&elf, "libc.so.6.and.more"));
    assert_false(elf_file_needs(&elf, "libnothing"));
    elf_file_extent(&elf, &low, &high);
    assert_true(low < high);
    assert_memory_equal(elf_file_at(&elf, low, &available), ELFMAG, SELFMAG);
    assert_null(elf_file_at(&elf, high + 0x100000, &available));
    elf_file_build_id(&elf, &size);
    assert_true(size <= 32);
    elf_file_close(&elf);
}

static void other_files_are_told_apart(void **state)
{
    (void)state;
    struct elf_file elf;
    struct error error = {0};
    assert_int_equal(elf_file_open(&elf, folder_path("missing"), &error), -1);
    assert_int_not_equal(error.code, 0);
    file_write(folder_path("text"), "#!/bin/sh\n", 10);
    assert_int_equal(elf_file_open(&elf, folder_path("text"), &error), 1);
    file_write(folder_path("empty"), "", 0);
    assert_int_equal(elf_file_open(&elf, folder_path("empty"), &error), 1);
}

static void files_cut_anywhere_do_no_harm(void **state)
{
    (void)state;
    struct text whole = TEXT_INIT;
    file_read("/proc/self/exe", &whole);
    for (size_t size = 0; size < 4096; size += size < 1200 ? 3 : 101) {
        file_write(folder_path("cut"), whole.data, size);
        ask_everything(folder_path("cut"));
    }
    text_release(&whole);
}

/* Changes in the headers, and in what they point at. */
static void changed_files_do_no_harm(void **state)
{
    (void)state;
    static const char extremes[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
    unsigned seed = 4711;
    struct text whole = TEXT_INIT;
    file_read("/bin/true", &whole);
    size_t head = whole.length < HEAD ? whole.length : HEAD;
    char *changed = malloc(head);
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(changed, whole.data, head);
        for (int changes = rand_r(&seed) % 4; changes >= 0; changes--) {
            size_t where = (size_t)rand_r(&seed) % (i % 2 ? 64 + 13 * 56 : 4096);
            changed[where] = rand_r(&seed) % 2 ? extremes[rand_r(&seed) % 5] : (char)rand_r(&seed);
        }
        file_write(folder_path("changed"), changed, head);
        ask_everything(folder_path("changed"));
    }
    free(changed);
    text_release(&whole);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_begin, folder_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_of_a_program_are_found),
        FOLDER_TEST(other_files_are_told_apart),
        FOLDER_TEST(files_cut_anywhere_do_no_harm),
        FOLDER_TEST(changed_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
