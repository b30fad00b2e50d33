/* SPDX-License-Identifier: MIT */
/*
 * call_tree_prune.c - a smaller tree, in which what was left out is counted.
 */
#include "render/call_tree.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"
#include "profiler/base/text.h"

#include <stdlib.h>

struct prune {
    struct call_tree *tree;
    struct call_tree_node *nodes; /* what stays, and the rests */
    uint32_t count, capacity;
    uint32_t *place;   /* by old node: where it or what it is part of is now */
    uint32_t *rest_of; /* by new node: its rest, 0: none */
    uint32_t *frames;  /* by new node: how many frames a rest stands for */
};

static uint32_t rest_of(struct prune *prune, uint32_t parent)
{
    if (!prune->rest_of[parent]) {
        prune->rest_of[parent] = prune->count;
        *array_push(&prune->nodes, &prune->count, &prune->capacity) = (struct call_tree_node){
            .parent = parent, .first_child = PROFILE_NONE, .next_sibling = PROFILE_NONE};
    }
    return prune->rest_of[parent];
}

static void move_node(struct prune *prune, uint32_t index, uint64_t least)
{
    const struct call_tree_node *node = &prune->tree->nodes[index];
    uint32_t parent = prune->place[node->parent];
    bool in_rest = index != CALL_TREE_ROOT && prune->frames[parent] > 0;
    if (index == CALL_TREE_ROOT || (!in_rest && node->total >= least)) {
        prune->place[index] = prune->count;
        struct call_tree_node *moved = array_push(&prune->nodes, &prune->count, &prune->capacity);
        *moved = *node;
        moved->parent = parent;
        moved->first_child = moved->next_sibling = PROFILE_NONE;
        return;
    }
    uint32_t rest = in_rest ? parent : rest_of(prune, parent);
    struct call_tree_node *target = &prune->nodes[rest];
    target->self += node->self;
    target->self_samples += node->self_samples;
    target->total += node->self;
    target->total_samples += node->self_samples;
    prune->frames[rest]++;
    prune->place[index] = rest;
}

/* Rests of as many frames are one function. */
static void name_rests(struct prune *prune)
{
    struct call_tree *tree = prune->tree;
    struct hash_map function_of_count = {0};
    for (uint32_t i = 0; i < prune->count; i++) {
        if (!prune->frames[i])
            continue;
        uint32_t *function = hash_map_at(&function_of_count, prune->frames[i]);
        if (*function == HASH_MAP_NONE) {
            struct text label = TEXT_INIT;
            text_printf(&label, "[%u more frame%s, left out for the size of the file]",
                        prune->frames[i], prune->frames[i] == 1 ? "" : "s");
            *function = tree->function_count;
            *array_push(&tree->functions, &tree->function_count, &tree->function_capacity) =
                (struct call_tree_function){.name =
                                                string_table_add_string(&tree->names, label.data),
                                            .module = PROFILE_NONE,
                                            .kind = CALL_TREE_REST};
            text_release(&label);
        }
        prune->nodes[i].function = *function;
    }
    hash_map_release(&function_of_count);
}

/* Functions that no node has any more are as large as the nodes were. */
static void drop_unused_functions(struct prune *prune)
{
    struct call_tree *tree = prune->tree;
    uint32_t *place = memory_new(tree->function_count + (size_t)1, sizeof *place);
    for (uint32_t i = CALL_TREE_ROOT + 1; i < prune->count; i++)
        place[prune->nodes[i].function] = 1;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < tree->function_count; i++) {
        if (!place[i])
            continue;
        tree->functions[kept] = tree->functions[i];
        place[i] = kept++;
    }
    tree->function_count = kept;
    for (uint32_t i = CALL_TREE_ROOT + 1; i < prune->count; i++)
        prune->nodes[i].function = place[prune->nodes[i].function];
    free(place);
}

uint32_t call_tree_prune(struct call_tree *tree, uint64_t least)
{
    struct prune prune = {.tree = tree};
    uint32_t before = tree->node_count;
    prune.place = memory_new(before, sizeof *prune.place);
    prune.rest_of = memory_new(2 * (size_t)before, sizeof *prune.rest_of);
    prune.frames = memory_new(2 * (size_t)before, sizeof *prune.frames);
    for (uint32_t i = 0; i < before; i++)
        move_node(&prune, i, least);
    uint32_t left_out = 0;
    for (uint32_t i = 0; i < prune.count; i++)
        left_out += prune.frames[i];
    name_rests(&prune);
    drop_unused_functions(&prune);
    for (unsigned gap = 0; gap < STACK_GAP_COUNT; gap++) {
        uint32_t *nodes = tree->node_of_stack[gap];
        for (uint32_t i = 0; nodes && i <= tree->profile->stack_count; i++)
            nodes[i] = prune.place[nodes[i]];
    }
    free(tree->nodes);
    tree->nodes = prune.nodes;
    tree->node_count = prune.count;
    tree->node_capacity = prune.capacity;
    call_tree_link(tree);
    free(prune.place);
    free(prune.rest_of);
    free(prune.frames);
    return left_out;
}
