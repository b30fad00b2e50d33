/* SPDX-License-Identifier: MIT */
/*
 * stack_table.c - each distinct thing goes into the recording once.
 */
#include "profiler/collector/stack_table.h"

#include <string.h>

void stack_table_init(struct stack_table *table, struct recording_writer *writer)
{
    *table = (struct stack_table){.writer = writer};
    string_table_init(&table->strings);
    string_table_init(&table->module_ids);
}

void stack_table_release(struct stack_table *table)
{
    string_table_release(&table->strings);
    string_table_release(&table->module_ids);
    hash_map_release(&table->frames);
    hash_map_release(&table->stacks);
}

uint32_t stack_table_string(struct stack_table *table, const char *bytes, size_t size)
{
    uint32_t before = table->strings.count;
    uint32_t id = string_table_add(&table->strings, bytes, size);
    if (table->strings.count > before)
        recording_writer_put(
            table->writer,
            &(struct recording_record){.kind = RECORDING_STRING,
                                       .string = {.bytes = bytes, .size = (uint32_t)size}});
    return id;
}

uint32_t stack_table_module(struct stack_table *table, const char *path, size_t path_size,
                            uint8_t kind, const uint8_t *build_id, size_t build_id_size)
{
    struct recording_record record = {.kind = RECORDING_MODULE};
    char key[4096 + RECORDING_BUILD_ID_MAX + 1];
    if (path_size > 4096)
        path_size = 4096;
    if (build_id_size > RECORDING_BUILD_ID_MAX)
        build_id_size = RECORDING_BUILD_ID_MAX;
    memcpy(key, path, path_size);
    key[path_size] = (char)kind;
    if (build_id_size)
        memcpy(key + path_size + 1, build_id, build_id_size);
    uint32_t before = table->module_ids.count;
    uint32_t id = string_table_add(&table->module_ids, key, path_size + 1 + build_id_size) - 1;
    if (table->module_ids.count == before)
        return id;
    record.module.path = stack_table_string(table, path, path_size);
    record.module.kind = kind;
    record.module.build_id_size = (uint8_t)build_id_size;
    if (build_id_size)
        memcpy(record.module.build_id, build_id, build_id_size);
    recording_writer_put(table->writer, &record);
    return id;
}

uint32_t stack_table_frame(struct stack_table *table, const struct recording_frame *frame)
{
    // user addresses have 47 bits (56 with five-level paging, only on request); modules 15
    uint64_t key = frame->address << 16 >> 16 | (uint64_t)(frame->flags & 1) << 48 |
                   (uint64_t)(frame->module + 1) << 49;
    uint32_t *id = hash_map_at(&table->frames, key);
    if (*id == HASH_MAP_NONE) {
        *id = table->frame_count++;
        recording_writer_put(table->writer,
                             &(struct recording_record){.kind = RECORDING_FRAME, .frame = *frame});
    }
    return *id;
}

uint32_t stack_table_stack(struct stack_table *table, uint32_t parent, uint32_t frame)
{
    uint32_t *id = hash_map_at(&table->stacks, (uint64_t)parent << 32 | frame);
    if (*id == HASH_MAP_NONE) {
        *id = table->stack_count++;
        recording_writer_put(
            table->writer, &(struct recording_record){.kind = RECORDING_STACK,
                                                      .stack = {.parent = parent, .frame = frame}});
    }
    return *id;
}
