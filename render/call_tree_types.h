/* SPDX-License-Identifier: MIT */
/*
 * call_tree_types.h - the tree of call_tree.h as data, shared by the files that build it.
 */
#ifndef PROF_RENDER_CALL_TREE_TYPES_H
#define PROF_RENDER_CALL_TREE_TYPES_H

#include "profiler/profile/profile.h"
#include "render/stack_parts.h"

#define CALL_TREE_ROOT 0

struct call_tree_node {
    uint32_t parent;                    /* CALL_TREE_ROOT for first frames; the root has itself */
    uint32_t first_child, next_sibling; /* PROFILE_NONE: none; children in order of function */
    uint32_t function;                  /* index into the tree's functions; root: PROFILE_NONE */
    uint32_t line;                      /* line of the heaviest call or sample in it; 0: unknown */
    uint32_t file;                      /* string id of that line's file; 0: unknown */
    uint64_t self, total;               /* weight in periods; total includes self */
    uint64_t self_samples, total_samples;
};

/* What kind of code a function is, from CALL_TREE_GAP on none; the colours and legend of the
 * flamegraph follow it. */
enum call_tree_kind {
    CALL_TREE_USER,    /* the program, and libraries outside the system's directories */
    CALL_TREE_LIBRARY, /* a library of the system, the vdso */
    CALL_TREE_KERNEL,
    CALL_TREE_JIT,     /* code made at run time */
    CALL_TREE_UNKNOWN, /* no name could be found */
    CALL_TREE_GAP,     /* not a function: why the stacks above it are incomplete */
    CALL_TREE_GROUP,   /* not a function: a process or a thread */
    CALL_TREE_REST,    /* not a function: frames that were left out of the file */
    CALL_TREE_KIND_COUNT
};

/* A function as the views show it. */
struct call_tree_function {
    uint32_t name;   /* id in the tree's `names`, never empty */
    uint32_t module; /* profile module, or PROFILE_NONE */
    uint32_t file;   /* where it is defined: string id of the profile, 0: unknown */
    uint32_t line;
    uint8_t kind; /* enum call_tree_kind */
    bool inlined; /* its code is part of the function it was called from */
};

struct call_tree {
    const struct profile *profile;
    struct call_tree_node *nodes; /* [CALL_TREE_ROOT] is the root; parents before children */
    uint32_t node_count, node_capacity;
    /* In order of name bytes, module path, inlined mark: the numbering of the functions does not
     * depend on the order of the samples. */
    struct call_tree_function *functions;
    uint32_t function_count, function_capacity;
    /* What the nodes weigh in the older profile; NULL where there is none to compare with. */
    struct call_tree_older {
        uint64_t self, total, self_samples, total_samples;
        uint64_t gone; /* of the total: what is below nodes that this profile has not */
    } * older;
    struct stack_parts parts; /* what all weights are the sums of */
    /* [gap][stack]: the innermost node of those stacks; NULL for gaps that no sample has. */
    uint32_t *node_of_stack[STACK_GAP_COUNT];
    struct string_table names;
};

#endif
