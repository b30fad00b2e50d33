/* SPDX-License-Identifier: MIT */
/*
 * section_contents.c - inflates sections.
 */
#include "symbolizer/section_contents.h"

#include "profiler/base/memory.h"
#include "profiler/base/zlib_stream.h"
#include "symbolizer/relocations.h"

#include <elf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#ifdef PROF_HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef PROF_HAVE_LZMA
#include <lzma.h>
#endif

#define MAX_INFLATED ((uint64_t)4 << 30)
enum {
    ZLIB_MAX_RATIO = 1032,  // deflate's densest code: 258 bytes out of 2 bits
    ZSTD_MAX_RATIO = 32768, // 128 KiB out of a block of 4 bytes (RFC 8878, 3.1.1.2)
    METHOD_PLAIN = 0,       // no method: damage where ch_type says it
    METHOD_ZLIB = 1,        // ELFCOMPRESS_ZLIB
    METHOD_ZSTD = 2,        // ELFCOMPRESS_ZSTD, missing from older elf.h
};

struct packed {
    uint32_t method;
    uint64_t size; /* inflated */
    struct bytes data;
};

static bool is_zdebug(const struct elf_section *section, struct bytes b)
{
    const uint8_t *magic = bytes_take(&b, 4);
    return strncmp(section->name, ".zdebug", 7) == 0 && magic && memcmp(magic, "ZLIB", 4) == 0;
}

/* Takes the compression header off. */
static struct packed unwrap(const struct elf_image *image, const struct elf_section *section)
{
    struct bytes b = elf_image_bytes(image, section);
    struct packed packed = {METHOD_PLAIN, bytes_left(&b), b};
    if (section->flags & SHF_COMPRESSED) {
        packed.method = bytes_u32(&b);
        if (image->is_64)
            bytes_skip(&b, 4);
        packed.size = image->is_64 ? bytes_u64(&b) : bytes_u32(&b);
        bytes_skip(&b, image->is_64 ? 8 : 4); // alignment
        if (packed.method == METHOD_PLAIN)
            bytes_fail(&b);
    } else if (is_zdebug(section, b)) {
        packed.method = METHOD_ZLIB;
        bytes_skip(&b, 4);
        for (int i = 0; i < 8; i++)
            packed.size = packed.size << 8 | bytes_u8(&b); // big-endian
    }
    packed.data = b;
    return packed;
}

static bool size_is_believable(const struct packed *packed)
{
    size_t left = bytes_left(&packed->data);
    if (packed->size > MAX_INFLATED)
        return false;
    if (packed->method == METHOD_ZLIB)
        return packed->size / ZLIB_MAX_RATIO <= left;
    return packed->method != METHOD_ZSTD || packed->size / ZSTD_MAX_RATIO <= left;
}

/* Asked before there is any room made. */
static int check_method(uint32_t method, struct error *error)
{
    switch (method) {
    case METHOD_PLAIN:
    case METHOD_ZLIB:
        return 0;
    case METHOD_ZSTD:
#ifdef PROF_HAVE_ZSTD
        return 0;
#else
        return error_set(error, 0, "it is compressed with zstd, which this prof was built without");
#endif
    default:
        return error_set(error, 0, "it is compressed by an unknown method (%u)", method);
    }
}

static int inflate_packed(const struct packed *packed, uint8_t *out, struct error *error)
{
#ifdef PROF_HAVE_ZSTD
    if (packed->method == METHOD_ZSTD) {
        size_t left = bytes_left(&packed->data);
        return ZSTD_decompress(out, packed->size, packed->data.at, left) == packed->size
                   ? 0
                   : error_set(error, 0, "its zstd data are damaged");
    }
#endif
    return zlib_stream_inflate(packed->data.at, bytes_left(&packed->data), out, packed->size)
               ? 0
               : error_set(error, 0, "its zlib data are damaged");
}

uint64_t section_contents_size(const struct elf_image *image, const struct elf_section *section)
{
    struct packed packed = unwrap(image, section);
    return packed.data.failed || !size_is_believable(&packed) ? 0 : packed.size;
}

