/* SPDX-License-Identifier: MIT */
/*
 * stack_table.h - each distinct string, module, frame and stack goes into the recording once.
 *
 * Memory: owns its tables; borrows the writer.
 */
#ifndef PROF_COLLECTOR_STACK_TABLE_H
#define PROF_COLLECTOR_STACK_TABLE_H

#include "profiler/base/string_table.h"
#include "profiler/recording/writer.h"

struct stack_table {
    struct recording_writer *writer;
    struct string_table strings;    /* ids are those of the recording */
    struct string_table module_ids; /* path, kind and build-id as one key; ids are module ids + 1 */
    struct hash_map frames, stacks;
    uint32_t frame_count, stack_count;
};

void stack_table_init(struct stack_table *table, struct recording_writer *writer);
void stack_table_release(struct stack_table *table);

/* Each returns the id in the recording, writing a record when it is new. */
uint32_t stack_table_string(struct stack_table *table, const char *bytes, size_t size);
uint32_t stack_table_module(struct stack_table *table, const char *path, size_t path_size,
                            uint8_t kind, const uint8_t *build_id, size_t build_id_size);
uint32_t stack_table_frame(struct stack_table *table, const struct recording_frame *frame);

/* `parent` is the caller's stack, or RECORDING_NONE. */
uint32_t stack_table_stack(struct stack_table *table, uint32_t parent, uint32_t frame);

#endif
