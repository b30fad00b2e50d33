/* SPDX-License-Identifier: MIT */
/*
 * profile_versions.c - frames that were something else in another process, or later.
 *
 * Splitting never changes the frames and stacks of the recording: it adds others behind them, and
 * points the samples there. Joining points them back.
 */
#include "profiler/profile/profile.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"

#include <stdlib.h>

struct split {
    struct profile *profile;
    uint8_t *has_versions;  /* [frame] */
    uint32_t *frame_of;     /* [version] its frame, or PROFILE_NONE as long as no sample has it */
    uint8_t *concerned;     /* [stack] it or one of its callers has versions */
    struct hash_map stacks; /* parent and frame -> stack that was made */
    uint32_t split_capacity;
    uint32_t *path; /* the stack being looked at, innermost first */
    uint32_t path_count, path_capacity;
    uint64_t steps; /* frames looked at, over all samples */
};

static int compare(const void *left, const void *right)
{
    const struct profile_version *a = left, *b = right;
    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    return a->since_ns < b->since_ns ? -1 : a->since_ns > b->since_ns;
}

static void mark(struct split *split)
{
    const struct profile *profile = split->profile;
    split->has_versions = memory_new(profile->frame_count, 1);
    split->frame_of = memory_new(profile->version_count, sizeof *split->frame_of);
    split->concerned = memory_new(profile->stack_count, 1);
    for (uint32_t i = 0; i < profile->version_count; i++) {
        split->has_versions[profile->versions[i].frame] = 1;
        split->frame_of[i] = PROFILE_NONE;
    }
    for (uint32_t i = 0; i < profile->stack_count; i++) { // callers come first
        const struct profile_stack *stack = &profile->stacks[i];
        split->concerned[i] = split->has_versions[stack->frame] ||
                              (stack->parent != PROFILE_NONE && split->concerned[stack->parent]);
    }
}

/* The frame as it was in the process at the time. */
static uint32_t frame_at(struct split *split, uint32_t frame, uint32_t process, uint64_t time_ns)
{
    struct profile *profile = split->profile;
    struct profile_version wanted = {frame, process, time_ns, 0, 0};
    uint32_t low = 0, high = split->has_versions[frame] ? profile->version_count : 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(&profile->versions[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t found = low - 1; // the last one that is not later
    if (!low || profile->versions[found].frame != frame ||
        profile->versions[found].process != process)
        return frame;
    if (split->frame_of[found] == PROFILE_NONE) {
        struct profile_frame made = profile->frames[frame];
        made.first_line = profile->versions[found].first_line;
        made.line_count = profile->versions[found].line_count;
        split->frame_of[found] = profile->frame_count;
        *array_push(&profile->frames, &profile->frame_count, &profile->frame_capacity) = made;
    }
    return split->frame_of[found];
}

static uint32_t stack_of(struct split *split, uint32_t whole, uint32_t parent, uint32_t frame)
{
    struct profile *profile = split->profile;
    if (profile->stacks[whole].parent == parent && profile->stacks[whole].frame == frame)
        return whole;
    uint32_t *made = hash_map_at(&split->stacks, (uint64_t)parent << 32 | frame);
    if (*made == HASH_MAP_NONE) {
        uint32_t count = profile->stack_count - profile->whole_stacks;
        *made = profile->stack_count;
        *array_push(&profile->split_stacks, &count, &split->split_capacity) = whole;
        *array_push(&profile->stacks, &profile->stack_count, &profile->stack_capacity) =
            (struct profile_stack){parent, frame};
    }
    return *made;
}

static void split_sample(struct split *split, struct profile_sample *sample)
{
    const struct profile *profile = split->profile;
    uint32_t process = profile->threads[sample->thread].process, stack = sample->stack;
    split->path_count = 0;
    for (; stack != PROFILE_NONE && split->concerned[stack]; stack = profile->stacks[stack].parent)
        *array_push(&split->path, &split->path_count, &split->path_capacity) = stack;
    split->steps += split->path_count;
    for (uint32_t i = split->path_count; i-- > 0;) {
        uint32_t whole = split->path[i];
        uint32_t frame = frame_at(split, profile->stacks[whole].frame, process, sample->time_ns);
        stack = stack_of(split, whole, stack, frame);
    }
    sample->stack = stack;
}

void profile_split_versions(struct profile *profile)
{
    enum { MAX_STEPS = 1 << 28 }; // a file made for it could ask for years of work
    struct split split = {.profile = profile};
    if (!profile->version_count || profile->split_stacks)
        return;
    qsort(profile->versions, profile->version_count, sizeof *profile->versions, compare);
    profile->whole_frames = profile->frame_count;
    profile->whole_stacks = profile->stack_count;
    mark(&split);
    for (uint32_t i = 0; i < profile->sample_count && split.steps < MAX_STEPS; i++) {
        struct profile_sample *sample = &profile->samples[i];
        if (sample->thread < profile->thread_count && sample->stack != PROFILE_NONE &&
            sample->stack < profile->whole_stacks && split.concerned[sample->stack])
            split_sample(&split, sample);
    }
    free(split.has_versions);
    free(split.frame_of);
    free(split.concerned);
    free(split.path);
    hash_map_release(&split.stacks);
}

void profile_join_versions(struct profile *profile)
{
    for (uint32_t i = 0; i < profile->sample_count && profile->split_stacks; i++) {
        struct profile_sample *sample = &profile->samples[i];
        if (sample->stack != PROFILE_NONE && sample->stack >= profile->whole_stacks)
            sample->stack = profile->split_stacks[sample->stack - profile->whole_stacks];
    }
    if (profile->split_stacks) {
        profile->frame_count = profile->whole_frames;
        profile->stack_count = profile->whole_stacks;
    }
    free(profile->split_stacks);
    profile->split_stacks = NULL;
    profile->version_count = 0;
}
