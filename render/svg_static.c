/* SPDX-License-Identifier: MIT */
/*
 * svg_static.c - the boxes of a flamegraph as plain SVG.
 *
 * A box begins where the self weight of all boxes before it, callers included, ends: so the self
 * time of a function is the uncovered part on the left above it.
 */
#include "render/svg_static.h"

#include "profiler/base/memory.h"
#include "render/amounts.h"
#include "render/figures.h"
#include "render/labels.h"
#include "render/names.h"
#include "render/svg_data.h"

#include <stdlib.h>

#define TITLE_NAME_MAX 4096

struct box {
    uint32_t node, depth;
    bool gone; /* in the lane of what only the older profile has; its root is the tree's */
    double start, weight;
};

struct drawing {
    const struct call_tree *tree;
    struct svg_frames *frames;
    double width; /* pixels */
    double least; /* narrower boxes are not drawn */
    double scale; /* pixels per period */
    double lane;  /* weight of what is gone, drawn as if both profiles had the same total */
    double ratio; /* by which the older profile's weights are drawn */
    bool inverted;
    struct box *boxes;
    uint32_t box_count, box_capacity;
    struct box *runs; /* neighbours too narrow to draw, taken together */
    uint32_t run_count, run_capacity;
    struct text thin[PALETTE_CLASSES]; /* paths of narrow boxes */
    struct text marks;                 /* path of the inlined marks */
    const struct box_classes *classes;
};

static void extend_runs(struct drawing *drawing, const struct box *hidden)
{
    struct box *last = drawing->run_count ? &drawing->runs[drawing->run_count - 1] : NULL;
    if (last && last->depth == hidden->depth && hidden->start - last->start - last->weight < 0.01)
        last->weight += hidden->weight;
    else
        *array_push(&drawing->runs, &drawing->run_count, &drawing->run_capacity) = *hidden;
}

static double weight_of(const struct drawing *drawing, uint32_t node, bool gone)
{
    const struct call_tree *tree = drawing->tree;
    if (gone)
        return (double)tree->older[node].gone * drawing->ratio;
    return (double)tree->nodes[node].total + (node == CALL_TREE_ROOT ? drawing->lane : 0);
}

static double self_of(const struct drawing *drawing, uint32_t node, bool gone)
{
    const struct call_tree *tree = drawing->tree;
    if (!gone)
        return (double)tree->nodes[node].self;
    return tree->nodes[node].total ? 0 : (double)tree->older[node].self * drawing->ratio;
}

/* The tree, or one row higher what is gone of it. */
static void collect_tree(struct drawing *drawing, double least, bool gone, double start)
{
    const struct call_tree *tree = drawing->tree;
    uint32_t depth = 0;
    for (uint32_t node = CALL_TREE_ROOT; node != PROFILE_NONE;) {
        struct box box = {node, depth + gone, gone, start, weight_of(drawing, node, gone)};
        if (node == CALL_TREE_ROOT || (box.weight > 0 && box.weight >= least)) {
            *array_push(&drawing->boxes, &drawing->box_count, &drawing->box_capacity) = box;
            start += self_of(drawing, node, gone);
            node = call_tree_next(tree, node, &depth);
        } else {
            if (box.weight > 0)
                extend_runs(drawing, &box);
            start += box.weight;
            node = call_tree_next_beside(tree, node, &depth);
        }
    }
}

/* Fills boxes and runs: a box is what weighs at least `least`, and so do all its callers. */
static void collect(struct drawing *drawing, double least)
{
    const struct call_tree *tree = drawing->tree;
    drawing->box_count = drawing->run_count = 0;
    collect_tree(drawing, least, false, 0);
    if (drawing->lane > 0)
        collect_tree(drawing, least, true, (double)tree->nodes[CALL_TREE_ROOT].total);
}

static int compare_weights(const void *left, const void *right)
{
    const struct box *a = left, *b = right;
    return (a->weight < b->weight) - (a->weight > b->weight);
}

