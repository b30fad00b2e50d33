/* SPDX-License-Identifier: MIT */
/*
 * perf_script.h - reads what `perf script` prints.
 */
#ifndef PROF_IMPORT_PERF_SCRIPT_H
#define PROF_IMPORT_PERF_SCRIPT_H

#include "profiler/import/import_notes.h"
#include "profiler/import/profile_builder.h"

#include <stddef.h>

/* Whether the line is the first one of a sample: "comm 12/13 [000] 45.678901: 250000 cycles:". */
bool perf_script_is_header(struct slice line);

void perf_script_read(struct profile *profile, const char *bytes, size_t size,
                      struct import_notes *notes);

#endif
