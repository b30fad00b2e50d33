/* SPDX-License-Identifier: MIT */
/*
 * symbolize_profile.h - gives every frame of a profile its functions and source lines.
 */
#ifndef PROF_SYMBOLIZER_SYMBOLIZE_PROFILE_H
#define PROF_SYMBOLIZER_SYMBOLIZE_PROFILE_H

#include "profiler/base/error.h"
#include "profiler/profile/profile.h"
#include "symbolizer/symbolize_options.h"

/*
 * Looks at the modules with the most samples first. Fills profile->functions, ->lines, the line
 * range of every frame and the symbol source of every module. Frames that cannot be named get a
 * function named "module+0xstart" (the function's start from .eh_frame where there is one) or
 * "[unknown]" outside all modules, where no JIT compiler left word of what it made (where that
 * changed while the program ran, profile_split_versions); and "[kernel]" where the kernel keeps its
 * symbols to itself. Symbols that are there already are replaced. Missing or damaged files are an
 * answer (module->symbol_reason), not an error: -1 only when the symbolizer itself could not work.
 */
int symbolize_profile(struct profile *profile, const struct symbolize_options *options,
                      struct error *error);

#endif
