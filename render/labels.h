/* SPDX-License-Identifier: MIT */
/*
 * labels.h - function names shortened to fit a box, the least telling parts first.
 *
 * In stages, until it fits: the whole name (without a Rust hash); without argument lists; with
 * "<…>" for template arguments; without namespaces and return type; cut at the end with "…".
 * The script finds the same stages in the data, so that a label does not change when it takes over.
 */
#ifndef PROF_RENDER_LABELS_H
#define PROF_RENDER_LABELS_H

#include "profiler/base/text.h"

#include <stddef.h>

enum { LABEL_STAGES = 4 };

/* The name in these stages, each made from the one before; empty where nothing is left. */
struct label_stages {
    struct text text[LABEL_STAGES];
};

/* Takes visible text; the stages are the caller's to release. */
void label_stages(struct label_stages *stages, const char *name, size_t size);
void label_stages_release(struct label_stages *stages);

/* Narrower boxes get no label. */
#define LABEL_CELLS_MIN 3

/* Appends what of the name (visible text) fits into `cells` columns; nothing below
 * LABEL_CELLS_MIN. */
void label_append(struct text *out, const char *name, size_t size, size_t cells);

#endif
