/* SPDX-License-Identifier: MIT */
/*
 * activity.h - how many samples each process, thread and module has.
 *
 * Memory: the tables belong to the activity until activity_release.
 */
#ifndef PROF_RENDER_ACTIVITY_H
#define PROF_RENDER_ACTIVITY_H

#include "profiler/profile/profile.h"

struct activity {
    uint64_t *process_samples; /* [process] */
    uint64_t *thread_samples;  /* [thread] */
    uint64_t *module_samples;  /* [module]: samples whose innermost frame lies in it */
    uint32_t *modules_by_use;  /* all modules, the one with most samples first */
    uint32_t pid_count;        /* distinct processes; one that execs is counted once */
    uint32_t thread_count;     /* likewise: a thread goes on over an exec */
};

void activity_count(struct activity *activity, const struct profile *profile);
void activity_release(struct activity *activity);

#endif
