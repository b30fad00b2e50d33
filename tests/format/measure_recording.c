/* SPDX-License-Identifier: MIT */
/*
 * measure_recording - size and speed of a recording of given samples.
 *
 * Reads one sample per line from stdin: thread, microseconds, weight and the addresses of the
 * stack, outermost first, in hexadecimal. Writes them `times` over with a flush for every
 * `per_flush` samples, reads them back and prints what it took. Not a test: timings are no
 * assertions.
 *
 *     measure_recording FILE TIMES PER_FLUSH < samples
 */
#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"
#include "profiler/profile/profile.h"
#include "profiler/recording/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct input {
    struct recording_sample *samples; /* with the stack as an index into first_address */
    uint32_t sample_count, sample_capacity;
    uint32_t *first_address; /* of each sample, and one more */
    uint32_t first_count, first_capacity;
    uint64_t *addresses;
    uint32_t address_count, address_capacity;
    uint32_t thread_count;
};

struct stacks {
    struct hash_map frames, stacks;
    uint32_t frame_count, stack_count;
};

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void read_line(struct input *input, char *line)
{
    char *at;
    struct recording_sample *sample =
        array_push(&input->samples, &input->sample_count, &input->sample_capacity);
    sample->thread = (uint32_t)strtoul(line, &at, 10);
    sample->time_ns = strtoull(at, &at, 10) * 1000;
    sample->weight = (uint32_t)strtoul(at, &at, 10);
    if (sample->thread >= input->thread_count)
        input->thread_count = sample->thread + 1;
    *array_push(&input->first_address, &input->first_count, &input->first_capacity) =
        input->address_count;
    for (;;) {
        char *before = at;
        uint64_t address = strtoull(before, &at, 16);
        if (at == before)
            break;
        *array_push(&input->addresses, &input->address_count, &input->address_capacity) = address;
    }
}

static void read_input(struct input *input)
{
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, stdin) > 0)
        read_line(input, line);
    *array_push(&input->first_address, &input->first_count, &input->first_capacity) =
        input->address_count;
    free(line);
}

static uint32_t put_frame(struct stacks *stacks, struct recording_writer *writer, uint64_t address)
{
    uint32_t *frame = hash_map_at(&stacks->frames, address);
    if (*frame == HASH_MAP_NONE) {
        *frame = stacks->frame_count++;
        struct recording_record record = {.kind = RECORDING_FRAME};
        record.frame =
            (struct recording_frame){.flags = RECORDING_FRAME_RETURN, .address = address};
        recording_writer_put(writer, &record);
    }
    return *frame;
}

static uint32_t put_stack(struct stacks *stacks, struct recording_writer *writer,
                          const uint64_t *addresses, uint32_t count)
{
    uint32_t parent = RECORDING_NONE;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t frame = put_frame(stacks, writer, addresses[i]);
        uint32_t *stack = hash_map_at(&stacks->stacks, (uint64_t)parent << 32 | frame);
        if (*stack == HASH_MAP_NONE) {
            *stack = stacks->stack_count++;
            struct recording_record record = {.kind = RECORDING_STACK};
            record.stack = (struct recording_stack){parent, frame};
            recording_writer_put(writer, &record);
        }
        parent = *stack;
    }
    return parent;
}

static void put_session(struct recording_writer *writer, uint32_t thread_count)
{
    struct recording_record session = {.kind = RECORDING_SESSION};
    session.session.period_ns = 1003009;
    recording_writer_put(writer, &session);
    recording_writer_put(writer, &(struct recording_record){.kind = RECORDING_MODULE});
    recording_writer_put(writer, &(struct recording_record){.kind = RECORDING_PROCESS});
    for (uint32_t i = 0; i < thread_count; i++)
        recording_writer_put(writer, &(struct recording_record){.kind = RECORDING_THREAD});
}

static void write_all(struct recording_writer *writer, const struct input *input, unsigned times,
                      unsigned per_flush)
{
    struct stacks stacks = {0};
    uint64_t number = 0, base_ns = 0;
    struct recording_record record = {.kind = RECORDING_SAMPLE};
    put_session(writer, input->thread_count);
    for (unsigned round = 0; round < times; round++) {
        for (uint32_t i = 0; i < input->sample_count; i++) {
            uint32_t first = input->first_address[i];
            record.sample = input->samples[i];
            record.sample.time_ns += base_ns;
            record.sample.stack = put_stack(&stacks, writer, input->addresses + first,
                                            input->first_address[i + 1] - first);
            recording_writer_put(writer, &record);
            if (++number % per_flush == 0)
                recording_writer_flush(writer, NULL);
        }
        base_ns = record.sample.time_ns;
    }
    recording_writer_put(writer, &(struct recording_record){.kind = RECORDING_END});
    printf("%u frames, %u stacks\n", stacks.frame_count, stacks.stack_count);
    hash_map_release(&stacks.frames);
    hash_map_release(&stacks.stacks);
}

static int read_back(const char *path)
{
    struct error error;
    struct profile profile;
    profile_init(&profile);
    double begin = seconds(CLOCK_MONOTONIC);
    if (profile_load(&profile, path, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    printf("loaded %u samples in %.3f s\n", profile.sample_count, seconds(CLOCK_MONOTONIC) - begin);
    profile_release(&profile);
    return 0;
}

int main(int argc, char **argv)
{
    struct error error;
    struct input input = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: measure_recording FILE TIMES PER_FLUSH < samples\n");
        return 2;
    }
    read_input(&input);
    struct recording_writer *writer = recording_writer_create(argv[1], &error);
    if (!writer) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
    write_all(writer, &input, (unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]));
    recording_writer_flush(writer, NULL);
    double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
    double count = (double)input.sample_count * atoi(argv[2]);
    printf("%.0f samples, %.2f bytes and %.0f ns CPU each\n", count,
           (double)recording_writer_size(writer) / count, used * 1e9 / count);
    if (recording_writer_close(writer, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    free(input.samples);
    free(input.first_address);
    free(input.addresses);
    return read_back(argv[1]);
}
