/* SPDX-License-Identifier: MIT */
/*
 * call_tree.h - a profile folded into one tree: one node per (parent, function).
 *
 * The tree is built as a trie over function identities, never by sorting text, so that a function
 * has exactly one box under its caller. Two frames are the same function when they have the same
 * name, module and inlined mark.
 *
 * Memory: the tree owns its nodes until call_tree_release; names borrow from the profile.
 */
#ifndef PROF_RENDER_CALL_TREE_H
#define PROF_RENDER_CALL_TREE_H

#include "profiler/profile/profile.h"

struct call_tree_node {
    uint32_t parent;                    /* CALL_TREE_ROOT for first frames; the root has itself */
    uint32_t first_child, next_sibling; /* PROFILE_NONE: none; children in order of name */
    uint32_t function;                  /* index into the tree's functions; root: PROFILE_NONE */
    uint32_t line;                      /* line of the heaviest call or sample in it; 0: unknown */
    uint32_t file;                      /* string id; 0: unknown */
    uint64_t self, total;               /* weight in periods; total includes self */
    uint64_t self_samples, total_samples;
};

/* A function as the views show it. */
struct call_tree_function {
    uint32_t name;   /* string id */
    uint32_t module; /* profile module, or PROFILE_NONE */
    uint32_t file, line;
    bool inlined;
};

#define CALL_TREE_ROOT 0

enum call_tree_grouping {
    CALL_TREE_MERGED,    /* stacks of all threads together */
    CALL_TREE_BY_THREAD, /* a node for each process, below it each thread, then the stacks */
};

struct call_tree {
    const struct profile *profile;
    struct call_tree_node *nodes; /* [CALL_TREE_ROOT] is the root; parents before children */
    uint32_t node_count, node_capacity;
    struct call_tree_function *functions;
    uint32_t function_count, function_capacity;
    struct string_table names; /* names the grouping made up ("python3 (pid 12)") */
};

void call_tree_build(struct call_tree *tree, const struct profile *profile,
                     enum call_tree_grouping grouping);
void call_tree_release(struct call_tree *tree);

const char *call_tree_name(const struct call_tree *tree, const struct call_tree_function *function,
                           uint32_t *size);

#endif
