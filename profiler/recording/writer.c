/* SPDX-License-Identifier: MIT */
/*
 * writer.c - gathers records into chunks and sends them out.
 *
 * Frames, stacks and samples wait in batches, a column for each field, and become one record each
 * when the chunk goes out or a record comes that might depend on them.
 */
#include "profiler/recording/writer.h"

#include "profiler/base/memory.h"
#include "profiler/recording/codec.h"
#include "profiler/recording/container.h"
#include "profiler/recording/output.h"
#include "profiler/recording/reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CHUNK_SIZE = 256 * 1024 };

/* Records of one kind that wait to be written as one. */
struct batch {
    uint32_t count;
    struct text columns[CODEC_COLUMNS_MAX];
};

struct recording_writer {
    struct output output;
    struct codec_state state;
    struct batch batches[CODEC_KIND_COUNT];
    size_t batched_bytes; /* in all their columns */
    struct text raw;      /* records of the chunk to come */
    struct text scratch;  /* the record being coded */
    struct text packed;   /* the chunk being written */
    bool failed;
    struct error failure; /* why, when failed */
};

static void writer_fail(struct recording_writer *writer, const struct error *cause)
{
    if (!writer->failed)
        writer->failure = *cause;
    writer->failed = true;
}

static struct recording_writer *writer_new(void)
{
    struct recording_writer *writer = memory_new(1, sizeof *writer);
    codec_state_init(&writer->state);
    return writer;
}

static void writer_free(struct recording_writer *writer)
{
    for (unsigned kind = 0; kind < CODEC_KIND_COUNT; kind++) {
        for (unsigned i = 0; i < CODEC_COLUMNS_MAX; i++)
            text_release(&writer->batches[kind].columns[i]);
    }
    codec_state_release(&writer->state);
    text_release(&writer->raw);
    text_release(&writer->scratch);
    text_release(&writer->packed);
    free(writer);
}

/* ---- records into the chunk ---- */

static void append_record(struct recording_writer *writer, enum recording_kind kind,
                          const struct text *body)
{
    text_append_varint(&writer->raw, kind);
    text_append_varint(&writer->raw, body->length);
    text_append(&writer->raw, body->data, body->length);
}

static void close_batch(struct recording_writer *writer, enum recording_kind kind)
{
    struct batch *batch = &writer->batches[kind];
    if (batch->count == 0)
        return;
    struct text *body = &writer->scratch;
    body->length = 0;
    text_append_varint(body, batch->count);
    for (unsigned i = 0; i < codec_layout_of(kind)->field_count; i++) {
        struct text *column = &batch->columns[i];
        text_append_varint(body, column->length);
        text_append(body, column->data, column->length);
        column->length = 0;
    }
    batch->count = 0;
    append_record(writer, kind, body);
}

static void close_batches(struct recording_writer *writer)
{
    // In this order no record comes before one it refers to.
    close_batch(writer, RECORDING_FRAME);
    close_batch(writer, RECORDING_STACK);
    close_batch(writer, RECORDING_SAMPLE);
    writer->batched_bytes = 0;
}

static bool put_row(struct recording_writer *writer, const struct codec_layout *layout,
                    const struct recording_record *record)
{
    if (layout->shape != CODEC_DEFINITION)
        close_batches(writer);
    writer->scratch.length = 0;
    for (unsigned i = 0; i < layout->field_count; i++) {
        if (!codec_encode(&writer->state, record, &layout->fields[i], &writer->scratch))
            return false;
    }
    append_record(writer, record->kind, &writer->scratch);
    return true;
}

static bool put_in_batch(struct recording_writer *writer, const struct codec_layout *layout,
                         const struct recording_record *record)
{
    struct batch *batch = &writer->batches[record->kind];
    for (unsigned i = 0; i < layout->field_count; i++) {
        struct text *column = &batch->columns[i];
        size_t before = column->length;
        if (!codec_encode(&writer->state, record, &layout->fields[i], column))
            return false;
        writer->batched_bytes += column->length - before;
    }
    ++batch->count;
    return true;
}

