/* SPDX-License-Identifier: MIT */
/*
 * text.h - a growing buffer of bytes, for building output.
 *
 * Memory: `data` belongs to the buffer until text_release or text_take. It is always
 * NUL-terminated once something was appended; `length` does not count the NUL, and the bytes may
 * contain NULs of their own.
 */
#ifndef PROF_BASE_TEXT_H
#define PROF_BASE_TEXT_H

#include <stddef.h>

struct text {
    char *data;
    size_t length;
    size_t capacity;
};

#define TEXT_INIT                                                                                  \
    {                                                                                              \
        0                                                                                          \
    }

void text_release(struct text *text);

/* Hands the bytes to the caller, who frees them; the buffer is empty afterwards. */
char *text_take(struct text *text);

void text_append(struct text *text, const void *bytes, size_t size);
void text_append_string(struct text *text, const char *string);
void text_append_char(struct text *text, char c);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for so many bytes behind what is there, to be written to and then counted in. */
char *text_reserve(struct text *text, size_t size);
void text_append_reserved(struct text *text, size_t size);

/* In decimal, as "%llu" does; for those who print millions of them. */
void text_append_number(struct text *text, unsigned long long number);

/* Unsigned LEB128 (DWARF 5, section 7.6). */
void text_append_varint(struct text *text, unsigned long long value);

#endif
