/* SPDX-License-Identifier: MIT */
/*
 * reader.h - reads a prof.data file record by record.
 *
 * The file is untrusted: every size and every id is checked, and a record with an id out of range
 * counts as damage. A damaged or cut tail ends the reading; everything before it is delivered.
 *
 * Memory: the reader owns what a record points to, until the next call or its close.
 */
#ifndef PROF_RECORDING_READER_H
#define PROF_RECORDING_READER_H

#include "profiler/base/error.h"
#include "profiler/recording/format.h"

#include <stdbool.h>

struct recording_reader;

/* Returns NULL with the error filled: not there, not a recording, a version we do not know. */
struct recording_reader *recording_reader_open(const char *path, struct error *error);
void recording_reader_close(struct recording_reader *reader);

/* Bytes of the file. */
uint64_t recording_reader_size(const struct recording_reader *reader);

/* 1: `record` is filled. 0: the end, of the file or of its readable part. Never fails. */
int recording_reader_next(struct recording_reader *reader, struct recording_record *record);

/* After the end: bytes of the file that could not be used (0: none), and why in words ("" if 0). */
uint64_t recording_reader_lost_bytes(const struct recording_reader *reader);
const char *recording_reader_damage(const struct recording_reader *reader);

/* The file up to the end of the last chunk that was read wholly, and how many ids of a kind that
 * part defines (of strings, the empty one included): where and with what a writer may go on. */
uint64_t recording_reader_whole_bytes(const struct recording_reader *reader);
uint32_t recording_reader_whole_count(const struct recording_reader *reader,
                                      enum recording_kind kind);

#endif
