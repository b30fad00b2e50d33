/* SPDX-License-Identifier: MIT */
/*
 * svg_static.h - the boxes of a flamegraph as plain SVG, for viewers that run no script.
 *
 * At most SVG_BOXES_MAX boxes, the widest ones, none below SVG_BOX_MIN pixels. Boxes wide enough
 * for a label are groups of title, rectangle and text; narrower ones share one path per colour.
 * What is narrower still shows as a faint run, so that it is not taken for self time.
 */
#ifndef PROF_RENDER_SVG_STATIC_H
#define PROF_RENDER_SVG_STATIC_H

#include "render/box_classes.h"
#include "render/call_tree.h"

#include "profiler/base/text.h"

#define SVG_BOXES_MAX 3000
#define SVG_BOX_MIN   0.5

/* The geometry that flamegraph.js shares, in pixels. */
#define SVG_ROW_HEIGHT 18
#define SVG_ROW_GAP    1
#define SVG_FONT_SIZE  12
#define SVG_CELL_WIDTH 7.225 /* of one column of the monospace fonts: 0.602 em */
#define SVG_LABEL_MIN  14    /* narrower boxes are part of a path */

struct svg_frames {
    struct text body;                 /* the elements, y from 0 */
    unsigned rows;                    /* deepest row drawn + 1 */
    bool kinds[CALL_TREE_KIND_COUNT]; /* met in the picture */
    bool inlined;                     /* there is an inlined function in it */
};

struct svg_frames_options {
    double width;     /* of the root, in pixels */
    double min_width; /* of boxes; SVG_BOX_MIN at least */
    bool inverted;    /* the root in the highest row instead of the lowest */
};

/* Draws the tree. The body belongs to the caller.
 */
void svg_frames_build(struct svg_frames *frames, const struct call_tree *tree,
                      const struct box_classes *classes, const struct svg_frames_options *options);
void svg_frames_release(struct svg_frames *frames);

#endif
