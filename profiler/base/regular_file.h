/* SPDX-License-Identifier: MIT */
/*
 * regular_file.h - opens regular files, and touches nothing else.
 *
 * Paths come from recordings, from other processes and out of ELF files. Merely opening what such a
 * path leads to can do something: devices start, rewind or reset, and who waits at the other end of
 * a FIFO goes on. So it is looked at first, and what was looked at is what is opened.
 */
#ifndef PROF_BASE_REGULAR_FILE_H
#define PROF_BASE_REGULAR_FILE_H

#include "profiler/base/error.h"

#include <sys/stat.h>

/* Returns a descriptor for reading, close-on-exec, with `status` filled; or -1 with the error
 * filled. */
int regular_file_open(const char *path, struct stat *status, struct error *error);

#endif
