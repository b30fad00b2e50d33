/* SPDX-License-Identifier: MIT */
/*
 * cursor.h - reads the bytes of unwind tables within bounds.
 *
 * Runs in: signal handler.
 *
 * The tables are the target's own .eh_frame, so nothing is trusted: reading past the end yields
 * zeros and sets `failed`, which a decoder checks once at its end.
 */
#ifndef PROF_UNWIND_CURSOR_H
#define PROF_UNWIND_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the target and the address they have there. */
struct unwind_view {
    uint64_t address;
    const uint8_t *bytes;
    size_t size;
};

struct cursor {
    const uint8_t *at, *end;
    uint64_t address_minus_at; /* target address of a byte = its pointer + this */
    bool failed;
};

/* A cursor from `address` to the end of the view; failed at once when it lies outside. */
static inline struct cursor cursor_at(const struct unwind_view *view, uint64_t address)
{
    bool inside = address >= view->address && address - view->address <= view->size;
    const uint8_t *at = view->bytes + (inside ? address - view->address : view->size);
    return (struct cursor){at, view->bytes + view->size,
                           view->address - (uint64_t)(uintptr_t)view->bytes, !inside};
}

static inline uint64_t cursor_address(const struct cursor *c)
{
    return (uint64_t)(uintptr_t)c->at + c->address_minus_at;
}

/* Ends the cursor `size` bytes from here. */
static inline void cursor_limit(struct cursor *c, uint64_t size)
{
    if (size > (uint64_t)(c->end - c->at))
        c->failed = true;
    else
        c->end = c->at + size;
}

static inline void cursor_skip(struct cursor *c, uint64_t size)
{
    if (size > (uint64_t)(c->end - c->at)) {
        c->failed = true;
        c->at = c->end;
    } else {
        c->at += size;
    }
}

#define CURSOR_READ(name, type)                                                                    \
    static inline type cursor_##name(struct cursor *c)                                             \
    {                                                                                              \
        type value = 0;                                                                            \
        if ((size_t)(c->end - c->at) < sizeof value) {                                             \
            c->failed = true;                                                                      \
            c->at = c->end;                                                                        \
        } else {                                                                                   \
            memcpy(&value, c->at, sizeof value);                                                   \
            c->at += sizeof value;                                                                 \
        }                                                                                          \
        return value;                                                                              \
    }
CURSOR_READ(u8, uint8_t)
CURSOR_READ(u16, uint16_t)
CURSOR_READ(u32, uint32_t)
CURSOR_READ(u64, uint64_t)
#undef CURSOR_READ

/* LEB128, DWARF 5 section 7.6; bits beyond 64 are ignored. */
static inline uint64_t cursor_uleb(struct cursor *c)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = cursor_u8(c);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

static inline int64_t cursor_sleb(struct cursor *c)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = cursor_u8(c);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && (byte & 0x40))
        value |= ~0ULL << shift;
    return (int64_t)value;
}

#endif
