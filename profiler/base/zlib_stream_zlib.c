/* SPDX-License-Identifier: MIT */
/*
 * zlib_stream_zlib.c - whole zlib streams by zlib, which counts in `unsigned`: large ones go
 * through in pieces.
 */
#include "profiler/base/zlib_stream.h"

#include "profiler/base/memory.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

enum { FAST = 1, SMALL = 6, ROOM = 256 * 1024 };

static unsigned piece_of(size_t size)
{
    return size > UINT_MAX ? UINT_MAX : (unsigned)size;
}

size_t zlib_stream_inflate(const void *in, size_t in_size, void *out, size_t size)
{
    z_stream stream = {0};
    size_t taken = 0, done = 0;
    bool moves = true;
    int result = inflateInit(&stream);
    while (result == Z_OK && moves) {
        unsigned offered = piece_of(in_size - taken), room = piece_of(size - done);
        stream.next_in = (Bytef *)in + taken;
        stream.avail_in = offered;
        stream.next_out = (Bytef *)out + done;
        stream.avail_out = room;
        result = inflate(&stream, Z_NO_FLUSH);
        moves = offered != stream.avail_in || room != stream.avail_out;
        taken += offered - stream.avail_in;
        done += room - stream.avail_out;
    }
    inflateEnd(&stream);
    return result == Z_STREAM_END && done == size ? taken : 0;
}

/* Memory for zlib that cannot fail: deflate then cannot fail either. */
static voidpf allocate(voidpf unused, uInt count, uInt size)
{
    (void)unused;
    return memory_new(count, size);
}

static void release(voidpf unused, voidpf block)
{
    (void)unused;
    free(block);
}

static void begin(z_stream *stream, int level)
{
    *stream = (z_stream){.zalloc = allocate, .zfree = release};
    deflateInit(stream, level);
}

/* Compresses the next bytes of those from `*at` on into the room; true: they are not all. */
static bool deflate_some(z_stream *stream, const char **at, size_t *size, void *out, unsigned room)
{
    unsigned offered = piece_of(*size);
    stream->next_in = (Bytef *)*at;
    stream->avail_in = offered;
    stream->next_out = out;
    stream->avail_out = room;
    int result = deflate(stream, offered == *size ? Z_FINISH : Z_NO_FLUSH);
    *at += offered - stream->avail_in;
    *size -= offered - stream->avail_in;
    return result == Z_OK;
}

size_t zlib_stream_deflate(const void *data, size_t size, void *out, size_t room)
{
    z_stream stream;
    const char *at = data;
    size_t done = 0;
    bool more = true;
    begin(&stream, FAST);
    while (more && done < room) {
        unsigned offered = piece_of(room - done);
        more = deflate_some(&stream, &at, &size, (char *)out + done, offered);
        done += offered - stream.avail_out;
    }
    deflateEnd(&stream);
    return more ? 0 : done;
}

void zlib_stream_append(struct text *out, const void *data, size_t size)
{
    z_stream stream;
    const char *at = data;
    bool more = true;
    begin(&stream, SMALL);
    while (more) {
        more = deflate_some(&stream, &at, &size, text_reserve(out, ROOM), ROOM);
        text_append_reserved(out, ROOM - stream.avail_out);
    }
    deflateEnd(&stream);
}

uint32_t zlib_stream_crc32(uint32_t before, const void *data, size_t size)
{
    return (uint32_t)crc32_z(before, data, size);
}
