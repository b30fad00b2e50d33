/* SPDX-License-Identifier: MIT */
/*
 * frame_processes.c - walks the stacks of the samples, each once per process.
 */
#include "symbolizer/frame_processes.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"

#include <stdlib.h>

static int compare(const void *left, const void *right)
{
    const struct frame_process *a = left, *b = right;
    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    return a->process < b->process ? -1 : a->process > b->process;
}

static bool is_outside(const struct profile *profile, uint32_t frame)
{
    return profile->frames[frame].module >= profile->module_count;
}

/* Whether the frame of a stack or of one of its callers is outside, by stack. */
static uint8_t *mark(const struct profile *profile)
{
    uint8_t *marked = memory_new(profile->stack_count, 1);
    for (uint32_t i = 0; i < profile->stack_count; i++) {
        const struct profile_stack *stack = &profile->stacks[i]; // its caller has a smaller index
        marked[i] = is_outside(profile, stack->frame) ||
                    (stack->parent != PROFILE_NONE && marked[stack->parent]);
    }
    return marked;
}

static void sort(struct frame_processes *runs)
{
    uint32_t kept = 0;
    if (runs->count)
        qsort(runs->pairs, runs->count, sizeof *runs->pairs, compare);
    for (uint32_t i = 0; i < runs->count; i++) {
        if (!kept || compare(&runs->pairs[kept - 1], &runs->pairs[i]) != 0)
            runs->pairs[kept++] = runs->pairs[i];
    }
    runs->count = kept;
}

void frame_processes_init(struct frame_processes *runs, const struct profile *profile)
{
    struct hash_map visited = {0}; // stack and process
    uint8_t *marked = mark(profile);
    *runs = (struct frame_processes){0};
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        uint32_t stack = sample->stack;
        if (sample->thread >= profile->thread_count)
            continue;
        uint32_t process = profile->threads[sample->thread].process;
        for (; stack != PROFILE_NONE && marked[stack]; stack = profile->stacks[stack].parent) {
            uint32_t *seen = hash_map_at(&visited, (uint64_t)stack << 32 | process);
            if (*seen != HASH_MAP_NONE)
                break;
            *seen = 1;
            if (is_outside(profile, profile->stacks[stack].frame))
                *array_push(&runs->pairs, &runs->count, &runs->capacity) =
                    (struct frame_process){profile->stacks[stack].frame, process};
        }
    }
    sort(runs);
    hash_map_release(&visited);
    free(marked);
}

void frame_processes_release(struct frame_processes *runs)
{
    free(runs->pairs);
    *runs = (struct frame_processes){0};
}

const struct frame_process *frame_processes_of(const struct frame_processes *runs, uint32_t frame,
                                               uint32_t *count)
{
    struct frame_process wanted = {frame, 0};
    uint32_t low = 0, high = runs->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(&runs->pairs[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < runs->count && runs->pairs[low + *count].frame == frame)
        ++*count;
    return runs->pairs ? &runs->pairs[low] : NULL;
}
