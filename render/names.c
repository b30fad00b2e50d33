/* SPDX-License-Identifier: MIT */
/*
 * names.c - untrusted bytes made fit to be shown.
 */
#include "render/names.h"

#include <stdbool.h>
#include <string.h>

int32_t name_next_code_point(const char **at, const char *end)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    size_t left = (size_t)(end - *at);
    unsigned char first = bytes[0];
    *at += 1;
    if (first < 0x80)
        return first;
    // The second byte's range also rules out overlong forms, surrogates and what is past U+10FFFF
    // (RFC 3629, section 4).
    unsigned more = first >= 0xc2 && first <= 0xdf   ? 1
                    : first >= 0xe0 && first <= 0xef ? 2
                    : first >= 0xf0 && first <= 0xf4 ? 3
                                                     : 0;
    if (!more || left <= more)
        return -1;
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    int32_t code_point = first & (0x3f >> more);
    for (unsigned i = 1; i <= more; i++) {
        if (bytes[i] < low || bytes[i] > high)
            return -1;
        code_point = code_point << 6 | (bytes[i] & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    *at += more;
    return code_point;
}

static bool reorders_text(int32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static bool is_control(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xfffe || c == 0xffff;
}

/* Behind the bytes at the start that are printable ASCII, as most names are from end to end: eight
 * at a time. */
static const char *skip_printable(const char *at, const char *end)
{
    const uint64_t ones = 0x0101010101010101;
    for (uint64_t word; end - at >= 8; at += 8) {
        memcpy(&word, at, sizeof word);
        // the highest bit of a byte below 0x20, of 0x7f, of one above; maybe of some behind those
        if (((word - 0x20 * ones) | (word + ones) | word) & (0x80 * ones))
            break;
    }
    return at;
}

bool name_is_plain(const char *bytes, size_t size)
{
    const char *end = bytes + size, *at = skip_printable(bytes, end);
    while (at < end && *at >= 0x20 && *at < 0x7f)
        at++;
    return at == end;
}

void name_append_visible(struct text *out, const char *bytes, size_t size)
{
    const char *end = bytes + size;
    text_append(out, "", 0);
    for (const char *plain = bytes, *at = bytes; at < end || plain < end;) {
        at = skip_printable(at, end);
        const char *start = at;
        int32_t c = at < end ? name_next_code_point(&at, end) : -1;
        bool harmless = start < end && !is_control(c) && !reorders_text(c);
        if (harmless)
            continue;
        text_append(out, plain, (size_t)(start - plain)); // what went well so far, at once
        if (reorders_text(c))
            text_printf(out, "⟨U+%04X⟩", (unsigned)c);
        else
            for (const char *byte = start; byte < at; byte++)
                text_printf(out, "\\x%02X", (unsigned char)*byte);
        plain = at;
    }
}

void name_append_visible_cut(struct text *out, const char *bytes, size_t size, size_t limit)
{
    if (size <= limit) {
        name_append_visible(out, bytes, size);
        return;
    }
    // Not in the middle of a character.
    while (limit > 0 && ((unsigned char)bytes[limit] & 0xc0) == 0x80)
        limit--;
    name_append_visible(out, bytes, limit);
    text_append_string(out, "…");
}

void xml_append(struct text *out, const char *visible, size_t size)
{
    static const bool escaped[256] = {
        ['&'] = true, ['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true};
    const char *end = visible + size;
    while (visible < end) {
        size_t plain = 0;
        size_t left = (size_t)(end - visible);
        while (plain < left && !escaped[(unsigned char)visible[plain]])
            plain++;
        text_append(out, visible, plain);
        visible += plain;
        if (visible == end)
            break;
        switch (*visible++) {
        case '&':
            text_append_string(out, "&amp;");
            break;
        case '<':
            text_append_string(out, "&lt;");
            break;
        case '>':
            text_append_string(out, "&gt;");
            break;
        case '"':
            text_append_string(out, "&quot;");
            break;
        default:
            text_append_string(out, "&#39;");
        }
    }
}

struct code_point_range {
    int32_t first, last;
};

/* East Asian Wide and Fullwidth blocks (Unicode Standard Annex 11), by block. */
static const struct code_point_range wide[] = {
    {0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
};
static const struct code_point_range combining[] = {
    {0x0300, 0x036f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};

static bool is_in(const struct code_point_range *ranges, size_t count, int32_t c)
{
    for (size_t i = 0; i < count; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    }
    return false;
}

unsigned name_cells_of(int32_t c)
{
    if (c < 0x300)
        return 1;
    if (is_in(combining, sizeof combining / sizeof *combining, c))
        return 0;
    return is_in(wide, sizeof wide / sizeof *wide, c) ? 2 : 1;
}

size_t name_cells(const char *visible, size_t size)
{
    size_t cells = 0;
    for (const char *at = visible, *end = visible + size; at < end;)
        cells += name_cells_of(name_next_code_point(&at, end));
    return cells;
}

/* How many bytes at the start of the text take at most `cells` columns. */
static size_t bytes_in_cells(const char *visible, size_t size, size_t cells)
{
    const char *at = visible, *end = visible + size;
    while (at < end) {
        const char *next = at;
        unsigned wanted = name_cells_of(name_next_code_point(&next, end));
        if (wanted > cells)
            break;
        cells -= wanted;
        at = next;
    }
    return (size_t)(at - visible);
}

void name_append_cut_middle(struct text *out, const char *visible, size_t size, size_t cells)
{
    size_t all = name_cells(visible, size);
    if (all <= cells) {
        text_append(out, visible, size);
        return;
    }
    if (cells == 0)
        return;
    size_t tail = (cells - 1) / 2;
    size_t head_bytes = bytes_in_cells(visible, size, cells - 1 - tail);
    // The tail begins where at most `tail` columns are left; a wide character may leave one unused.
    size_t skipped = bytes_in_cells(visible, size, all - tail);
    while (name_cells(visible + skipped, size - skipped) > tail) {
        const char *next = visible + skipped;
        name_next_code_point(&next, visible + size);
        skipped = (size_t)(next - visible);
    }
    text_append(out, visible, head_bytes);
    text_append_string(out, "…");
    text_append(out, visible + skipped, size - skipped);
}
