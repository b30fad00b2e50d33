/* SPDX-License-Identifier: MIT */
/*
 * debuginfod.h - fetches debug files from the servers in $DEBUGINFOD_URLS.
 *
 * Through the command debuginfod-find, not the library: that would bring curl and its threads into
 * prof, and the command finds the servers and the cache as the user has set them up.
 */
#ifndef PROF_SYMBOLIZER_DEBUGINFOD_H
#define PROF_SYMBOLIZER_DEBUGINFOD_H

#include "profiler/base/text.h"

#include <stdbool.h>

/* Appends where the debug file of that build-id (in hexadecimal) lies now. May take as long as a
 * download does; a signal that is handled without restarting ends it. False when it is not to be
 * had. */
bool debuginfod_fetch(const char *build_id, struct text *path);

/* Appends the folder in which the command keeps what it fetched; false: there is none. */
bool debuginfod_cache(struct text *path);

#endif
