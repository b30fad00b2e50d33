/* SPDX-License-Identifier: MIT */
/*
 * container.h - the file around the records: its header, and chunks of compressed bytes.
 *
 * Pure: bytes in, bytes out. FORMAT.md, "File" and "Chunk", describes both byte by byte.
 */
#ifndef PROF_RECORDING_CONTAINER_H
#define PROF_RECORDING_CONTAINER_H

#include "profiler/base/bytes.h"
#include "profiler/base/error.h"
#include "profiler/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CONTAINER_FILE_HEADER_SIZE = 24,
    CONTAINER_CHUNK_HEADER_SIZE = 20,
    CONTAINER_RAW_MAX = 64 << 20, /* bytes of one chunk when inflated */
    CONTAINER_RATIO_MAX = 1032, /* what deflate can reach at best (RFC 1951: 258 bytes in 2 bits) */
};
#define CONTAINER_CHUNK_MARKER "CHNK"

enum container_codec {
    CONTAINER_STORED = 0,
    CONTAINER_DEFLATED = 1, /* a zlib stream, RFC 1950 */
};

void container_append_file_header(struct text *out);

/* Reads the file header; `path` is for the error. Returns 0 or -1. */
int container_read_file_header(struct bytes *file, const char *path, struct error *error);

/* Appends one chunk, header and payload. `size` is at most CONTAINER_RAW_MAX. */
void container_pack(const void *raw, size_t size, struct text *out);

/* Zero-initialised is ready. */
struct container_unpacker {
    uint8_t *buffer;
    size_t capacity;
};
void container_unpacker_release(struct container_unpacker *unpacker);

/*
 * Reads one chunk from the file, which moves past it. `raw` is valid until the next call. Returns
 * NULL, or what is wrong with the chunk ("has a wrong checksum"); the file has not moved then.
 */
const char *container_unpack(struct container_unpacker *unpacker, struct bytes *file,
                             struct bytes *raw);

#endif
