/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - reads untrusted little-endian bytes without ever leaving their bounds.
 *
 * A reader that runs out sets `failed`, is at its end and from then on yields zeros, so that a
 * decoder may read a whole structure and check once. Nothing here allocates or aborts.
 */
#ifndef PROF_BASE_BYTES_H
#define PROF_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct bytes bytes_of(const void *data, size_t size)
{
    // without the condition, nothing at all (NULL) would have its end computed, which C forbids
    return (struct bytes){data, size ? (const uint8_t *)data + size : data, false};
}

static inline size_t bytes_left(const struct bytes *b)
{
    return (size_t)(b->end - b->at);
}

static inline void bytes_fail(struct bytes *b)
{
    b->failed = true;
    b->at = b->end;
}

/* The next `size` bytes, or NULL (and `failed`) when there are not that many. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t size)
{
    if (b->failed || size > bytes_left(b)) {
        bytes_fail(b);
        return NULL;
    }
    const uint8_t *taken = b->at;
    b->at = size ? taken + size : taken; // C forbids NULL + 0, which nothing at all would be
    return taken;
}

static inline void bytes_skip(struct bytes *b, size_t size)
{
    bytes_take(b, size);
}

#define BYTES_READ(name, type)                                                                     \
    static inline type bytes_##name(struct bytes *b)                                               \
    {                                                                                              \
        type value = 0;                                                                            \
        const uint8_t *at = bytes_take(b, sizeof value);                                           \
        if (at)                                                                                    \
            memcpy(&value, at, sizeof value);                                                      \
        return value;                                                                              \
    }
BYTES_READ(u8, uint8_t)
BYTES_READ(u16, uint16_t)
BYTES_READ(u32, uint32_t)
BYTES_READ(u64, uint64_t)
#undef BYTES_READ

/* Unsigned LEB128. More than 64 bits of value is a failure, not a silent cut. */
static inline uint64_t bytes_varint(struct bytes *b)
{
    const uint8_t *at = b->at;
    uint64_t value = 0;
    for (unsigned shift = 0; at < b->end && shift < 64; shift += 7) {
        uint8_t byte = *at++;
        uint64_t part = byte & 0x7f;
        if (shift == 63 && part > 1)
            break;
        value |= part << shift;
        if (!(byte & 0x80)) {
            b->at = at;
            return value;
        }
    }
    bytes_fail(b);
    return 0;
}

/* Signed LEB128, as the two's complement bits to add. */
static inline uint64_t bytes_signed_varint(struct bytes *b)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = bytes_u8(b);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            bool is_negative = (byte & 0x40) && shift + 7 < 64;
            return is_negative ? value | ~0ull << (shift + 7) : value;
        }
    }
    bytes_fail(b);
    return 0;
}

/* A NUL-terminated string inside the bytes, or NULL where its NUL is not among the next `most`. The
 * pointer borrows from the bytes. */
static inline const char *bytes_string_within(struct bytes *b, size_t most)
{
    size_t left = b->failed ? 0 : bytes_left(b);
    const uint8_t *nul = left ? memchr(b->at, 0, left < most ? left : most) : NULL;
    if (!nul) {
        bytes_fail(b);
        return NULL;
    }
    const char *string = (const char *)b->at;
    b->at = nul + 1;
    return string;
}

static inline const char *bytes_string(struct bytes *b)
{
    return bytes_string_within(b, SIZE_MAX);
}

/* A table of strings without what comes after its last NUL: whatever begins in it has an end. */
static inline struct bytes bytes_strings(struct bytes table)
{
    const uint8_t *nul = bytes_left(&table) ? memrchr(table.at, 0, bytes_left(&table)) : NULL;
    return bytes_of(table.at, nul ? (size_t)(nul + 1 - table.at) : 0);
}

/* The string at an offset of such a table, or NULL. Does not look for its end: many that begin in
 * one long string cost no more than others. */
static inline const char *bytes_string_at(const struct bytes *table, uint64_t offset)
{
    return offset < bytes_left(table) ? (const char *)table->at + offset : NULL;
}

#endif
