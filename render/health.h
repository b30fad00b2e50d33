/* SPDX-License-Identifier: MIT */
/*
 * health.h - what a reader of the figures must know, one sentence each, and only where it is so.
 */
#ifndef PROF_RENDER_HEALTH_H
#define PROF_RENDER_HEALTH_H

#include "profiler/base/text.h"
#include "profiler/profile/profile.h"

/* Appends lines, each after `prefix`: a rate that was not reached, losses, threads and programs not
 * sampled, time before sampling, incomplete stacks, code without names, a damaged or unfinished
 * recording. */
void health_append(struct text *out, const struct profile *profile,
                   const struct profile_totals *totals, const char *prefix);

/* What a stop reason means, for people: "no unwind information". */
const char *health_stop_words(unsigned stop);

#endif
