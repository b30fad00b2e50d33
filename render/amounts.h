/* SPDX-License-Identifier: MIT */
/*
 * amounts.h - weights for people: CPU time, or a number of what the profile's source counts.
 */
#ifndef PROF_RENDER_AMOUNTS_H
#define PROF_RENDER_AMOUNTS_H

#include "profiler/base/text.h"
#include "profiler/profile/profile.h"

/* "12.31 s", or "12,310 samples" where a weight is no time. */
void amount_append(struct text *out, const struct profile *profile, uint64_t weight);

/* The same with always as many decimals, for columns: "12.310 s", or "12,310". */
void amount_append_column(struct text *out, const struct profile *profile, uint64_t weight);

#endif
