/* SPDX-License-Identifier: MIT */
/*
 * call_tree.c - folds a profile into one tree.
 *
 * The samples are summed up over the recorded stacks, which share their callers already, and then
 * each distinct stack is entered into the tree once; for each gap anew, as its stacks hang from a
 * node of its own.
 */
#include "render/call_tree.h"

#include "profiler/base/counting_sort.h"
#include "profiler/base/memory.h"
#include "profiler/base/path.h"
#include "profiler/base/text.h"
#include "render/tree_functions.h"

#include <stdlib.h>
#include <string.h>

/* A line a node was seen at, and how heavy it was there. */
struct line_use {
    uint32_t node, file, line;
    uint64_t weight;
};

struct fold {
    struct call_tree *tree;
    const struct profile *profile;
    struct tree_functions functions;
    struct hash_map children; /* parent node << 32 | function -> node */
    uint64_t *totals;         /* [stack]: weight of the gap being folded; 0 before it and after */
    struct line_use *uses;
    uint32_t use_count, use_capacity;
};

enum { AHEAD = 16 }; // nodes

static const char *const gap_labels[STACK_GAP_COUNT] = {
    [RECORDING_STOP_NO_CFI] = "[incomplete: no unwind information]",
    [RECORDING_STOP_BAD_CFI] = "[incomplete: damaged unwind information]",
    [RECORDING_STOP_BAD_MEMORY] = "[incomplete: unreadable stack memory]",
    [RECORDING_STOP_TRUNCATED] = "[incomplete: deeper than the limit]",
    [RECORDING_STOP_UNSUPPORTED] = "[incomplete: unsupported unwind rule]",
    [RECORDING_STOP_NO_PROGRESS] = "[incomplete: stack leads back to itself]",
    [STACK_GAP_NO_STACK] = "[incomplete: no stack recorded]",
};

static uint32_t new_node(struct call_tree *tree, uint32_t parent, uint32_t function)
{
    uint32_t index = tree->node_count;
    struct call_tree_node *node = array_push(&tree->nodes, &tree->node_count, &tree->node_capacity);
    node->parent = parent;
    node->first_child = node->next_sibling = PROFILE_NONE;
    node->function = function;
    return index;
}

static uint32_t child_of(struct fold *fold, uint32_t parent, uint32_t function)
{
    // Stacks that are a tree already need no look-up: it was a quarter of the time to draw a
    // million.
    if (fold->profile->distinct_stacks)
        return new_node(fold->tree, parent, function);
    uint32_t *child = hash_map_at(&fold->children, (uint64_t)parent << 32 | function);
    if (*child == HASH_MAP_NONE)
        *child = new_node(fold->tree, parent, function);
    return *child;
}

/* The node that the stacks of a gap hang from. */
static uint32_t base_of(struct fold *fold, unsigned gap)
{
    if (!gap_labels[gap])
        return CALL_TREE_ROOT;
    uint32_t function = tree_functions_of_label(&fold->functions, gap_labels[gap], CALL_TREE_GAP);
    return child_of(fold, CALL_TREE_ROOT, function);
}

void call_tree_process_label(struct text *out, const struct profile *profile, uint32_t process)
{
    const char *path = profile_string(profile, profile->processes[process].executable);
    text_printf(out, "%s (pid %u)", path_base_name(path), profile->processes[process].pid);
}

void call_tree_thread_label(struct text *out, const struct profile *profile, uint32_t thread)
{
    text_printf(out, "%s (tid %u)", profile_string(profile, profile->threads[thread].name),
                profile->threads[thread].tid);
}

static void note_line(struct fold *fold, uint32_t node, const struct profile_line *line,
                      uint64_t weight)
{
    if (!line->line)
        return;
    *array_push(&fold->uses, &fold->use_count, &fold->use_capacity) =
        (struct line_use){node, line->file, line->line, weight};
}

/* Enters one frame below `node`; yields the innermost node it became. */
static uint32_t enter_frame(struct fold *fold, uint32_t node, uint32_t index, uint64_t weight)
{
    const struct profile *profile = fold->profile;
    const struct profile_frame *frame = &profile->frames[index];
    if (!frame->line_count)
        return child_of(fold, node, tree_functions_of_bare_frame(&fold->functions, index));
    for (uint32_t i = frame->line_count; i-- > 0;) {
        const struct profile_line *line = &profile->lines[frame->first_line + i];
        bool inlined = i + 1 < frame->line_count || frame->flags & PROFILE_FRAME_INLINED;
        node = child_of(fold, node, tree_functions_of_line(&fold->functions, line, inlined));
        note_line(fold, node, line, weight);
    }
    return node;
}

enum { MET = 1 }; // a node of no stack: of the first frame below the root, or of a gap

