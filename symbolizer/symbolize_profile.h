/* SPDX-License-Identifier: MIT */
/*
 * symbolize_profile.h - gives every frame of a profile its functions and source lines.
 */
#ifndef PROF_SYMBOLIZER_SYMBOLIZE_PROFILE_H
#define PROF_SYMBOLIZER_SYMBOLIZE_PROFILE_H

#include "profiler/base/error.h"
#include "profiler/profile/profile.h"
#include "symbolizer/symbol_types.h"

struct symbolize_options {
    const char *const *debug_directories; /* NULL-terminated; NULL: /usr/lib/debug */
    const char *sysroot;                  /* put before the modules' paths; NULL: none */
    bool ask_debuginfod;                  /* fetch debug files that are not here */
    /* Called before each module of several is looked at; NULL: nobody cares. */
    void (*progress)(void *context, const char *module, uint32_t done, uint32_t all);
    void *progress_context;
    bool no_inlines;                   /* one line per frame */
    const char *cache_directory;       /* NULL: nothing is kept; see symbol_cache.h */
    const char *map_directory;         /* of perf-PID.map, which JIT compilers write; NULL: /tmp */
    const char *kernel_map;            /* NULL: /proc/kallsyms */
    enum symbolizer_isolation isolate; /* of the modules' files; see symbolizer.h */
};

/*
 * Fills profile->functions, ->lines, the line range of every frame and the symbol source of every
 * module. Frames that cannot be named get a function named "module+0xstart" (the function's start
 * from .eh_frame where there is one) or "[unknown]" outside all modules, where no JIT compiler left
 * a map of what it made; and "[kernel]" where the kernel keeps its symbols to itself. Symbols that
 * are there already are replaced. Missing or damaged files are an answer (module->symbol_reason),
 * not an error: -1 only when the symbolizer itself could not work.
 */
int symbolize_profile(struct profile *profile, const struct symbolize_options *options,
                      struct error *error);

#endif
