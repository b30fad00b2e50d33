/* SPDX-License-Identifier: MIT */
/*
 * zlib_stream.h - whole zlib streams (RFC 1950) in memory, and the checksum of RFC 1952.
 *
 * By libdeflate where the build has found it, else by zlib. libdeflate wants all input and all room
 * at once, and then takes half of zlib's time to inflate; to compress the frames of 1,000,000
 * stacks (21 MB), a fifth. What comes piece by piece, or has a size that nobody knows, is for zlib
 * itself.
 */
#ifndef PROF_BASE_ZLIB_STREAM_H
#define PROF_BASE_ZLIB_STREAM_H

#include "profiler/base/text.h"

#include <stddef.h>
#include <stdint.h>

/* Inflates a stream that holds exactly `size` bytes into `out`. Returns how many bytes of the input
 * it took; 0: it is damaged or has another size, and `out` has no meaning. */
size_t zlib_stream_inflate(const void *in, size_t in_size, void *out, size_t size);

/* Compresses the bytes quickly to a stream in the room at `out`. Returns how many bytes it takes;
 * 0: it does not fit, or only just. The same bytes give the same stream, with the same library. */
size_t zlib_stream_deflate(const void *data, size_t size, void *out, size_t room);

/* Appends the bytes as a stream; more slowly, for what is sent around. */
void zlib_stream_append(struct text *out, const void *data, size_t size);

/* CRC-32 of the bytes (RFC 1952, section 8), behind those that gave `before`; 0: of these alone. */
uint32_t zlib_stream_crc32(uint32_t before, const void *data, size_t size);

#endif