static void write_chunk(struct recording_writer *writer)
{
    struct error error;
    if (writer->failed)
        return;
    close_batches(writer);
    if (writer->raw.length == 0)
        return;
    writer->packed.length = 0;
    container_pack(writer->raw.data, writer->raw.length, &writer->packed);
    if (output_write(&writer->output, writer->packed.data, writer->packed.length, &error) < 0)
        writer_fail(writer, &error);
    writer->raw.length = 0;
    codec_state_begin_chunk(&writer->state);
}

void recording_writer_put(struct recording_writer *writer, const struct recording_record *record)
{
    if (writer->failed)
        return;
    const struct codec_layout *layout = codec_layout_of(record->kind);
    bool done = layout && codec_state_admits(&writer->state, record->kind) &&
                (layout->shape == CODEC_BATCH ? put_in_batch(writer, layout, record)
                                              : put_row(writer, layout, record));
    if (!done) {
        // A mistake of the caller; the records after it would all be misnumbered.
        struct error error;
        error_set(&error, 0, "a %s record refers to what was not recorded",
                  layout ? layout->name : "nameless");
        writer_fail(writer, &error);
        return;
    }
    codec_state_count(&writer->state, record);
    if (writer->raw.length + writer->batched_bytes >= CHUNK_SIZE)
        write_chunk(writer);
}

/* ---- life ---- */

struct recording_writer *recording_writer_create(const char *path, struct error *error)
{
    struct recording_writer *writer = writer_new();
    if (output_create(&writer->output, path, error) < 0) {
        writer_free(writer);
        return NULL;
    }
    container_append_file_header(&writer->packed);
    struct error failure;
    if (output_write(&writer->output, writer->packed.data, writer->packed.length, &failure) < 0)
        writer_fail(writer, &failure);
    return writer;
}

/* Reads what is there, to know which ids exist and where the readable part ends. */
static int take_up(struct recording_writer *writer, const char *path, struct error *error)
{
    struct recording_record record;
    struct stat by_path, by_fd;
    struct recording_reader *reader = recording_reader_open(path, error);
    if (!reader)
        return -1;
    while (recording_reader_next(reader, &record) == 1) {
        if (record.kind == RECORDING_SESSION)
            writer->state.start_ns = record.session.start_ns;
    }
    for (unsigned kind = 0; kind < CODEC_KIND_COUNT; kind++)
        writer->state.counts[kind] = recording_reader_whole_count(reader, kind);
    uint64_t size = recording_reader_whole_bytes(reader);
    recording_reader_close(reader);
    if (writer->state.counts[RECORDING_SESSION] == 0)
        return error_set(error, 0, "%s is damaged so early that nothing can be added to it", path);
    if (stat(path, &by_path) < 0 || fstat(writer->output.fd, &by_fd) < 0 ||
        by_path.st_ino != by_fd.st_ino || by_path.st_dev != by_fd.st_dev)
        return error_set(error, 0, "%s was replaced while it was read", path);
    return output_cut(&writer->output, size, path, error);
}

struct recording_writer *recording_writer_append(const char *path, struct error *error)
{
    struct recording_writer *writer = writer_new();
    if (output_open(&writer->output, path, error) < 0)
        goto failed;
    if (take_up(writer, path, error) == 0)
        return writer;
    output_close(&writer->output, NULL);
failed:
    writer_free(writer);
    return NULL;
}

int recording_writer_flush(struct recording_writer *writer, struct error *error)
{
    write_chunk(writer);
    if (!writer->failed)
        return 0;
    if (error)
        *error = writer->failure;
    return -1;
}

uint32_t recording_writer_count(const struct recording_writer *writer, enum recording_kind kind)
{
    return codec_layout_of(kind) ? writer->state.counts[kind] : 0;
}

uint64_t recording_writer_size(const struct recording_writer *writer)
{
    return writer->output.size;
}

int recording_writer_close(struct recording_writer *writer, struct error *error)
{
    struct error late;
    write_chunk(writer);
    if (output_close(&writer->output, &late) < 0)
        writer_fail(writer, &late);
    int result = recording_writer_flush(writer, error);
    writer_free(writer);
    return result;
}
