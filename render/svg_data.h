/* SPDX-License-Identifier: MIT */
/*
 * svg_data.h - all frames of a call tree as the columns of SVG.md.
 */
#ifndef PROF_RENDER_SVG_DATA_H
#define PROF_RENDER_SVG_DATA_H

#include "render/call_tree.h"

#include "profiler/base/text.h"
#include "render/names.h"

#define SVG_DATA_VERSION    2
#define SVG_DATA_NAME_MAX   NAME_SIZE_MAX
#define SVG_DATA_GONE_LABEL "[only in the older profile]"
#define SVG_DATA_TICK_NS    10000 /* unit of the time of samples */

/* Above that many samples their order in time would make the better part of the file. */
#define SVG_DATA_SAMPLES_MAX 100000

/* Whether the data are to tell when each sample was taken: there are times, and not too many, or
 * those who asked for long ones too. */
bool svg_data_shows_time(const struct profile *profile, bool long_ones_too);

/* Appends the document of SVG.md, "The data", uncompressed; `with_time` with each sample of its
 * own. Nothing else is left out. */
void svg_data_append(struct text *out, const struct call_tree *tree, bool with_time);

#endif
