/* SPDX-License-Identifier: MIT */
/*
 * stack_parts.h - the samples of a profile, summed up by stack, thread and why the walk ended.
 *
 * Views need no single samples, and there are many times more of them than stacks: 2.4 million in
 * ten minutes of four threads. This is the one place that visits them in no order.
 *
 * Memory: the parts belong to the struct until stack_parts_release.
 */
#ifndef PROF_RENDER_STACK_PARTS_H
#define PROF_RENDER_STACK_PARTS_H

#include "profiler/profile/profile.h"

/* Why stacks are not whole: the reasons of the recording, and one more. */
enum {
    STACK_GAP_NONE = RECORDING_STOP_COMPLETE,
    STACK_GAP_NO_STACK = RECORDING_STOP_COUNT,
    STACK_GAP_COUNT,
};

struct stack_part {
    uint32_t stack; /* of the profile; its stack_count: no stack was recorded */
    uint32_t thread;
    uint64_t weight, samples;
    bool older; /* of the profile that this one is compared with, see profile_add_older */
};

struct stack_parts {
    struct stack_part *parts;
    uint32_t count, capacity;
    uint32_t ends[STACK_GAP_COUNT]; /* parts of each gap follow those of the one before */
};

void stack_parts_build(struct stack_parts *parts, const struct profile *profile);
void stack_parts_release(struct stack_parts *parts);

static inline uint32_t stack_parts_begin(const struct stack_parts *parts, unsigned gap)
{
    return gap ? parts->ends[gap - 1] : 0;
}

static inline unsigned stack_gap_of(const struct profile_sample *sample)
{
    return sample->stack == PROFILE_NONE ? STACK_GAP_NO_STACK : sample->stop;
}

/* As in stack_part: the index of what a sample's stack is counted under. */
static inline uint32_t stack_index_of(const struct profile *of, const struct profile_sample *sample)
{
    return sample->stack == PROFILE_NONE ? of->stack_count : sample->stack;
}

#endif
