/* SPDX-License-Identifier: MIT */
/*
 * box_classes.c - which class, and so which colour, the boxes of a tree have.
 */
#include "render/box_classes.h"

#include "profiler/base/memory.h"
#include "render/figures.h"
#include "render/function_table.h"
#include "render/names.h"
#include "render/svg_data.h"

#include <stdlib.h>
#include <string.h>

enum { NOT_KNOWN = UINT8_MAX };
_Static_assert(PALETTE_CLASSES < NOT_KNOWN, "classes fit");

/* Hashed as the reader sees it, so that the script comes to the same. */
static uint32_t name_hash(const struct call_tree *tree, const struct call_tree_function *function)
{
    struct text visible = TEXT_INIT;
    uint32_t size;
    const char *name = call_tree_name(tree, function, &size);
    if (size <= NAME_SIZE_MAX && name_is_plain(name, size))
        return palette_hash(name, size);
    name_append_visible_cut(&visible, name, size, NAME_SIZE_MAX);
    uint32_t hash = palette_hash(visible.data, visible.length);
    text_release(&visible);
    return hash;
}

static unsigned class_of(const struct box_classes *classes,
                         const struct call_tree_function *function)
{
    const struct call_tree *tree = classes->tree;
    if (classes->mode == PALETTE_MODULE && !palette_is_fixed(function->kind))
        return palette_class_of_hue(module_hues_get(&classes->hues, function->module));
    if (classes->mode == PALETTE_NAME && !palette_is_fixed(function->kind))
        return palette_class_of_name(name_hash(tree, function));
    return palette_class_of_kind(function->kind, name_hash(tree, function));
}

/* Few functions of many have a box that is drawn. */
static unsigned class_of_function(const struct box_classes *classes, uint32_t index)
{
    uint8_t *known = &classes->of_function[index];
    if (*known == NOT_KNOWN)
        *known = (uint8_t)class_of(classes, &classes->tree->functions[index]);
    return *known;
}

/* The self time of a function is that of its inlined code too. */
static void heat(struct box_classes *classes)
{
    const struct call_tree *tree = classes->tree;
    struct function_table table;
    struct hash_map row_of = {0};
    function_table_build(&table, tree, REPORT_BY_SELF);
    for (uint32_t i = 0; i < table.count; i++) {
        const struct call_tree_function *function = &tree->functions[table.rows[i].function];
        *hash_map_at(&row_of, (uint64_t)function->name << 32 | function->module) = i;
    }
    for (uint32_t i = 0; i < tree->function_count; i++) {
        const struct call_tree_function *function = &tree->functions[i];
        uint32_t row = hash_map_get(&row_of, (uint64_t)function->name << 32 | function->module);
        if (row != HASH_MAP_NONE && !palette_is_fixed(function->kind))
            classes->of_function[i] = (uint8_t)palette_class_of_heat(
                table.weight ? (double)table.rows[row].self / (double)table.weight : 0);
    }
    hash_map_release(&row_of);
    function_table_release(&table);
}

void box_classes_build(struct box_classes *classes, const struct call_tree *tree,
                       enum palette_mode mode)
{
    *classes = (struct box_classes){.tree = tree, .mode = mode};
    module_hues_build(&classes->hues, tree);
    classes->of_function = memory_new(tree->function_count + (size_t)1, 1);
    memset(classes->of_function, NOT_KNOWN, tree->function_count);
    if (mode == PALETTE_HEAT)
        heat(classes);
}

void box_classes_release(struct box_classes *classes)
{
    module_hues_release(&classes->hues);
    free(classes->of_function);
    *classes = (struct box_classes){0};
}

/* By the change of the node's share of the whole. */
static unsigned change_class(const struct call_tree *tree, uint32_t node)
{
    const struct call_tree_node *root = &tree->nodes[CALL_TREE_ROOT], *n = &tree->nodes[node];
    const struct call_tree_older *all = &tree->older[CALL_TREE_ROOT], *o = &tree->older[node];
    struct figure_change change =
        figure_change((struct figure_part){n->total, n->total_samples},
                      (struct figure_part){root->total, root->total_samples},
                      (struct figure_part){o->total, o->total_samples},
                      (struct figure_part){all->total, all->total_samples});
    return palette_class_of_change(change.after - change.before, change.error);
}

unsigned box_class(const struct box_classes *classes, uint32_t node)
{
    const struct call_tree *tree = classes->tree;
    uint32_t function = tree->nodes[node].function;
    bool group = function == PROFILE_NONE || tree->functions[function].kind == CALL_TREE_GROUP;
    if (classes->mode == PALETTE_DIFF && tree->older && !group)
        return change_class(tree, node);
    return function == PROFILE_NONE ? palette_class_of_kind(CALL_TREE_GROUP, PALETTE_SHADES / 2)
                                    : class_of_function(classes, function);
}

unsigned box_class_of_gone(const struct box_classes *classes, uint32_t node)
{
    const struct call_tree *tree = classes->tree;
    const struct call_tree_older *all = &tree->older[CALL_TREE_ROOT], *o = &tree->older[node];
    if (node == CALL_TREE_ROOT)
        return palette_class_of_kind(
            CALL_TREE_GROUP, palette_hash(SVG_DATA_GONE_LABEL, strlen(SVG_DATA_GONE_LABEL)));
    if (classes->mode != PALETTE_DIFF)
        return box_class(classes, node);
    const struct call_tree_node *root = &tree->nodes[CALL_TREE_ROOT];
    struct figure_change change = figure_change(
        (struct figure_part){0, 0}, (struct figure_part){root->total, root->total_samples},
        (struct figure_part){o->gone, o->total_samples},
        (struct figure_part){all->total, all->total_samples});
    return palette_class_of_change(change.after - change.before, change.error);
}
