/* SPDX-License-Identifier: MIT */
/*
 * jitdump_writer.h - writes jitdump records into a buffer, good and bad ones.
 */
#ifndef PROF_TESTS_SYMBOLIZER_JITDUMP_WRITER_H
#define PROF_TESTS_SYMBOLIZER_JITDUMP_WRITER_H

#include "profiler/base/text.h"

#include <stdint.h>
#include <string.h>

static inline void put_u32(struct text *text, uint32_t value)
{
    text_append(text, &value, sizeof value);
}

static inline void put_u64(struct text *text, uint64_t value)
{
    text_append(text, &value, sizeof value);
}

static inline void put_header(struct text *text, uint32_t pid, uint64_t flags)
{
    put_u32(text, 0x4a695444);
    put_u32(text, 1);
    put_u32(text, 40);
    put_u32(text, 62); // x86-64
    put_u32(text, 0);
    put_u32(text, pid);
    put_u64(text, 0);
    put_u64(text, flags);
}

static inline void put_record(struct text *text, uint32_t kind, uint64_t time, struct text *body)
{
    put_u32(text, kind);
    put_u32(text, (uint32_t)body->length + 16);
    put_u64(text, time);
    text_append(text, body->data ? body->data : "", body->length);
    text_release(body);
}

static inline void put_load(struct text *text, uint64_t time, uint64_t start, uint64_t size,
                            uint64_t index, const char *name)
{
    struct text body = TEXT_INIT;
    put_u64(&body, 1);
    put_u64(&body, start);
    put_u64(&body, start);
    put_u64(&body, size);
    put_u64(&body, index);
    text_append(&body, name, strlen(name) + 1);
    text_append(&body, "code", 4);
    put_record(text, 0, time, &body);
}

static inline void put_move(struct text *text, uint64_t time, uint64_t from, uint64_t to,
                            uint64_t size, uint64_t index)
{
    struct text body = TEXT_INIT;
    put_u64(&body, 1);
    put_u64(&body, to);
    put_u64(&body, from);
    put_u64(&body, to);
    put_u64(&body, size);
    put_u64(&body, index);
    put_record(text, 1, time, &body);
}

static inline void put_line(struct text *body, uint64_t address, uint32_t line, const char *file)
{
    put_u64(body, address);
    put_u32(body, line);
    put_u32(body, 7); // column
    text_append(body, file, strlen(file) + 1);
}

/* `lines` as put_line made them. */
static inline void put_debug_info(struct text *text, uint64_t start, uint64_t count,
                                  struct text *lines)
{
    struct text body = TEXT_INIT;
    put_u64(&body, start);
    put_u64(&body, count);
    text_append(&body, lines->data, lines->length);
    text_release(lines);
    put_record(text, 2, 0, &body);
}

#endif
