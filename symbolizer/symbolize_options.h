/* SPDX-License-Identifier: MIT */
/*
 * symbolize_options.h - where the names of a profile are looked for, and who is told meanwhile.
 *
 * All zero is what most want. Nothing is copied: strings and contexts stay the caller's, and must
 * last for the call they are passed to.
 */
#ifndef PROF_SYMBOLIZER_SYMBOLIZE_OPTIONS_H
#define PROF_SYMBOLIZER_SYMBOLIZE_OPTIONS_H

#include "profiler/base/text.h"
#include "symbolizer/symbol_types.h"

#include <stdbool.h>
#include <stdint.h>

struct symbolize_step {
    const char *module; /* path */
    uint32_t done, all; /* modules */
    double percent;     /* of all samples lie in this one */
};

struct symbolize_options {
    const char *const *debug_directories; /* NULL-terminated; NULL: /usr/lib/debug */
    const char *sysroot;                  /* put before the modules' paths; NULL: none */
    bool ask_debuginfod;                  /* fetch debug files that are not here */
    /* Called before each module is looked at; NULL: nobody cares. */
    void (*progress)(void *context, const struct symbolize_step *step);
    void *progress_context;
    /* Asked before each module: whether nothing more is to be fetched. NULL: never. */
    bool (*stop_fetching)(void);
    /* For installed files that lack symbols, the one used most first: appends to each advice what
     * brings them, in words. NULL: nobody knows. */
    void (*advise)(const char *const *paths, struct text *advices, uint32_t count);
    /* The very file of a module, where it is at hand under another path, and the folder that its
     * process saw as / ("/proc/self/fd/7"; see struct symbol_module); likewise the perf-PID.map and
     * the jitdump of a process (index), which are believed as they are. Each NULL: not at hand. */
    const char *(*module_file)(void *context, uint32_t module);
    const char *(*module_root)(void *context, uint32_t module);
    const char *(*process_map)(void *context, uint32_t process);
    const char *(*process_dump)(void *context, uint32_t process);
    void *files_context;
    bool no_inlines;             /* one line per frame */
    const char *cache_directory; /* NULL: nothing is kept; see symbol_cache.h */
    struct symbol_cache_writes
        *cache_writes;         /* what is to be kept is left here; NULL: is written */
    const char *map_directory; /* of what JIT compilers write, see generated_code.h; NULL: /tmp */
    const char *kernel_map;    /* NULL: /proc/kallsyms */
    enum symbolizer_isolation isolate; /* of the modules' files; see symbolizer.h */
};

#endif
