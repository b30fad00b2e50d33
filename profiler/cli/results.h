/* SPDX-License-Identifier: MIT */
/*
 * results.h - what is shown of a recording that was just made.
 */
#ifndef PROF_CLI_RESULTS_H
#define PROF_CLI_RESULTS_H

#include "profiler/cli/record_options.h"
#include "profiler/collector/kept_files.h"

#include <sys/types.h>

/* prof run: writes the picture, and prints the summary and the hottest functions. Names are looked
 * up in the files that were kept, and are in the recording afterwards. `pid` is the command's. */
void results_show(const struct record_settings *settings, const char *recording, pid_t pid,
                  const struct kept_files *files);

/* prof record: the summary only. Names are looked up all the same: files that are gone since can be
 * read only now. */
void results_summarize(const struct record_settings *settings, const char *recording,
                       const struct kept_files *files);

#endif
