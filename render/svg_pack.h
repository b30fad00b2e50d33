/* SPDX-License-Identifier: MIT */
/*
 * svg_pack.h - the data of a picture as text in an XML document (SVG.md, "The document").
 */
#ifndef PROF_RENDER_SVG_PACK_H
#define PROF_RENDER_SVG_PACK_H

#include "profiler/base/text.h"

/* Appends the bytes as <metadata> elements of base64 (RFC 4648), at most 1 MiB each. */
void svg_pack_append_elements(struct text *out, const struct text *compressed);

#endif
