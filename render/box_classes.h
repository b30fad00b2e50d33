/* SPDX-License-Identifier: MIT */
/*
 * box_classes.h - which class, and so which colour, the boxes of a tree have.
 *
 * Memory: owns one number per function, and the hues, until box_classes_release; the tree must
 * outlive it. Answers are remembered: for one thread at a time.
 */
#ifndef PROF_RENDER_BOX_CLASSES_H
#define PROF_RENDER_BOX_CLASSES_H

#include "render/call_tree.h"
#include "render/module_hues.h"
#include "render/palette.h"

struct box_classes {
    const struct call_tree *tree;
    enum palette_mode mode;
    uint8_t *of_function; /* where somebody has asked */
    struct module_hues hues;
};

/* Fills `classes`, whatever it held before. flamegraph.js chooses the same for its boxes. */
void box_classes_build(struct box_classes *classes, const struct call_tree *tree,
                       enum palette_mode mode);
void box_classes_release(struct box_classes *classes);

/* The class of a node's box, and of its box in the lane of what is gone. */
unsigned box_class(const struct box_classes *classes, uint32_t node);
unsigned box_class_of_gone(const struct box_classes *classes, uint32_t node);

#endif
