/* SPDX-License-Identifier: MIT */
/*
 * module_hues.h - the modules of a tree, those with the most self weight first, each with its hue.
 *
 * A hue is that of the hash of the path, so that a module looks the same in all pictures, with
 * whatever else it runs. Only where a heavier module has it already, another one is taken that is
 * free, as long as there is one: what matters in a picture can be told apart. flamegraph.js comes
 * to the same hues.
 *
 * Memory: owns all it points to until module_hues_release.
 */
#ifndef PROF_RENDER_MODULE_HUES_H
#define PROF_RENDER_MODULE_HUES_H

#include "render/call_tree.h"

struct module_hues {
    struct module_hue {
        const char *path; /* as it is shown; "" for code of which no module is known */
        uint64_t weight;  /* self */
        uint32_t hash;    /* of the path */
        unsigned hue;     /* below PALETTE_HUES */
    } * modules;
    uint32_t count;
    uint32_t *by_weight;       /* places in `modules`, the heaviest first */
    uint32_t *place_of_module; /* by module of the profile; the last one is for no module */
    uint32_t module_count;
    struct string_table paths;
};

/* Fills `hues`, whatever it held before. */
void module_hues_build(struct module_hues *hues, const struct call_tree *tree);
void module_hues_release(struct module_hues *hues);

/* The hue of a module of the profile that code of the tree is in, or of PROFILE_NONE. */
unsigned module_hues_get(const struct module_hues *hues, uint32_t module);

#endif
