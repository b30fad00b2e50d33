/* SPDX-License-Identifier: MIT */
/*
 * call_tree.h - a profile folded into one tree: one node per (parent, function).
 *
 * The tree is built as a trie over function identities, never by sorting text, so that a function
 * has exactly one box under its caller. Two frames are the same function when they have the same
 * name, module and inlined mark. A frame that stands for inlined code becomes several nodes, the
 * function that was really called first.
 *
 * Gaps stay visible: a stack whose walk stopped early hangs under a CALL_TREE_GAP node that says
 * why, instead of among the complete stacks.
 *
 * Memory: the tree owns its nodes and functions until call_tree_release; the bytes of names are the
 * profile's, as strings for files and modules are ids of it: it must outlive the tree.
 */
#ifndef PROF_RENDER_CALL_TREE_H
#define PROF_RENDER_CALL_TREE_H

#include "render/call_tree_types.h"

#include "profiler/base/text.h"

/* Fills `tree`, whatever it held before. Time and memory grow with samples plus distinct stacks,
 * not with samples times depth. */
void call_tree_build(struct call_tree *tree, const struct profile *profile);
void call_tree_release(struct call_tree *tree);

/* Leaves out what weighs less than `least`, with all below it; its weight stays, in one node under
 * each caller that says how many frames it stands for. Returns how many that are. Not for trees
 * with an older profile. */
uint32_t call_tree_prune(struct call_tree *tree, uint64_t least);

/* Sets first_child and next_sibling by the parents and functions of the nodes. */
void call_tree_link(struct call_tree *tree);

/* The NUL-terminated bytes of a function's name, untrusted, and how many they are. */
const char *call_tree_name(const struct call_tree *tree, const struct call_tree_function *function,
                           uint32_t *size);

/* "python3 (pid 12)" and "worker (tid 13)", as the nodes of a process and a thread are called;
 * untrusted bytes. */
void call_tree_process_label(struct text *out, const struct profile *profile, uint32_t process);
void call_tree_thread_label(struct text *out, const struct profile *profile, uint32_t thread);

/* The node after `node` when parents come before their children and children in order of function,
 * or PROFILE_NONE after the last. `*depth` follows along; the root has depth 0. */
uint32_t call_tree_next(const struct call_tree *tree, uint32_t node, uint32_t *depth);

/* Like call_tree_next, but leaves out what is below `node`. */
uint32_t call_tree_next_beside(const struct call_tree *tree, uint32_t node, uint32_t *depth);

#endif