static void choose_boxes(struct drawing *drawing)
{
    collect(drawing, drawing->least / drawing->scale);
    if (drawing->box_count <= SVG_BOXES_MAX)
        return;
    qsort(drawing->boxes, drawing->box_count, sizeof *drawing->boxes, compare_weights);
    // Boxes as wide as the first one that is too many go with it: the picture has no favourites.
    collect(drawing, drawing->boxes[SVG_BOXES_MAX].weight * 1.0001);
}

static double top_of(const struct drawing *drawing, uint32_t depth)
{
    return (double)((drawing->inverted ? depth : drawing->frames->rows - 1 - depth) *
                    SVG_ROW_HEIGHT);
}

/* A pixel wide at least: of less, viewers may draw nothing. */
static void append_path_box(struct text *path, double x, double y, double width)
{
    width = width < 1 ? 1 : width;
    text_printf(path, "M%.1f %.0fh%.1fv%dh-%.1fz", x, y, width, SVG_ROW_HEIGHT - SVG_ROW_GAP,
                width);
}

static void append_title(struct text *out, const struct drawing *drawing, const struct box *box,
                         const char *name, size_t size)
{
    const struct call_tree *tree = drawing->tree;
    const struct call_tree_node *node = &tree->nodes[box->node];
    const struct call_tree_node *root = &tree->nodes[CALL_TREE_ROOT];
    text_append_string(out, "<title>");
    xml_append(out, name, size);
    text_append_char(out, '\n');
    if (box->gone) {
        figure_append_share(out, tree->older[box->node].gone, tree->older[CALL_TREE_ROOT].total);
        text_append_string(out, " of the older profile</title>");
        return;
    }
    amount_append(out, tree->profile, node->total);
    text_append_string(out, tree->profile->period_ns ? " CPU, " : ", ");
    figure_append_share(out, node->total, root->total);
    text_append_string(out, " of all; self ");
    amount_append(out, tree->profile, node->self);
    if (tree->profile->period_ns || node->total != node->total_samples) {
        text_append_string(out, "; ");
        figure_append_counted(out, node->total_samples, "sample");
    }
    if (tree->older) {
        text_append_string(out, "; was ");
        figure_append_share(out, tree->older[box->node].total, tree->older[CALL_TREE_ROOT].total);
    }
    text_append_string(out, "</title>");
}

static void append_label(struct text *out, double x, double y, double width, const char *name,
                         size_t size)
{
    struct text label = TEXT_INIT;
    label_append(&label, name, size, (size_t)((width - 6) / SVG_CELL_WIDTH));
    if (label.length) {
        text_printf(out, "<text x=\"%.1f\" y=\"%.0f\">", x + 3, y + 13);
        xml_append(out, label.data, label.length);
        text_append_string(out, "</text>");
    }
    text_release(&label);
}

static void append_visible_name(struct text *name, const struct call_tree *tree,
                                const struct call_tree_node *node)
{
    if (node->function == PROFILE_NONE) {
        text_append_string(name, "all");
        return;
    }
    const struct call_tree_function *function = &tree->functions[node->function];
    uint32_t size;
    const char *bytes = call_tree_name(tree, function, &size);
    name_append_visible_cut(name, bytes, size, TITLE_NAME_MAX);
}

