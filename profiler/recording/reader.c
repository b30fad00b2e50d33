/* SPDX-License-Identifier: MIT */
/*
 * reader.c - reads a recording chunk by chunk and yields its records one by one.
 */
#include "profiler/recording/reader.h"

#include "profiler/base/mapped_file.h"
#include "profiler/base/memory.h"
#include "profiler/recording/codec.h"
#include "profiler/recording/container.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 128 }; /* records; they stay in the fastest cache */

struct recording_reader {
    struct mapped_file map;
    struct bytes file; /* what comes after the chunk being read */
    struct bytes raw;  /* what is left of that chunk */
    struct container_unpacker unpacker;
    struct codec_state state;
    struct text scratch; /* what the last record points to */
    struct batch {
        const struct codec_layout *layout;
        enum recording_kind kind;
        uint32_t left;          /* records still to yield */
        unsigned present_count; /* columns that are there; the rest is zero */
        struct bytes columns[CODEC_COLUMNS_MAX];
        /* Read column by column, which takes a third of the time that record by record does. */
        struct recording_record block[BLOCK_SIZE];
        uint32_t block_count, block_next;
    } batch;
    uint64_t whole_bytes; /* up to the end of the last chunk that was read to its end */
    uint32_t whole_counts[CODEC_KIND_COUNT];
    bool ended;
    char damage[160];
};

/* ---- the end ---- */

static uint64_t offset_of_rest(const struct recording_reader *reader)
{
    return reader->map.size - bytes_left(&reader->file);
}

static void stop(struct recording_reader *reader, const char *fault)
{
    reader->ended = true;
    snprintf(reader->damage, sizeof reader->damage, "the chunk at byte %" PRIu64 " %s",
             reader->whole_bytes, fault);
}

static void note_whole(struct recording_reader *reader)
{
    reader->whole_bytes = offset_of_rest(reader);
    memcpy(reader->whole_counts, reader->state.counts, sizeof reader->whole_counts);
}

/* ---- records ---- */

static bool begin_batch(struct recording_reader *reader, const struct codec_layout *layout,
                        enum recording_kind kind, struct bytes body)
{
    struct batch *batch = &reader->batch;
    uint64_t count = bytes_varint(&body);
    unsigned present = 0;
    for (; present < layout->field_count && bytes_left(&body) > 0; present++) {
        uint64_t size = bytes_varint(&body);
        const uint8_t *column = bytes_take(&body, size);
        // Each number takes a byte at least: this also bounds `count`.
        if (!column || size < count)
            return false;
        batch->columns[present] = bytes_of(column, size);
    }
    if (body.failed || (present == 0 && count > 0) ||
        count > RECORDING_NONE - reader->state.counts[kind])
        return false;
    batch->layout = layout;
    batch->kind = kind;
    batch->left = (uint32_t)count;
    batch->present_count = present;
    batch->block_count = batch->block_next = 0;
    return true;
}

static bool has_more_columns(const struct batch *batch)
{
    for (unsigned i = 0; i < batch->present_count; i++) {
        if (bytes_left(&batch->columns[i]) > 0)
            return true;
    }
    return false;
}

/* Reads the next records of the batch, those before one that makes no sense; false when that is the
 * first. */
static bool read_block(struct recording_reader *reader)
{
    struct batch *batch = &reader->batch;
    struct recording_record *block = batch->block;
    uint32_t count = batch->left < BLOCK_SIZE ? batch->left : BLOCK_SIZE;
    for (uint32_t i = 0; i < count; i++)
        block[i].kind = batch->kind;
    for (unsigned f = 0; f < batch->layout->field_count; f++) {
        const struct codec_field *field = &batch->layout->fields[f];
        if (count && f < batch->present_count)
            count = codec_decode_column(&reader->state, block, count, field, &batch->columns[f]);
        for (uint32_t i = 0; f >= batch->present_count && i < count; i++) {
            if (!codec_decode_absent(&reader->state, &block[i], field))
                count = i;
        }
    }
    if (count && count == batch->left && has_more_columns(batch))
        count--; // the last one should have been the last
    batch->block_count = count;
    batch->block_next = 0;
    return count > 0;
}

