/* SPDX-License-Identifier: MIT */
/*
 * tree_functions.h - which function of a call tree a frame, a gap or a group stands for.
 *
 * Memory: borrows the tree, in whose `functions` and `names` it enters what it finds; its own
 * tables are freed by tree_functions_release, after which the numbers it gave out stay valid.
 */
#ifndef PROF_RENDER_TREE_FUNCTIONS_H
#define PROF_RENDER_TREE_FUNCTIONS_H

#include "profiler/base/hash_map.h"
#include "render/call_tree_types.h"

struct tree_functions {
    struct call_tree *tree;
    struct hash_map by_identity;   /* name, module and inlined mark -> function */
    uint32_t *of_profile_function; /* [2 * profile function + inlined], PROFILE_NONE: not yet met */
    uint32_t *of_bare_frame;       /* [frame], for frames without lines */
    uint8_t *module_kinds;         /* [module], enum call_tree_kind */
};

void tree_functions_init(struct tree_functions *functions, struct call_tree *tree);
void tree_functions_release(struct tree_functions *functions);

/* The function of one line of a symbolized frame. */
uint32_t tree_functions_of_line(struct tree_functions *functions, const struct profile_line *line,
                                bool inlined);

/* The function of a frame without lines: "module+0xaddress", or "[unknown]" outside all modules. */
uint32_t tree_functions_of_bare_frame(struct tree_functions *functions, uint32_t frame);

/* A node that is no function: a gap or a group. */
uint32_t tree_functions_of_label(struct tree_functions *functions, const char *label,
                                 enum call_tree_kind kind);

/* Numbers the tree's functions in order of name bytes, module path, inlined mark, and rewrites the
 * nodes. To be called last. */
void tree_functions_sort(struct call_tree *tree);

#endif
