/* SPDX-License-Identifier: MIT */
/*
 * sample_reader.h - turns the samples of a ring into samples of the recording.
 *
 * Memory: owns a scratch stack and, once it was needed, libunwind's address space.
 */
#ifndef PROF_COLLECTOR_SAMPLE_READER_H
#define PROF_COLLECTOR_SAMPLE_READER_H

#include "profiler/base/bytes.h"
#include "profiler/collector/image.h"

struct sample_reader {
    struct stack_table *table; /* borrowed */
    struct sample_stack *stack;
    struct deferred *deferred; /* NULL until a walk had to be finished */
    uint32_t pass; /* counted up by whoever drains; bounds the looks into /proc/PID/maps */
};

void sample_reader_init(struct sample_reader *reader, struct stack_table *table);
void sample_reader_release(struct sample_reader *reader);

/* One record (enum channel_record) of a thread: its recording id, its program, and the time its
 * samples count from. Kinds that are no samples are ignored, and so is a damaged payload. */
void sample_reader_read(struct sample_reader *reader, uint32_t thread, struct image *image,
                        uint64_t start_ns, uint8_t kind, struct bytes payload);

#endif
