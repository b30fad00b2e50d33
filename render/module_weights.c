/* SPDX-License-Identifier: MIT */
/*
 * module_weights.c - the modules of a tree, those with the most self weight first.
 */
#include "render/module_weights.h"

#include "profiler/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct order {
    const struct profile *profile;
    const uint64_t *weights;
};

/* By path where they weigh the same: the number of a module depends on the order of the samples. */
static int compare(const void *left, const void *right, void *context)
{
    const struct order *order = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (order->weights[a] != order->weights[b])
        return order->weights[a] > order->weights[b] ? -1 : 1;
    return strcmp(profile_string(order->profile, order->profile->modules[a].path),
                  profile_string(order->profile, order->profile->modules[b].path));
}

void module_weights_build(struct module_weights *weights, const struct call_tree *tree)
{
    uint32_t count = tree->profile->module_count;
    *weights = (struct module_weights){
        .modules = memory_new(count + (size_t)1, sizeof *weights->modules),
        .weights = memory_new(count + (size_t)1, sizeof *weights->weights),
    };
    for (uint32_t i = CALL_TREE_ROOT + 1; i < tree->node_count; i++) {
        uint32_t module = tree->functions[tree->nodes[i].function].module;
        if (module < count)
            weights->weights[module] += tree->nodes[i].self;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (weights->weights[i])
            weights->modules[weights->count++] = i;
    }
    struct order order = {tree->profile, weights->weights};
    qsort_r(weights->modules, weights->count, sizeof *weights->modules, compare, &order);
}

void module_weights_release(struct module_weights *weights)
{
    free(weights->modules);
    free(weights->weights);
    *weights = (struct module_weights){0};
}