/* Marks the stacks of the gap and their callers, and sums up their totals: a caller has the smaller
 * index. */
static void weigh_stacks(struct fold *fold, unsigned gap, uint32_t *nodes)
{
    const struct profile *profile = fold->profile;
    const struct stack_parts *parts = &fold->tree->parts;
    for (uint32_t i = stack_parts_begin(parts, gap); i < parts->ends[gap]; i++) {
        const struct stack_part *part = &parts->parts[i];
        nodes[part->stack] = MET;
        if (!part->older)
            fold->totals[part->stack] += part->weight;
    }
    for (uint32_t i = profile->stack_count; i-- > 0;) {
        uint32_t parent = profile->stacks[i].parent;
        if (!nodes[i] || parent == PROFILE_NONE)
            continue;
        nodes[parent] = MET;
        fold->totals[parent] += fold->totals[i];
    }
}

/* Gives each marked stack its node. */
static void enter_stacks(struct fold *fold, uint32_t *nodes)
{
    const struct profile *profile = fold->profile;
    for (uint32_t i = 0; i < profile->stack_count; i++) {
        if (!nodes[i])
            continue;
        const struct profile_stack *stack = &profile->stacks[i];
        uint32_t caller = stack->parent == PROFILE_NONE ? profile->stack_count : stack->parent;
        nodes[i] = enter_frame(fold, nodes[caller], stack->frame, fold->totals[i]);
        fold->totals[i] = 0;
    }
}

static void fold_gap(struct fold *fold, unsigned gap)
{
    struct call_tree *tree = fold->tree;
    uint32_t count = fold->profile->stack_count, begin = stack_parts_begin(&tree->parts, gap);
    if (begin == tree->parts.ends[gap])
        return;
    uint32_t *nodes = tree->node_of_stack[gap] = memory_new(count + (size_t)1, sizeof *nodes);
    weigh_stacks(fold, gap, nodes);
    nodes[count] = base_of(fold, gap);
    fold->totals[count] = 0;
    enter_stacks(fold, nodes);
    for (uint32_t i = begin; i < tree->parts.ends[gap]; i++) {
        const struct stack_part *part = &tree->parts.parts[i];
        if (part->older)
            continue; // its nodes are there, and get what they weigh in the end
        struct call_tree_node *node = &tree->nodes[nodes[part->stack]];
        node->self += part->weight;
        node->self_samples += part->samples;
    }
}

static void sum_totals(struct call_tree *tree)
{
    for (uint32_t i = tree->node_count; i-- > 0;) {
        struct call_tree_node *node = &tree->nodes[i];
        node->total += node->self;
        node->total_samples += node->self_samples;
        if (i != CALL_TREE_ROOT) {
            tree->nodes[node->parent].total += node->total;
            tree->nodes[node->parent].total_samples += node->total_samples;
        }
    }
}

static void sum_older(struct call_tree *tree)
{
    tree->older = memory_new(tree->node_count, sizeof *tree->older);
    for (unsigned gap = 0; gap < STACK_GAP_COUNT; gap++) {
        for (uint32_t i = stack_parts_begin(&tree->parts, gap); i < tree->parts.ends[gap]; i++) {
            const struct stack_part *part = &tree->parts.parts[i];
            if (!part->older)
                continue;
            struct call_tree_older *older = &tree->older[tree->node_of_stack[gap][part->stack]];
            older->self += part->weight;
            older->self_samples += part->samples;
        }
    }
    for (uint32_t i = tree->node_count; i-- > 0;) {
        struct call_tree_older *older = &tree->older[i];
        older->total += older->self;
        older->total_samples += older->self_samples;
        older->gone += tree->nodes[i].total ? 0 : older->self;
        if (i != CALL_TREE_ROOT) {
            struct call_tree_older *above = &tree->older[tree->nodes[i].parent];
            above->total += older->total;
            above->total_samples += older->total_samples;
            above->gone += older->gone;
        }
    }
}

