/* SPDX-License-Identifier: MIT */
/*
 * profile_totals.c - figures of the whole run.
 *
 * The CPU time of a process goes on over exec, so that it is counted by chains: the images that
 * one pid ran after each other, of which the last tells the time used by all.
 */
#include "profiler/profile/profile.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"

#include <stdlib.h>

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* CPU time of a process when one of its images was over. */
struct image_end {
    uint64_t known_ns; /* as last told; what the samples tell where nobody did */
    uint64_t seen_ns;  /* as far as the image's samples reach, which may be later */
};

static struct image_end add_image(const struct profile_process *process, uint64_t sampled_ns,
                                  struct image_end before, struct profile_totals *totals)
{
    uint64_t begin = larger(process->start_cpu_ns, before.known_ns);
    uint64_t seen = begin + sampled_ns;
    uint64_t end = process->cpu_ns ? larger(process->cpu_ns, begin) : seen;
    uint64_t covered = larger(before.known_ns, before.seen_ns);
    totals->cpu_ns += end - before.known_ns;
    totals->start_cpu_ns += begin > covered ? begin - covered : 0;
    return (struct image_end){end, seen};
}

/* `sampled`: CPU time by process that the samples account for. */
static void total_processes(const struct profile *profile, const uint64_t *sampled,
                            struct profile_totals *totals)
{
    struct hash_map last_of_pid = {0}; // index into ends
    struct image_end *ends = memory_new(profile->process_count + (size_t)1, sizeof *ends);
    for (uint32_t i = 0; i < profile->process_count; i++) {
        const struct profile_process *process = &profile->processes[i];
        uint32_t *last = hash_map_at(&last_of_pid, process->pid);
        struct image_end before = {0, 0};
        if (process->image > 0 && *last != HASH_MAP_NONE)
            before = ends[*last];
        ends[i] = add_image(process, sampled[i], before, totals);
        *last = i;
    }
    free(ends);
    hash_map_release(&last_of_pid);
}

static void total_samples(const struct profile *profile, uint64_t *sampled,
                          struct profile_totals *totals)
{
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        sampled[profile->threads[sample->thread].process] += sample->weight * profile->period_ns;
        totals->samples += profile_sample_count(sample);
        totals->weight += sample->weight;
        totals->stops[sample->stop] += profile_sample_count(sample);
    }
    totals->complete = totals->stops[RECORDING_STOP_COMPLETE];
    totals->accounted_ns = totals->weight * profile->period_ns;
    if (totals->accounted_ns)
        totals->achieved_hz = (double)totals->samples / ((double)totals->accounted_ns / 1e9);
}

static void total_losses(const struct profile *profile, struct profile_totals *totals)
{
    for (uint32_t i = 0; i < profile->loss_count; i++) {
        const struct profile_loss *loss = &profile->losses[i];
        totals->losses[loss->reason] += loss->samples;
        if (loss->reason == RECORDING_LOSS_RING_FULL) {
            totals->lost_samples += loss->samples;
            totals->lost_weight += loss->weight;
        } else if (loss->reason == RECORDING_LOSS_PAUSED) {
            totals->paused_ns += loss->weight * profile->period_ns;
        }
    }
}

void profile_totals(const struct profile *profile, struct profile_totals *totals)
{
    if (profile->totals) {
        *totals = *profile->totals;
        return;
    }
    *totals = (struct profile_totals){0};
    uint64_t *sampled = memory_new(profile->process_count + (size_t)1, sizeof *sampled);
    total_samples(profile, sampled, totals);
    total_losses(profile, totals);
    total_processes(profile, sampled, totals);
    free(sampled);
    if (profile->end_ns > profile->start_ns)
        totals->duration_ns = profile->end_ns - profile->start_ns;
}
