/* SPDX-License-Identifier: MIT */
/*
 * output.h - the file a recording is written to: made with care for what is there, written whole
 * pieces at a time.
 */
#ifndef PROF_RECORDING_OUTPUT_H
#define PROF_RECORDING_OUTPUT_H

#include "profiler/base/error.h"

#include <stddef.h>
#include <stdint.h>

struct output {
    int fd;
    uint64_t size; /* bytes written so far, all of them whole pieces */
};

/*
 * Opens an empty file to write to, locked against other writers where the file system can. A
 * recording of prof that is there is moved to "<path>.old" (through symbolic links, the file
 * itself); any other file that is not empty is refused. What is not a regular file (a pipe,
 * /dev/null) is written to as it is. Returns 0, or -1 with the error filled.
 */
int output_create(struct output *output, const char *path, struct error *error);

/* Opens a file that is there to write on at its end, after output_cut. */
int output_open(struct output *output, const char *path, struct error *error);

/* Cuts the file to `size` bytes and goes on there. */
int output_cut(struct output *output, uint64_t size, const char *path, struct error *error);

/* Writes all bytes, or cuts what was written of them off again and returns -1. The caller must not
 * write after a failure. */
int output_write(struct output *output, const void *bytes, size_t size, struct error *error);

/* Returns -1 when the system only tells now that bytes were lost (NFS, quota). */
int output_close(struct output *output, struct error *error);

#endif
