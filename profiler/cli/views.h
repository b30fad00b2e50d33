/* SPDX-License-Identifier: MIT */
/*
 * views.h - what the subcommands that look at a recording have in common.
 */
#ifndef PROF_CLI_VIEWS_H
#define PROF_CLI_VIEWS_H

#include "profiler/base/text.h"
#include "profiler/cli/terminal.h"
#include "profiler/collector/kept_files.h"
#include "profiler/profile/profile.h"
#include "symbolizer/symbol_cache.h"
#include "symbolizer/symbolize_profile.h"

#define VIEWS_RECORDING "prof.data"
#define VIEWS_PICTURE   "flamegraph.svg"

/* Rows that the tables of options share; `settings` has the fields `json` and `color`. */
#define VIEWS_OPTION_JSON(settings)                                                                \
    {                                                                                              \
        0, "json", OPTION_FLAG, offsetof(settings, json), NULL, "print JSON instead of a table",   \
            0, 0, NULL                                                                             \
    }
#define VIEWS_OPTION_COLOR(settings)                                                               \
    {                                                                                              \
        0, "color", OPTION_CHOICE, offsetof(settings, color), "WHEN",                              \
            "auto, always or never (default auto; NO_COLOR is respected)", 0, 0, color_choices     \
    }

/*
 * Loads what a view looks at: a recording, and names what is in it; or a picture of prof, collapsed
 * stacks, or the output of perf script, which has its names. "-" is standard input. Symbols that
 * had to be looked up are written back, so that the next look is quicker; where that is not
 * possible nothing is said. Prints a message and returns -1 when nothing can be loaded.
 */
int views_load(struct profile *profile, const char *path);

/* The same for a recording that was just made, with the files that were kept of it (their owner
 * stays the caller); but names are not written yet, see views_keep_names. */
int views_load_fresh(struct profile *profile, const char *path, const struct kept_files *files,
                     struct symbol_cache_writes *names);

/* Writes the names of a profile into the recording that it was loaded from, where that is possible,
 * and into the cache of symbols. */
void views_keep_names(const struct profile *profile, const char *path,
                      struct symbol_cache_writes *names);

/* For struct symbolize_options: shows which module is looked at; knows what packages would help. */
void views_progress(void *unused, const struct symbolize_step *step);
void views_advise(const char *const *paths, struct text *advices, uint32_t count);

/* The one file argument of a view: the default when there is none, NULL (and a message) when
 * there are several. */
const char *views_file(const char *subcommand, int argument_count, char **arguments);

/* Writes a view and releases it. Returns the exit status. */
int views_write(const char *path, struct text *text);

#endif