static bool next_of_batch(struct recording_reader *reader, struct recording_record *record)
{
    struct batch *batch = &reader->batch;
    if (batch->block_next == batch->block_count && !read_block(reader))
        return false;
    *record = batch->block[batch->block_next++];
    --batch->left;
    return true;
}

static bool read_row(struct recording_reader *reader, const struct codec_layout *layout,
                     struct recording_record *record, struct bytes body)
{
    for (unsigned i = 0; i < layout->field_count; i++) {
        const struct codec_field *field = &layout->fields[i];
        bool read = bytes_left(&body) > 0
                        ? codec_decode(&reader->state, record, field, &body, &reader->scratch)
                        : codec_decode_absent(&reader->state, record, field);
        if (!read)
            return false;
    }
    return true;
}

/* 1: a record of the chunk. 0: the chunk is at its end. -1: it is damaged. */
static int next_in_chunk(struct recording_reader *reader, struct recording_record *record)
{
    for (;;) {
        if (reader->batch.left > 0)
            return next_of_batch(reader, record) ? 1 : -1;
        if (bytes_left(&reader->raw) == 0)
            return 0;
        uint64_t kind = bytes_varint(&reader->raw);
        uint64_t size = bytes_varint(&reader->raw);
        const uint8_t *body = bytes_take(&reader->raw, size);
        if (!body)
            return -1;
        const struct codec_layout *layout = codec_layout_of(kind);
        if (!layout)
            continue; // of a later version
        record->kind = (enum recording_kind)kind;
        if (!codec_state_admits(&reader->state, record->kind))
            return -1;
        if (layout->shape != CODEC_BATCH)
            return read_row(reader, layout, record, bytes_of(body, size)) ? 1 : -1;
        if (!begin_batch(reader, layout, record->kind, bytes_of(body, size)))
            return -1;
    }
}

static bool next_chunk(struct recording_reader *reader)
{
    note_whole(reader);
    if (bytes_left(&reader->file) == 0) {
        reader->ended = true;
        return false;
    }
    const char *fault = container_unpack(&reader->unpacker, &reader->file, &reader->raw);
    if (fault) {
        stop(reader, fault);
        return false;
    }
    codec_state_begin_chunk(&reader->state);
    return true;
}

int recording_reader_next(struct recording_reader *reader, struct recording_record *record)
{
    while (!reader->ended) {
        int found = next_in_chunk(reader, record);
        if (found > 0) {
            codec_state_count(&reader->state, record);
            return 1;
        }
        if (found < 0)
            stop(reader, "holds a record that makes no sense");
        else
            next_chunk(reader);
    }
    return 0;
}

/* ---- life ---- */

struct recording_reader *recording_reader_open(const char *path, struct error *error)
{
    struct mapped_file map;
    if (mapped_file_open(&map, path, error) < 0)
        return NULL;
    if (map.size == 0) {
        error_set(error, 0, "%s is empty", path);
        return NULL; // nothing was mapped
    }
    struct bytes file = bytes_of(map.data, map.size);
    if (container_read_file_header(&file, path, error) < 0) {
        mapped_file_close(&map);
        return NULL;
    }
    struct recording_reader *reader = memory_new(1, sizeof *reader);
    reader->map = map;
    reader->file = file;
    codec_state_init(&reader->state);
    note_whole(reader);
    return reader;
}

void recording_reader_close(struct recording_reader *reader)
{
    if (!reader)
        return;
    container_unpacker_release(&reader->unpacker);
    codec_state_release(&reader->state);
    text_release(&reader->scratch);
    mapped_file_close(&reader->map);
    free(reader);
}

uint64_t recording_reader_size(const struct recording_reader *reader)
{
    return reader->map.size;
}

uint64_t recording_reader_lost_bytes(const struct recording_reader *reader)
{
    return reader->ended ? reader->map.size - reader->whole_bytes : 0;
}

const char *recording_reader_damage(const struct recording_reader *reader)
{
    return reader->damage;
}

uint64_t recording_reader_whole_bytes(const struct recording_reader *reader)
{
    return reader->whole_bytes;
}

uint32_t recording_reader_whole_count(const struct recording_reader *reader,
                                      enum recording_kind kind)
{
    return codec_layout_of(kind) ? reader->whole_counts[kind] : 0;
}
