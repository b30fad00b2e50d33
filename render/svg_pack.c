/* SPDX-License-Identifier: MIT */
/*
 * svg_pack.c - the data of a picture in base64.
 */
#include "render/svg_pack.h"

#include <stdint.h>

enum { CHUNK = 3 * 256 * 1024 }; /* 1 MiB of base64 */

static void append_base64(struct text *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = text_reserve(out, (size + 2) / 3 * 4);
    for (size_t i = 0; i < size; i += 3, at += 4) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        at[0] = digits[group >> 18];
        at[1] = digits[group >> 12 & 63];
        at[2] = left > 1 ? digits[group >> 6 & 63] : '=';
        at[3] = left > 2 ? digits[group & 63] : '=';
    }
    text_append_reserved(out, (size + 2) / 3 * 4);
}

void svg_pack_append_elements(struct text *out, const struct text *compressed)
{
    for (size_t at = 0; at < compressed->length; at += CHUNK) {
        size_t size = compressed->length - at;
        text_append_string(out, "<metadata class=\"prof-data\">");
        append_base64(out, (const unsigned char *)compressed->data + at,
                      size > CHUNK ? CHUNK : size);
        text_append_string(out, "</metadata>\n");
    }
}
