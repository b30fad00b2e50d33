/* SPDX-License-Identifier: MIT */
/*
 * svg_data.h - all frames of a call tree as the compressed columns of SVG.md.
 */
#ifndef PROF_RENDER_SVG_DATA_H
#define PROF_RENDER_SVG_DATA_H

#include "render/call_tree.h"

#include "profiler/base/text.h"

#define SVG_DATA_VERSION  1
#define SVG_DATA_NAME_MAX 65536 /* longer names are cut */

/* Appends the document of SVG.md, "The data", uncompressed. Nothing is left out. */
void svg_data_append(struct text *out, const struct call_tree *tree);

/* Appends the same bytes as a zlib stream (RFC 1950). */
void svg_data_compress(struct text *out, const struct text *data);

/* Appends the bytes as <metadata> elements of base64 (RFC 4648), at most 1 MiB each. */
void svg_data_append_elements(struct text *out, const struct text *compressed);

#endif
