/* SPDX-License-Identifier: MIT */
/*
 * names.h - untrusted bytes made fit to be shown.
 *
 * Names come from binaries and may hold anything. Here they become valid UTF-8 in which whatever
 * could break a document or deceive a reader is visible and distinct, never dropped: bytes that
 * are no UTF-8 (RFC 3629), control characters (C0, C1, DEL) and U+FFFE/U+FFFF as "\xHH" per byte,
 * characters that reorder text (U+202A-E, U+2066-9) as "⟨U+202E⟩".
 */
#ifndef PROF_RENDER_NAMES_H
#define PROF_RENDER_NAMES_H

#include "profiler/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_SIZE_MAX 65536 /* longer names are cut in documents */

/* Appends the bytes, made visible. `out->data` is a string afterwards even when there are none. */
void name_append_visible(struct text *out, const char *bytes, size_t size);

/* The same, cut after `limit` bytes of input at most with an "…" in place of the rest. */
void name_append_visible_cut(struct text *out, const char *bytes, size_t size, size_t limit);

/* Whether the bytes are nothing but printable ASCII, which is visible as it is. */
bool name_is_plain(const char *bytes, size_t size);

/* Appends text that is visible already as XML character data (also fit for attribute values). */
void xml_append(struct text *out, const char *visible, size_t size);

/* Columns the visible text takes in a monospace font: 2 for wide characters, 0 for combining. */
size_t name_cells(const char *visible, size_t size);

/* Appends visible text so that it takes at most `cells` columns: what does not fit is cut out of
 * the middle and replaced by "…". */
void name_append_cut_middle(struct text *out, const char *visible, size_t size, size_t cells);

/* The code point at `*at`, which moves on; `*at` < `end`. Invalid bytes yield -1 and are passed one
 * by one. */
int32_t name_next_code_point(const char **at, const char *end);

/* Columns of one code point: 0, 1 or 2. */
unsigned name_cells_of(int32_t code_point);

#endif
