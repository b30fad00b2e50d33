/* SPDX-License-Identifier: MIT */
/*
 * zlib_stream_libdeflate.c - whole zlib streams by libdeflate.
 */
#include "profiler/base/zlib_stream.h"

#include "profiler/base/memory.h"

#include <libdeflate.h>
#include <stdbool.h>

enum { LEVEL = 6 }; /* 9 takes four to eight times as long, for a hundredth less */

size_t zlib_stream_inflate(const void *in, size_t in_size, void *out, size_t size)
{
    size_t taken = 0;
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    bool good = decompressor && libdeflate_zlib_decompress_ex(decompressor, in, in_size, out, size,
                                                              &taken, NULL) == LIBDEFLATE_SUCCESS;
    libdeflate_free_decompressor(decompressor);
    return good ? taken : 0;
}

void zlib_stream_append(struct text *out, const void *data, size_t size)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
    if (!compressor)
        memory_exhausted();
    size_t room = libdeflate_zlib_compress_bound(compressor, size);
    size_t length = libdeflate_zlib_compress(compressor, data, size, text_reserve(out, room), room);
    text_append_reserved(out, length);
    libdeflate_free_compressor(compressor);
}
