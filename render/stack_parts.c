/* SPDX-License-Identifier: MIT */
/*
 * stack_parts.c - the samples of a profile, summed up by stack, thread and why the walk ended.
 *
 * Samples are recorded thread by thread in batches, so that neighbours mostly belong together: runs
 * of them are sorted, not samples, and all of one thread are summed up before the next.
 */
#include "render/stack_parts.h"

#include "profiler/base/counting_sort.h"
#include "profiler/base/memory.h"

#include <stdlib.h>

/* Neighbouring samples of one key. */
struct run {
    uint32_t first, count;
    uint32_t key; /* by gap, older ones last, then by thread */
};

struct runs {
    struct run *runs;
    uint32_t count, capacity;
    uint32_t threads; /* keys of a gap, half of them for older samples */
};

/* What a stack has of the key that is being summed up. */
struct sum {
    uint64_t weight, samples;
};

struct summing {
    const struct profile *profile;
    struct stack_parts *parts;
    struct sum *sums; /* [stack], and one for no stack */
    uint32_t
        *touched; /* stacks with a sum; one whose samples count for nothing may be there twice */
    uint32_t touched_count, touched_capacity;
};

static uint32_t key_of(const struct runs *runs, const struct profile_sample *sample)
{
    return (2 * stack_gap_of(sample) + sample->older) * runs->threads + sample->thread;
}

static void find_runs(struct runs *runs, const struct profile *profile)
{
    struct run *last = NULL;
    // Older samples are of thread 0, also where no thread is known.
    runs->threads = profile->thread_count ? profile->thread_count : 1;
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        uint32_t key = key_of(runs, &profile->samples[i]);
        if (!last || last->key != key) {
            last = array_push(&runs->runs, &runs->count, &runs->capacity);
            *last = (struct run){.first = i, .key = key};
        }
        last->count++;
    }
}

static void sum_up(struct summing *summing, const struct run *run)
{
    const struct profile *profile = summing->profile;
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        uint32_t stack = stack_index_of(profile, sample);
        struct sum *sum = &summing->sums[stack];
        if (!sum->samples)
            *array_push(&summing->touched, &summing->touched_count, &summing->touched_capacity) =
                stack;
        sum->weight += sample->weight;
        sum->samples += profile_sample_count(sample);
    }
}

/* Makes parts of the sums and begins anew. */
static void take_sums(struct summing *summing, uint32_t thread, bool older)
{
    struct stack_parts *parts = summing->parts;
    for (uint32_t i = 0; i < summing->touched_count; i++) {
        uint32_t stack = summing->touched[i];
        struct sum *sum = &summing->sums[stack];
        *array_push(&parts->parts, &parts->count, &parts->capacity) =
            (struct stack_part){stack, thread, sum->weight, sum->samples, older};
        *sum = (struct sum){0};
    }
    summing->touched_count = 0;
}

static void sum_up_runs(struct summing *summing, const struct runs *runs)
{
    if (!runs->count)
        return;
    uint32_t *order = counting_sort(NULL, runs->count, &runs->runs->key, sizeof *runs->runs,
                                    2 * STACK_GAP_COUNT * runs->threads);
    for (uint32_t i = 0; i < runs->count; i++) {
        uint32_t key = runs->runs[order[i]].key, group = key / runs->threads;
        sum_up(summing, &runs->runs[order[i]]);
        if (i + 1 == runs->count || runs->runs[order[i + 1]].key != key) {
            take_sums(summing, key % runs->threads, group % 2);
            summing->parts->ends[group / 2] = summing->parts->count;
        }
    }
    free(order);
}

void stack_parts_build(struct stack_parts *parts, const struct profile *profile)
{
    struct runs runs = {0};
    struct summing summing = {.profile = profile, .parts = parts};
    *parts = (struct stack_parts){0};
    summing.sums = memory_new(profile->stack_count + (size_t)1, sizeof *summing.sums);
    find_runs(&runs, profile);
    sum_up_runs(&summing, &runs);
    for (unsigned gap = 1; gap < STACK_GAP_COUNT; gap++) {
        if (parts->ends[gap] < parts->ends[gap - 1])
            parts->ends[gap] = parts->ends[gap - 1]; // it has none
    }
    free(runs.runs);
    free(summing.sums);
    free(summing.touched);
}

void stack_parts_release(struct stack_parts *parts)
{
    free(parts->parts);
    *parts = (struct stack_parts){0};
}
