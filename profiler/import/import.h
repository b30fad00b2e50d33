/* SPDX-License-Identifier: MIT */
/*
 * import.h - profiles from collapsed stacks, from `perf script` and from our own pictures.
 *
 * What is counted: a line of collapsed stacks so many samples as it says; a sample of perf script
 * one sample, or its CPU time, when all events are clocks that tell it.
 *
 * Memory: the profile is initialised by the caller, who releases it also after a failure; the bytes
 * are the caller's and not needed afterwards.
 */
#ifndef PROF_IMPORT_IMPORT_H
#define PROF_IMPORT_IMPORT_H

#include "profiler/base/error.h"
#include "profiler/import/import_notes.h"
#include "profiler/profile/profile.h"

#include <stddef.h>

/* Whether these may be one of our kinds, and no recording. Looks at the first bytes only. */
bool import_recognises(const char *bytes, size_t size);

/* Fills the profile; `name` is what the input is called in errors. Returns -1 with the error filled
 * when there is no profile in the bytes. */
int import_profile(struct profile *profile, const char *bytes, size_t size, const char *name,
                   struct import_notes *notes, struct error *error);

#endif
