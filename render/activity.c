/* SPDX-License-Identifier: MIT */
/*
 * activity.c - how many samples each process, thread and module has.
 */
#include "render/activity.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"

#include <stdlib.h>

static void count_samples(struct activity *activity, const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        uint64_t samples = profile_sample_count(sample);
        activity->thread_samples[sample->thread] += samples;
        activity->process_samples[profile->threads[sample->thread].process] += samples;
        if (sample->stack == PROFILE_NONE)
            continue;
        uint32_t module = profile->frames[profile->stacks[sample->stack].frame].module;
        if (module != PROFILE_NONE)
            activity->module_samples[module] += samples;
    }
}

static uint32_t count_pids(const struct profile *profile)
{
    struct hash_map pids = {0};
    for (uint32_t i = 0; i < profile->process_count; i++)
        *hash_map_at(&pids, profile->processes[i].pid) = 0;
    uint32_t count = pids.count;
    hash_map_release(&pids);
    return count;
}

/* Each exec goes on with one thread of the program before. */
static uint32_t count_threads(const struct profile *profile)
{
    uint32_t count = profile->thread_count;
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        const struct profile_thread *thread = &profile->threads[i];
        const struct profile_process *process = &profile->processes[thread->process];
        count -= process->image > 0 && process->pid == thread->tid;
    }
    return count;
}

static int compare_modules(const void *left, const void *right, void *context)
{
    const uint64_t *samples = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (samples[a] != samples[b])
        return samples[a] > samples[b] ? -1 : 1;
    return a < b ? -1 : 1;
}

void activity_count(struct activity *activity, const struct profile *profile)
{
    *activity = (struct activity){
        .process_samples = memory_new(profile->process_count + (size_t)1, sizeof(uint64_t)),
        .thread_samples = memory_new(profile->thread_count + (size_t)1, sizeof(uint64_t)),
        .module_samples = memory_new(profile->module_count + (size_t)1, sizeof(uint64_t)),
        .modules_by_use = memory_new(profile->module_count + (size_t)1, sizeof(uint32_t)),
        .pid_count = count_pids(profile),
        .thread_count = count_threads(profile),
    };
    count_samples(activity, profile);
    for (uint32_t i = 0; i < profile->module_count; i++)
        activity->modules_by_use[i] = i;
    qsort_r(activity->modules_by_use, profile->module_count, sizeof(uint32_t), compare_modules,
            activity->module_samples);
}

void activity_release(struct activity *activity)
{
    free(activity->process_samples);
    free(activity->thread_samples);
    free(activity->module_samples);
    free(activity->modules_by_use);
    *activity = (struct activity){0};
}
