/* SPDX-License-Identifier: MIT */
/*
 * module_weights.h - the modules of a tree, those with the most self weight first.
 *
 * Memory: owns its numbers until module_weights_release.
 */
#ifndef PROF_RENDER_MODULE_WEIGHTS_H
#define PROF_RENDER_MODULE_WEIGHTS_H

#include "render/call_tree.h"

struct module_weights {
    uint32_t *modules; /* of the profile; only those that have self weight */
    uint64_t *weights; /* by module of the profile */
    uint32_t count;
};

void module_weights_build(struct module_weights *weights, const struct call_tree *tree);
void module_weights_release(struct module_weights *weights);

#endif
