/* SPDX-License-Identifier: MIT */
/*
 * make_recording.c - a long recording with symbols, from the stacks of a short one.
 *
 *     make_recording FILE SECONDS THREADS <profile
 *
 * The profile is a recording or what prof imports. Each of the threads has a sample every 1/997 s,
 * of stacks drawn at random in proportion to their weights, the same in every run. The project's
 * own writer writes them, in batches of a thread and flushed as often as the collector does.
 */
#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "profiler/import/import.h"
#include "profiler/profile/profile.h"
#include "profiler/recording/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HZ = 997, PERIOD_NS = 1000000000 / HZ, BATCHES_PER_SECOND = 50, FLUSH = 12 };

static struct recording_writer *writer;

static void put(const struct recording_record *record)
{
    recording_writer_put(writer, record);
}

static void put_strings(const struct profile *profile)
{
    for (uint32_t i = 1; i < profile->strings.count; i++)
        put(&(struct recording_record){.kind = RECORDING_STRING,
                                       .string.bytes = string_table_get(&profile->strings, i),
                                       .string.size = string_table_size(&profile->strings, i)});
}

static void put_threads(unsigned threads)
{
    put(&(struct recording_record){.kind = RECORDING_PROCESS, .process.pid = 1});
    for (unsigned i = 0; i < threads; i++)
        put(&(struct recording_record){.kind = RECORDING_THREAD, .thread.tid = i + 1});
}

static void put_stacks(const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->module_count; i++)
        put(&(struct recording_record){.kind = RECORDING_MODULE,
                                       .module.path = profile->modules[i].path,
                                       .module.kind = profile->modules[i].kind});
    for (uint32_t i = 0; i < profile->frame_count; i++)
        put(&(struct recording_record){.kind = RECORDING_FRAME,
                                       .frame.module = profile->frames[i].module,
                                       .frame.address = profile->frames[i].address});
    for (uint32_t i = 0; i < profile->stack_count; i++)
        put(&(struct recording_record){.kind = RECORDING_STACK,
                                       .stack.parent = profile->stacks[i].parent,
                                       .stack.frame = profile->stacks[i].frame});
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return *seed >> 11;
}

/* The sample whose weight covers this point of the sum of all weights. */
static uint32_t sample_at(const uint64_t *sums, uint32_t count, uint64_t point)
{
    uint32_t low = 0, high = count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sums[middle] > point)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void put_sample(const struct profile_sample *like, uint64_t tick, unsigned thread)
{
    put(&(struct recording_record){.kind = RECORDING_SAMPLE,
                                   .sample.thread = thread,
                                   .sample.time_ns = tick * PERIOD_NS + thread * 100000,
                                   .sample.stack = like->stack,
                                   .sample.stop = like->stop,
                                   .sample.weight = 1});
}

static void put_samples(const struct profile *profile, unsigned seconds, unsigned threads)
{
    uint64_t *sums = memory_new(profile->sample_count, sizeof *sums), sum = 0, seed = 1;
    for (uint32_t i = 0; i < profile->sample_count; i++)
        sums[i] = sum += profile->samples[i].weight;
    for (uint64_t batch = 0; batch < (uint64_t)seconds * BATCHES_PER_SECOND; batch++) {
        for (unsigned thread = 0; thread < threads; thread++) {
            uint64_t tick = batch * HZ / BATCHES_PER_SECOND;
            for (; tick < (batch + 1) * HZ / BATCHES_PER_SECOND; tick++) {
                uint32_t drawn = sample_at(sums, profile->sample_count, next_random(&seed) % sum);
                put_sample(&profile->samples[drawn], tick, thread);
            }
        }
        if (batch % FLUSH == 0)
            recording_writer_flush(writer, NULL);
    }
    free(sums);
}

/* Returns what is wrong, or NULL. */
static const char *make(struct profile *profile, char **arguments, struct error *error)
{
    writer = recording_writer_create(arguments[1], error);
    if (!writer)
        return error->text;
    put_strings(profile);
    put(&(struct recording_record){.kind = RECORDING_SESSION,
                                   .session.requested_hz = HZ,
                                   .session.period_ns = PERIOD_NS,
                                   .session.command = profile->command});
    put_threads((unsigned)atoi(arguments[3]));
    put_stacks(profile);
    put_samples(profile, (unsigned)atoi(arguments[2]), (unsigned)atoi(arguments[3]));
    put(&(struct recording_record){.kind = RECORDING_END});
    if (recording_writer_close(writer, error) < 0 ||
        profile_save_symbols(profile, arguments[1], error) < 0)
        return error->text;
    return NULL;
}

int main(int count, char **arguments)
{
    struct profile profile;
    struct import_notes notes;
    struct error error;
    struct text input = TEXT_INIT;
    if (count != 4) {
        fprintf(stderr, "usage: make_recording FILE SECONDS THREADS <profile\n");
        return 2;
    }
    profile_init(&profile);
    if (profile_load(&profile, "/dev/stdin", &error) < 0) {
        profile_release(&profile);
        profile_init(&profile);
        size_t size;
        do {
            size = fread(text_reserve(&input, 65536), 1, 65536, stdin);
            text_append_reserved(&input, size);
        } while (size > 0);
        if (import_profile(&profile, input.data, input.length, "input", &notes, &error) < 0) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
    }
    const char *wrong = make(&profile, arguments, &error);
    if (wrong)
        fprintf(stderr, "%s\n", wrong);
    text_release(&input);
    profile_release(&profile);
    return wrong != NULL;
}