/* Completes the contents of an object file; what is borrowed is copied for it. */
static void relocate(struct section_contents *contents, const struct elf_image *image,
                     const struct elf_section *section)
{
    if (!contents->size || !relocations_exist(image, section))
        return;
    if (!contents->owned) {
        contents->owned = memory_new(contents->size, 1);
        memcpy(contents->owned, contents->data, contents->size);
        contents->data = contents->owned;
    }
    relocations_apply(image, section, contents->owned, contents->size);
}

int section_contents_init(struct section_contents *contents, const struct elf_image *image,
                          const struct elf_section *section, struct error *error)
{
    struct error why = {0};
    struct packed packed = unwrap(image, section);
    if (packed.data.failed || !size_is_believable(&packed))
        return error_set(error, 0, "%s has a damaged compression header", section->name);
    if (check_method(packed.method, &why) < 0)
        return error_set(error, 0, "cannot read %s: %s", section->name, why.text);
    if (packed.method == METHOD_PLAIN) {
        *contents = (struct section_contents){packed.data.at, packed.size, NULL};
        relocate(contents, image, section);
        return 0;
    }
    // Untouched pages of a size that was only claimed cost nothing: calloc maps them lazily.
    uint8_t *out = calloc(1, packed.size + 1);
    if (!out)
        return error_set(error, 0, "%s claims to hold %llu bytes", section->name,
                         (unsigned long long)packed.size);
    if (inflate_packed(&packed, out, &why) < 0) {
        free(out);
        return error_set(error, 0, "cannot read %s: %s", section->name, why.text);
    }
    *contents = (struct section_contents){out, packed.size, out};
    relocate(contents, image, section);
    return 0;
}

#ifdef PROF_HAVE_LZMA
/* The stream does not say how large it becomes before its end, so the room grows. NULL when it is
 * damaged, cut short, or too large. */
static uint8_t *inflate_xz(struct bytes in, size_t *size)
{
    enum { MEMORY_LIMIT = 128 << 20, MAX_SIZE = 256 << 20 };
    lzma_stream stream = LZMA_STREAM_INIT;
    size_t room = 0;
    uint8_t *out = NULL;
    lzma_ret result = lzma_stream_decoder(&stream, MEMORY_LIMIT, 0);
    stream.next_in = in.at;
    stream.avail_in = bytes_left(&in);
    while (result == LZMA_OK && (stream.avail_out || room < MAX_SIZE)) {
        if (!stream.avail_out) {
            size_t more = room ? 2 * room : 4 * bytes_left(&in) + 4096;
            more = more < MAX_SIZE ? more : MAX_SIZE;
            uint8_t *larger = realloc(out, more);
            if (!larger)
                break;
            stream.next_out = larger + room;
            stream.avail_out = more - room;
            out = larger;
            room = more;
        }
        result = lzma_code(&stream, LZMA_FINISH);
    }
    *size = room - stream.avail_out;
    lzma_end(&stream);
    if (result == LZMA_STREAM_END)
        return out;
    free(out);
    return NULL;
}

int section_contents_init_xz(struct section_contents *contents, const struct elf_image *image,
                             const struct elf_section *section, struct error *error)
{
    size_t size = 0;
    uint8_t *data = inflate_xz(elf_image_bytes(image, section), &size);
    if (!data)
        return error_set(error, 0, "cannot read %s: its xz data are damaged", section->name);
    *contents = (struct section_contents){data, size, data};
    return 0;
}
#else
int section_contents_init_xz(struct section_contents *contents, const struct elf_image *image,
                             const struct elf_section *section, struct error *error)
{
    (void)contents;
    (void)image;
    return error_set(error, 0, "%s is compressed with xz, which this prof was built without",
                     section->name);
}
#endif

void section_contents_release(struct section_contents *contents)
{
    free(contents->owned);
    *contents = (struct section_contents){0};
}
