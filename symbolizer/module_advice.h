/* SPDX-License-Identifier: MIT */
/*
 * module_advice.h - makes what would help a module without symbols as plain as it can be said here.
 */
#ifndef PROF_SYMBOLIZER_MODULE_ADVICE_H
#define PROF_SYMBOLIZER_MODULE_ADVICE_H

#include "profiler/profile/profile.h"
#include "symbolizer/symbolize_options.h"

/* Completes the reasons of the profile's modules. `weights`: of the samples in each module. Those
 * with a share worth a look-up are asked about together, if the options say whom. */
void module_advice_complete(struct profile *profile, const struct symbolize_options *options,
                            const uint64_t *weights);

#endif
