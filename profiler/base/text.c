/* SPDX-License-Identifier: MIT */
/*
 * text.c - a growing buffer of bytes.
 */
#include "profiler/base/text.h"

#include "profiler/base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_reserve(struct text *text, size_t size)
{
    size_t needed = text->length + size + 1;
    if (needed > text->capacity) {
        size_t capacity = text->capacity ? text->capacity : 256;
        while (capacity < needed)
            capacity *= 2;
        text->data = memory_resize(text->data, capacity, 1);
        text->capacity = capacity;
    }
    return text->data + text->length;
}

void text_release(struct text *text)
{
    free(text->data);
    *text = (struct text)TEXT_INIT;
}

char *text_take(struct text *text)
{
    char *data = text->data ? text->data : memory_copy_string("");
    *text = (struct text)TEXT_INIT;
    return data;
}

void text_append_reserved(struct text *text, size_t size)
{
    text->length += size;
    text->data[text->length] = '\0';
}

void text_append(struct text *text, const void *bytes, size_t size)
{
    char *at = text_reserve(text, size);
    if (size)
        memcpy(at, bytes, size);
    at[size] = '\0';
    text->length += size;
}

void text_append_string(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

void text_append_char(struct text *text, char c)
{
    text_append(text, &c, 1);
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size > 0) {
        vsnprintf(text_reserve(text, (size_t)size), (size_t)size + 1, format, again);
        text->length += (size_t)size;
    }
    va_end(again);
}

void text_append_number(struct text *text, unsigned long long number)
{
    char digits[20], *at = digits + sizeof digits; // of 2^64
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    text_append(text, at, (size_t)(digits + sizeof digits - at));
}

void text_append_varint(struct text *text, unsigned long long value)
{
    unsigned char *bytes = (unsigned char *)text_reserve(text, 10);
    size_t size = 0;
    do {
        bytes[size++] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    text_append_reserved(text, size);
}
