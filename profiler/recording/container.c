/* SPDX-License-Identifier: MIT */
/*
 * container.c - file header and chunks.
 */
#include "profiler/recording/container.h"

#include "profiler/base/memory.h"
#include "profiler/base/zlib_stream.h"
#include "profiler/recording/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MARKER_SIZE = sizeof CONTAINER_CHUNK_MARKER - 1, MAGIC_SIZE = sizeof RECORDING_MAGIC - 1 };

static void append_u32(struct text *out, uint32_t value)
{
    text_append(out, &value, sizeof value); // little-endian hosts only, as base/bytes.h
}

/* ---- the file's header ---- */

void container_append_file_header(struct text *out)
{
    uint64_t flags = 0;
    text_append(out, RECORDING_MAGIC, MAGIC_SIZE);
    append_u32(out, RECORDING_VERSION);
    append_u32(out, CONTAINER_FILE_HEADER_SIZE);
    text_append(out, &flags, sizeof flags);
}

int container_read_file_header(struct bytes *file, const char *path, struct error *error)
{
    struct bytes in = *file;
    const uint8_t *magic = bytes_take(&in, MAGIC_SIZE);
    uint32_t version = bytes_u32(&in);
    uint32_t size = bytes_u32(&in);
    uint64_t flags = bytes_u64(&in);
    if (!magic || memcmp(magic, RECORDING_MAGIC, MAGIC_SIZE) != 0)
        return error_set(error, 0, "%s is not a recording of prof", path);
    if (in.failed)
        return error_set(error, 0, "%s is cut off within its first %d bytes", path,
                         CONTAINER_FILE_HEADER_SIZE);
    if (version != RECORDING_VERSION)
        return error_set(error, 0,
                         "%s has format version %" PRIu32 ", and this prof reads version %d only",
                         path, version, RECORDING_VERSION);
    if (flags)
        return error_set(error, 0, "%s uses features that this prof does not know (%#" PRIx64 ")",
                         path, flags);
    if (size < CONTAINER_FILE_HEADER_SIZE || size > bytes_left(file))
        return error_set(error, 0, "%s has a damaged file header", path);
    bytes_skip(file, size);
    return 0;
}

/* ---- writing chunks ---- */

void container_pack(const void *raw, size_t size, struct text *out)
{
    size_t begin = out->length;
    text_append(out, CONTAINER_CHUNK_MARKER, MARKER_SIZE);
    size_t fields = out->length;
    text_append(out, (uint32_t[4]){0}, 16);
    text_append(out, raw, size); // stays unless it deflates to less
    char *payload = out->data + begin + CONTAINER_CHUNK_HEADER_SIZE;
    // Quickly: this happens beside the program that is profiled, and after it while somebody waits.
    size_t deflated = size ? zlib_stream_deflate(raw, size, payload, size - 1) : 0;
    if (!deflated && size)
        memcpy(payload, raw, size);
    uint32_t codec = deflated ? CONTAINER_DEFLATED : CONTAINER_STORED;
    uint32_t stored = (uint32_t)(deflated ? deflated : size);
    uint32_t header[4] = {codec, stored, (uint32_t)size, 0};
    memcpy(out->data + fields, header, sizeof header);
    uint32_t sum = zlib_stream_crc32(0, out->data + begin, MARKER_SIZE + 12);
    header[3] = zlib_stream_crc32(sum, payload, stored);
    memcpy(out->data + fields, header, sizeof header);
    out->length = begin + CONTAINER_CHUNK_HEADER_SIZE + stored;
}

/* ---- reading chunks ---- */

void container_unpacker_release(struct container_unpacker *unpacker)
{
    free(unpacker->buffer);
    *unpacker = (struct container_unpacker){0};
}

/* Whether the payload is a zlib stream of exactly `raw_size` bytes; they are in the buffer then. */
static bool inflate_exactly(struct container_unpacker *unpacker, const uint8_t *payload,
                            size_t stored_size, size_t raw_size)
{
    if (unpacker->capacity < raw_size) {
        free(unpacker->buffer);
        unpacker->buffer = memory_resize(NULL, raw_size, 1);
        unpacker->capacity = raw_size;
    }
    return zlib_stream_inflate(payload, stored_size, unpacker->buffer, raw_size) == stored_size;
}

const char *container_unpack(struct container_unpacker *unpacker, struct bytes *file,
                             struct bytes *raw)
{
    struct bytes in = *file;
    const uint8_t *header = bytes_take(&in, MARKER_SIZE);
    uint32_t codec = bytes_u32(&in);
    uint32_t stored_size = bytes_u32(&in);
    uint32_t raw_size = bytes_u32(&in);
    uint32_t checksum = bytes_u32(&in);
    if (in.failed)
        return "is cut off";
    if (memcmp(header, CONTAINER_CHUNK_MARKER, MARKER_SIZE) != 0)
        return "does not begin like one";
    const uint8_t *payload = bytes_take(&in, stored_size);
    if (!payload)
        return "is cut off";
    uint32_t sum = zlib_stream_crc32(0, header, MARKER_SIZE + 12);
    if (zlib_stream_crc32(sum, payload, stored_size) != checksum)
        return "has a wrong checksum";
    if (raw_size > CONTAINER_RAW_MAX || raw_size / CONTAINER_RATIO_MAX > stored_size)
        return "states an impossible size";
    if (codec == CONTAINER_STORED) {
        if (raw_size != stored_size)
            return "states an impossible size";
        *raw = bytes_of(payload, raw_size);
    } else if (codec == CONTAINER_DEFLATED) {
        if (raw_size == 0 || !inflate_exactly(unpacker, payload, stored_size, raw_size))
            return "cannot be inflated";
        *raw = bytes_of(unpacker->buffer, raw_size);
    } else {
        return "is compressed in a way that this prof does not know";
    }
    *file = in;
    return NULL;
}