static int compare_uses(const void *left, const void *right)
{
    const struct line_use *a = left, *b = right;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

/* The line among the uses of one node that weighs most together, of equal ones the first. */
static const struct line_use *heaviest_line(struct line_use *uses, uint32_t count)
{
    const struct line_use *best = NULL;
    uint64_t most = 0;
    qsort(uses, count, sizeof *uses, compare_uses);
    for (uint32_t i = 0, next; i < count; i = next) {
        uint64_t weight = 0;
        for (next = i; next < count && !compare_uses(&uses[i], &uses[next]); next++)
            weight += uses[next].weight;
        if (weight > most) {
            most = weight;
            best = &uses[i];
        }
    }
    return best;
}

static void choose_lines(struct fold *fold)
{
    struct call_tree *tree = fold->tree;
    if (!fold->use_count)
        return;
    uint32_t *order = counting_sort(NULL, fold->use_count, &fold->uses->node, sizeof *fold->uses,
                                    tree->node_count);
    struct line_use *uses = NULL; // of one node
    uint32_t count = 0, capacity = 0;
    for (uint32_t i = 0; i < fold->use_count; i++) {
        uint32_t node = fold->uses[order[i]].node;
        *array_push(&uses, &count, &capacity) = fold->uses[order[i]];
        if (i + 1 < fold->use_count && fold->uses[order[i + 1]].node == node)
            continue;
        const struct line_use *line = heaviest_line(uses, count);
        if (line) {
            tree->nodes[node].file = line->file;
            tree->nodes[node].line = line->line;
        }
        count = 0;
    }
    free(uses);
    free(order);
}

/* Children in order of function: nodes are put in front of their siblings, last function first. */
void call_tree_link(struct call_tree *tree)
{
    // The root, which has no function, is left out: the first index is that of the node after it.
    struct call_tree_node *first = tree->nodes + CALL_TREE_ROOT + 1;
    uint32_t count = tree->node_count - 1;
    uint32_t *order =
        counting_sort(NULL, count, &first->function, sizeof *first, tree->function_count);
    for (uint32_t i = count; i-- > 0;) {
        // Nodes and their parents lie all over the table: they are asked for ahead of time.
        if (i >= 2 * AHEAD) {
            __builtin_prefetch(&first[order[i - 2 * AHEAD]]);
            __builtin_prefetch(&tree->nodes[first[order[i - AHEAD]].parent]);
        }
        struct call_tree_node *node = &first[order[i]];
        node->next_sibling = tree->nodes[node->parent].first_child;
        tree->nodes[node->parent].first_child = CALL_TREE_ROOT + 1 + order[i];
    }
    free(order);
}

/* Not many fewer than there will be, and seldom more: recorded stacks share their callers too. */
static uint64_t expected_nodes(const struct profile *profile)
{
    uint64_t nodes = CALL_TREE_ROOT + 1;
    for (uint32_t i = 0; i < profile->stack_count; i++) {
        uint32_t lines = profile->frames[profile->stacks[i].frame].line_count;
        nodes += lines ? lines : 1;
    }
    return nodes;
}

void call_tree_build(struct call_tree *tree, const struct profile *profile)
{
    *tree = (struct call_tree){.profile = profile};
    string_table_init(&tree->names);
    uint64_t nodes = expected_nodes(profile);
    array_reserve(&tree->nodes, &tree->node_capacity, nodes);
    new_node(tree, CALL_TREE_ROOT, PROFILE_NONE);
    stack_parts_build(&tree->parts, profile);

    struct fold fold = {.tree = tree, .profile = profile};
    if (!profile->distinct_stacks)
        hash_map_reserve(&fold.children, nodes);
    fold.totals = memory_new(profile->stack_count + (size_t)1, sizeof *fold.totals);
    tree_functions_init(&fold.functions, tree);
    for (unsigned gap = 0; gap < STACK_GAP_COUNT; gap++)
        fold_gap(&fold, gap);
    sum_totals(tree);
    if (profile->compared)
        sum_older(tree);
    choose_lines(&fold);

    tree_functions_release(&fold.functions);
    hash_map_release(&fold.children);
    free(fold.totals);
    free(fold.uses);
    tree_functions_sort(tree);
    call_tree_link(tree);
}

void call_tree_release(struct call_tree *tree)
{
    free(tree->nodes);
    free(tree->functions);
    stack_parts_release(&tree->parts);
    for (unsigned gap = 0; gap < STACK_GAP_COUNT; gap++)
        free(tree->node_of_stack[gap]);
    free(tree->older);
    string_table_release(&tree->names);
    *tree = (struct call_tree){0};
}

const char *call_tree_name(const struct call_tree *tree, const struct call_tree_function *function,
                           uint32_t *size)
{
    *size = string_table_size(&tree->names, function->name);
    return string_table_get(&tree->names, function->name);
}

uint32_t call_tree_next(const struct call_tree *tree, uint32_t node, uint32_t *depth)
{
    if (tree->nodes[node].first_child == PROFILE_NONE)
        return call_tree_next_beside(tree, node, depth);
    ++*depth;
    return tree->nodes[node].first_child;
}

uint32_t call_tree_next_beside(const struct call_tree *tree, uint32_t node, uint32_t *depth)
{
    for (; node != CALL_TREE_ROOT; node = tree->nodes[node].parent, --*depth) {
        if (tree->nodes[node].next_sibling != PROFILE_NONE)
            return tree->nodes[node].next_sibling;
    }
    return PROFILE_NONE;
}
