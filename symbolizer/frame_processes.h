/* SPDX-License-Identifier: MIT */
/*
 * frame_processes.h - which processes ran a frame, by way of the samples.
 *
 * Frames outside of all modules are addresses, which two processes may use for different code.
 */
#ifndef PROF_SYMBOLIZER_FRAME_PROCESSES_H
#define PROF_SYMBOLIZER_FRAME_PROCESSES_H

#include "profiler/profile/profile.h"

struct frame_process {
    uint32_t frame, process;
};

struct frame_processes {
    struct frame_process *pairs; /* sorted, each once */
    uint32_t count, capacity;
};

/* For the frames of the profile that are in no module of its table. */
void frame_processes_init(struct frame_processes *runs, const struct profile *profile);
void frame_processes_release(struct frame_processes *runs);

/* The pairs of a frame; `count` becomes 0 where no sample has it. */
const struct frame_process *frame_processes_of(const struct frame_processes *runs, uint32_t frame,
                                               uint32_t *count);

#endif
