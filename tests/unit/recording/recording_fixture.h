/* SPDX-License-Identifier: MIT */
/*
 * recording_fixture.h - what the tests of recordings share: a folder to work in, whole files as
 * bytes, and a recording that holds every kind of record.
 */
#ifndef PROF_TESTS_RECORDING_FIXTURE_H
#define PROF_TESTS_RECORDING_FIXTURE_H

#include "profiler/base/text.h"
#include "profiler/recording/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A new folder that is removed with all its files by folder_end; paths in it are valid until then.
 * For cmocka's setup and teardown. */
int folder_begin(void **state);
int folder_end(void **state);
const char *folder_path(const char *name);

void file_write(const char *path, const void *bytes, size_t size);
void file_read(const char *path, struct text *bytes);
bool file_exists(const char *path);

/* Records in an order in which they can be put. */
struct record_list {
    struct recording_record *records;
    uint32_t count, capacity;
    char **owned; /* blocks the records point to */
    uint32_t owned_count, owned_capacity;
};

/* Every kind at least once, extreme values among them, and `more` samples with stacks. */
void record_list_fill(struct record_list *list, unsigned more);
void record_list_add(struct record_list *list, const struct recording_record *record);
void record_list_release(struct record_list *list);

/* Writes the records to a new file, a chunk for each `per_chunk` of them. */
void record_list_write(const struct record_list *list, const char *path, unsigned per_chunk);

/* Reads records until the end. `damage` becomes the reader's words, and may be NULL. */
void record_list_read(struct record_list *list, const char *path, char damage[160]);

/* Appends the record as a line of JSON: the kind's name and each field by name; bytes in
 * hexadecimal, null for no id. */
void record_append_json(struct text *out, const struct recording_record *record);

/* One line of JSON per record: of one kind, or of all when kind is 0. */
void record_list_append_json(struct text *out, const struct record_list *list, unsigned kind);

#endif
