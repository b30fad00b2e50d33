/* SPDX-License-Identifier: MIT */
/*
 * stray_threads.h - finds threads that have not come to us by themselves: made by clone(2) past the
 * C library, or started before the sampler was loaded.
 *
 * Runs in: the drain thread.
 * Source:  proc(5), /proc/PID/task.
 */
#ifndef PROF_COLLECTOR_STRAY_THREADS_H
#define PROF_COLLECTOR_STRAY_THREADS_H

#include "profiler/base/hash_map.h"
#include "profiler/channel/channel.h"

struct stray_threads {
    struct channel_header *header;         /* borrowed */
    const struct channel_header *geometry; /* borrowed: what the target cannot change */
    /* keys are pid and tid */
    struct hash_map slots;       /* -> slot, of every thread that has one in this look */
    struct hash_map now, before; /* refused ones, in this look and in the last */
};

void stray_threads_init(struct stray_threads *strays, struct channel_header *header,
                        const struct channel_header *geometry);
void stray_threads_release(struct stray_threads *strays);

/* Begins a look at all processes. */
void stray_threads_begin(struct stray_threads *strays);

/* One process: claims slots for threads that have none although they have run for a while, and ends
 * those that are gone. */
void stray_threads_look(struct stray_threads *strays, uint32_t image, int32_t pid, uint64_t now_ns);

#endif
