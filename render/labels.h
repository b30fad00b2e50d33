/* SPDX-License-Identifier: MIT */
/*
 * labels.h - function names shortened to fit a box, the least telling parts first.
 *
 * In stages, until it fits: the whole name (without a Rust hash); without argument lists; with
 * "<…>" for template arguments; without namespaces and return type; cut at the end with "…".
 * script/labels.js does exactly the same, so that a label does not change when the script takes
 * over.
 */
#ifndef PROF_RENDER_LABELS_H
#define PROF_RENDER_LABELS_H

#include "profiler/base/text.h"

#include <stddef.h>

/* Narrower boxes get no label. */
#define LABEL_CELLS_MIN 3

/* Appends what of the name (visible text) fits into `cells` columns; nothing below
 * LABEL_CELLS_MIN. */
void label_append(struct text *out, const char *name, size_t size, size_t cells);

#endif