static void draw_box(struct drawing *drawing, const struct box *box)
{
    const struct call_tree *tree = drawing->tree;
    const struct call_tree_node *node = &tree->nodes[box->node];
    const struct call_tree_function *function =
        node->function == PROFILE_NONE ? NULL : &tree->functions[node->function];
    enum call_tree_kind kind = function ? function->kind : CALL_TREE_GROUP;
    double x = box->start * drawing->scale, y = top_of(drawing, box->depth);
    double width = box->weight * drawing->scale;
    if (box->node == CALL_TREE_ROOT && !box->gone)
        width = drawing->width; // also where nothing was sampled
    struct text name = TEXT_INIT, *out = &drawing->frames->body;
    if (box->gone && box->node == CALL_TREE_ROOT)
        text_append_string(&name, SVG_DATA_GONE_LABEL);
    else
        append_visible_name(&name, tree, node);
    unsigned class = box->gone ? box_class_of_gone(drawing->classes, box->node)
                               : box_class(drawing->classes, box->node);
    char class_name[PALETTE_CLASS_SIZE];
    palette_class_name(class_name, class);
    drawing->frames->kinds[kind] |= function != NULL;

    if (width < SVG_LABEL_MIN) {
        append_path_box(&drawing->thin[class], x, y, width > 3 ? width - 0.8 : width);
    } else {
        text_append_string(out, "<g>");
        append_title(out, drawing, box, name.data, name.length);
        text_printf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\"/>",
                    class_name, x, y, width - 0.8, SVG_ROW_HEIGHT - SVG_ROW_GAP);
        append_label(out, x, y, width, name.data, name.length);
        text_append_string(out, "</g>\n");
        if (function && function->inlined) {
            text_printf(&drawing->marks, "M%.1f %.0fv%d", x + 1, y + 1, SVG_ROW_HEIGHT - 3);
            drawing->frames->inlined = true;
        }
    }
    text_release(&name);
}

static void append_path(struct text *out, const char *class, struct text *path)
{
    if (path->length) {
        text_printf(out, "<path class=\"%s\" d=\"", class);
        text_append(out, path->data, path->length);
        text_append_string(out, "\"/>\n");
    }
    text_release(path);
}

static void draw_runs(struct drawing *drawing)
{
    struct text path = TEXT_INIT;
    for (uint32_t i = 0; i < drawing->run_count; i++) {
        const struct box *run = &drawing->runs[i];
        double width = run->weight * drawing->scale;
        if (width >= SVG_BOX_MIN && run->depth < drawing->frames->rows)
            append_path_box(&path, run->start * drawing->scale, top_of(drawing, run->depth), width);
    }
    append_path(&drawing->frames->body, "rest", &path);
}

static void count_rows(struct drawing *drawing)
{
    drawing->frames->rows = 1;
    for (uint32_t i = 0; i < drawing->box_count; i++) {
        if (drawing->boxes[i].depth >= drawing->frames->rows)
            drawing->frames->rows = drawing->boxes[i].depth + 1;
    }
}

void svg_frames_build(struct svg_frames *frames, const struct call_tree *tree,
                      const struct box_classes *classes, const struct svg_frames_options *options)
{
    *frames = (struct svg_frames){0};
    uint64_t total = tree->nodes[CALL_TREE_ROOT].total;
    struct drawing drawing = {
        .tree = tree,
        .frames = frames,
        .classes = classes,
        .width = options->width,
        .least = options->min_width > SVG_BOX_MIN ? options->min_width : SVG_BOX_MIN,
        .scale = options->width / (double)(total ? total : 1),
        .inverted = options->inverted,
    };
    if (tree->older && tree->older[CALL_TREE_ROOT].total) {
        drawing.ratio = (double)total / (double)tree->older[CALL_TREE_ROOT].total;
        drawing.lane = (double)tree->older[CALL_TREE_ROOT].gone * drawing.ratio;
        if (total)
            drawing.scale = options->width / ((double)total + drawing.lane);
    }
    choose_boxes(&drawing);
    count_rows(&drawing);
    draw_runs(&drawing);
    for (uint32_t i = 0; i < drawing.box_count; i++)
        draw_box(&drawing, &drawing.boxes[i]);
    for (unsigned class = 0; class < PALETTE_CLASSES; class ++) {
        char name[PALETTE_CLASS_SIZE];
        palette_class_name(name, class);
        append_path(&frames->body, name, &drawing.thin[class]);
    }
    append_path(&frames->body, "inlined", &drawing.marks);
    free(drawing.boxes);
    free(drawing.runs);
}

void svg_frames_release(struct svg_frames *frames)
{
    text_release(&frames->body);
    *frames = (struct svg_frames){0};
}
