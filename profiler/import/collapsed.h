/* SPDX-License-Identifier: MIT */
/*
 * collapsed.h - reads collapsed stacks: "root;caller;leaf COUNT" on each line.
 *
 * "a;;b" has a frame of which no name is known, but semicolons at the end of a stack begin none.
 */
#ifndef PROF_IMPORT_COLLAPSED_H
#define PROF_IMPORT_COLLAPSED_H

#include "profiler/import/import_notes.h"
#include "profiler/profile/profile.h"

#include <stddef.h>

void collapsed_read(struct profile *profile, const char *bytes, size_t size,
                    struct import_notes *notes);

#endif
