/* SPDX-License-Identifier: MIT */
/*
 * writer.h - appends records to a prof.data file.
 *
 * Records gather in memory and go out as one compressed, checksummed chunk (FORMAT.md) when
 * enough have come or recording_writer_flush is called. What was flushed survives the end of this
 * process. A failed write (full disk) is reported once; the writer then drops what follows, and
 * the file stays readable up to its last whole chunk.
 *
 * Signals: SIGPIPE and SIGXFSZ are the caller's to ignore; then they are failed writes.
 * Memory:  the writer copies what it is given.
 */
#ifndef PROF_RECORDING_WRITER_H
#define PROF_RECORDING_WRITER_H

#include "profiler/base/error.h"
#include "profiler/recording/format.h"

#include <stdbool.h>

struct recording_writer;

/*
 * Creates the file, with the permissions the umask leaves, and locks it against other writers.
 * A recording that is there already is moved to "<path>.old". Any other file there is refused,
 * unless it is empty; so is a recording that another process is still writing. What is not a
 * regular file (a pipe, /dev/null) is written to as it is. Returns NULL with the error filled.
 */
struct recording_writer *recording_writer_create(const char *path, struct error *error);

/* Opens a recording to add records at its end (symbols); ids count on. A damaged tail is cut off.
 * Returns NULL with the error filled: no recording, damaged from the start, being written. */
struct recording_writer *recording_writer_append(const char *path, struct error *error);

/*
 * Adds one record. The caller counts ids: the n-th record of a kind has id n, counting from 0, and
 * the n-th STRING has n + 1. Cannot fail here; a record that refers to an id not put before is a
 * mistake of the caller, which counts as a failed write.
 */
void recording_writer_put(struct recording_writer *writer, const struct recording_record *record);

/* Writes out what was put so far. Returns -1 with the error of the first failed write, every time
 * from then on. */
int recording_writer_flush(struct recording_writer *writer, struct error *error);

/* The id that the next record of a kind will have. */
uint32_t recording_writer_count(const struct recording_writer *writer, enum recording_kind kind);

/* Bytes in the file so far. */
uint64_t recording_writer_size(const struct recording_writer *writer);

/* Flushes, closes and frees. Returns as recording_writer_flush. */
int recording_writer_close(struct recording_writer *writer, struct error *error);

#endif
