/* SPDX-License-Identifier: MIT */
/*
 * corpus_mutations.c - a fuzz target on its kept corpus (CORPUS, a folder), as it is and damaged.
 *
 * The sanitizers and the fuzz target's own checks are the judges; alarm() ends what does not end.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "profiler/base/mapped_file.h"
#include "profiler/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MUTATIONS = 150, LIMIT_SECONDS = 120 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A copy of exact size, so that one byte too far is seen; its first byte, which says what it is, is
 * kept. */
static void run_damaged(const struct mapped_file *file, uint64_t seed)
{
    uint64_t random = 0x9e3779b97f4a7c15u * (seed + 1);
    size_t size = seed % 4 ? file->size : 1 + next_random(&random) % file->size;
    uint8_t *copy = malloc(size);
    memcpy(copy, file->data, size);
    for (unsigned i = 1 + next_random(&random) % 8; seed && size > 1 && i > 0; i--)
        copy[1 + next_random(&random) % (size - 1)] = (uint8_t)next_random(&random);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void kept_inputs_and_damaged_ones_are_survived(void **state)
{
    uint32_t files = 0;
    DIR *folder = opendir(CORPUS);
    (void)state;
    assert_non_null(folder);
    alarm(LIMIT_SECONDS);
    for (struct dirent *item; (item = readdir(folder));) {
        struct text path = TEXT_INIT;
        struct mapped_file file;
        text_printf(&path, "%s/%s", CORPUS, item->d_name);
        if (item->d_name[0] != '.' && mapped_file_open(&file, path.data, NULL) == 0) {
            for (uint64_t seed = 0; seed < MUTATIONS; seed++)
                run_damaged(&file, seed);
            mapped_file_close(&file);
            files++;
        }
        text_release(&path);
    }
    closedir(folder);
    alarm(0);
    assert_true(files > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_inputs_and_damaged_ones_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
