/* SPDX-License-Identifier: MIT */
/*
 * sample_reader.c - turns the samples of a ring into samples of the recording.
 */
#include "profiler/collector/sample_reader.h"

#include "profiler/base/memory.h"
#include "profiler/channel/channel.h"
#include "profiler/collector/deferred.h"

#include <stdlib.h>

_Static_assert((int)RECORDING_STOP_COMPLETE == CHANNEL_STOP_COMPLETE, "stop reasons");
_Static_assert((int)RECORDING_STOP_NO_CFI == CHANNEL_STOP_NO_CFI, "stop reasons");
_Static_assert((int)RECORDING_STOP_BAD_CFI == CHANNEL_STOP_BAD_CFI, "stop reasons");
_Static_assert((int)RECORDING_STOP_BAD_MEMORY == CHANNEL_STOP_BAD_MEMORY, "stop reasons");
_Static_assert((int)RECORDING_STOP_TRUNCATED == CHANNEL_STOP_TRUNCATED, "stop reasons");
_Static_assert((int)RECORDING_STOP_UNSUPPORTED == CHANNEL_STOP_UNSUPPORTED, "stop reasons");
_Static_assert((int)RECORDING_STOP_NO_PROGRESS == CHANNEL_STOP_NO_PROGRESS, "stop reasons");
_Static_assert((int)RECORDING_STOP_COUNT == CHANNEL_STOP_COUNT, "stop reasons");

enum { MAX_FRAMES = 1 << 16 }; /* more than any walk has: what is beyond is damage */

/* Addresses of one sample, innermost first. */
struct sample_stack {
    uint32_t count;
    uint64_t address[MAX_FRAMES];
    bool exact[MAX_FRAMES]; /* an interrupted instruction, not a return address */
};

void sample_reader_init(struct sample_reader *reader, struct stack_table *table)
{
    *reader = (struct sample_reader){.table = table};
    reader->stack = memory_new(1, sizeof *reader->stack);
}

void sample_reader_release(struct sample_reader *reader)
{
    free(reader->stack);
    if (reader->deferred)
        deferred_free(reader->deferred);
}

/* Frames to a stack of the recording, from the outermost inwards. */
static uint32_t intern_stack(struct sample_reader *reader, struct image *image, uint64_t time)
{
    const struct sample_stack *stack = reader->stack;
    uint32_t interned = RECORDING_NONE;
    for (uint32_t i = stack->count; i-- > 0;) {
        uint32_t frame;
        if (!image_frame(image, reader->table, stack->address[i], stack->exact[i], time, &frame) &&
            image->maps_pass != reader->pass) {
            // once a pass: something was loaded that the target has not announced yet
            image->maps_pass = reader->pass;
            image_read_maps(image, reader->table, time);
            image_frame(image, reader->table, stack->address[i], stack->exact[i], time, &frame);
        }
        interned = stack_table_stack(reader->table, interned, frame);
    }
    return interned;
}

/* One frame for all of the kernel: where in it is not for ordinary users to know. */
static uint32_t kernel_frame(struct sample_reader *reader)
{
    static const char kernel[] = "[kernel]";
    struct recording_frame frame = {.module =
                                        stack_table_module(reader->table, kernel, sizeof kernel - 1,
                                                           RECORDING_MODULE_KERNEL, NULL, 0)};
    return stack_table_frame(reader->table, &frame);
}

/* Zigzag differences between neighbours, each with the mark of an exact address in its last bit. */
static void read_addresses(struct sample_stack *stack, struct bytes *payload)
{
    uint64_t address = 0;
    stack->count = 0;
    while (bytes_left(payload) > 1 && stack->count < MAX_FRAMES) {
        uint64_t value = bytes_varint(payload), delta = value >> 1;
        address += (delta >> 1) ^ (0 - (delta & 1));
        stack->exact[stack->count] = value & 1;
        stack->address[stack->count++] = address;
    }
}

/* A walk that the target left to us. */
static uint8_t finish_walk(struct sample_reader *reader, const struct image *image,
                           struct bytes *payload)
{
    struct deferred_walk walk = {.image = image, .table = reader->table};
    struct sample_stack *stack = reader->stack;
    uint8_t stop = RECORDING_STOP_UNSUPPORTED;
    walk.stack_pointer = bytes_varint(payload);
    for (int i = 0; i < DEFERRED_REGISTERS; i++)
        walk.registers[i] = bytes_u64(payload);
    walk.stack = payload->at;
    walk.stack_size = bytes_left(payload);
    stack->count = 0;
    if (payload->failed)
        return stop;
    if (!reader->deferred)
        reader->deferred = deferred_new();
    stack->count = deferred_run(reader->deferred, &walk, stack->address, &stop);
    for (uint32_t i = 0; i < stack->count; i++)
        stack->exact[i] = i == 0;
    return stop;
}

void sample_reader_read(struct sample_reader *reader, uint32_t thread, struct image *image,
                        uint64_t start_ns, uint8_t kind, struct bytes payload)
{
    if (kind != CHANNEL_SAMPLE && kind != CHANNEL_DEFERRED_SAMPLE)
        return;
    uint64_t time = start_ns + bytes_varint(&payload);
    uint64_t weight_and_place = bytes_varint(&payload);
    uint32_t weight = (uint32_t)(weight_and_place >> 1);
    bool in_kernel = weight_and_place & 1;
    uint8_t stop;
    if (kind == CHANNEL_SAMPLE) {
        read_addresses(reader->stack, &payload);
        stop = bytes_u8(&payload);
    } else {
        stop = finish_walk(reader, image, &payload);
    }
    if (payload.failed || weight == 0 || stop >= CHANNEL_STOP_COUNT)
        return;
    uint32_t stack = intern_stack(reader, image, time);
    if (in_kernel)
        stack = stack_table_stack(reader->table, stack, kernel_frame(reader));
    recording_writer_put(reader->table->writer,
                         &(struct recording_record){.kind = RECORDING_SAMPLE,
                                                    .sample = {.thread = thread,
                                                               .stack = stack,
                                                               .weight = weight,
                                                               .stop = stop,
                                                               .time_ns = time}});
}
