/* SPDX-License-Identifier: MIT */
/*
 * call_tree.c - folds a profile into one tree.
 *
 * Samples are taken base by base: the node their stacks hang from (the root, a thread, a gap). Per
 * base, weights are first summed over the recorded stacks, which share their callers already, and
 * then each distinct stack is entered into the tree once.
 */
#include "render/call_tree.h"

#include "profiler/base/memory.h"
#include "profiler/base/path.h"
#include "profiler/base/text.h"
#include "render/tree_functions.h"

#include <stdlib.h>
#include <string.h>

/* What the base being folded knows of a recorded stack. */
struct folded_stack {
    uint32_t mark; /* 1 + the base it was last met for */
    uint32_t node; /* its innermost node in the tree */
    uint64_t self, total, self_samples;
};

/* A line a node was seen at, and how heavy it was there. */
struct line_use {
    uint32_t node, file, line;
    uint64_t weight;
};

struct fold {
    struct call_tree *tree;
    const struct profile *profile;
    enum call_tree_grouping grouping;
    struct tree_functions functions;
    struct hash_map children;    /* parent node << 32 | function -> node */
    struct hash_map base_of_key; /* thread and gap -> index into `bases` */
    uint64_t last_key;           /* of the sample before, if last_base is not HASH_MAP_NONE */
    uint32_t last_base;
    uint32_t *bases; /* nodes */
    uint32_t base_count, base_capacity;
    struct folded_stack *stacks;
    uint32_t *met; /* stacks of this base, callers first */
    uint32_t met_count;
    struct line_use *uses;
    uint32_t use_count, use_capacity;
};

enum { AHEAD = 16 }; // nodes

enum { GAP_NO_STACK = RECORDING_STOP_COUNT, GAP_COUNT };

static const char *const gap_labels[GAP_COUNT] = {
    [RECORDING_STOP_NO_CFI] = "[incomplete: no unwind information]",
    [RECORDING_STOP_BAD_CFI] = "[incomplete: damaged unwind information]",
    [RECORDING_STOP_BAD_MEMORY] = "[incomplete: unreadable stack memory]",
    [RECORDING_STOP_TRUNCATED] = "[incomplete: deeper than the limit]",
    [RECORDING_STOP_UNSUPPORTED] = "[incomplete: unsupported unwind rule]",
    [RECORDING_STOP_NO_PROGRESS] = "[incomplete: stack leads back to itself]",
    [GAP_NO_STACK] = "[incomplete: no stack recorded]",
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

static uint32_t labelled_child(struct fold *fold, uint32_t parent, const char *label,
                               enum call_tree_kind kind)
{
    uint32_t function = tree_functions_of_label(&fold->functions, label, kind);
    uint32_t *child = hash_map_at(&fold->children, (uint64_t)parent << 32 | function);
    if (*child == HASH_MAP_NONE)
        *child = new_node(fold->tree, parent, function);
    return *child;
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

/* The node of a thread below that of its process. */
static uint32_t thread_node(struct fold *fold, uint32_t index)
{
    struct text label = TEXT_INIT;
    call_tree_process_label(&label, fold->profile, fold->profile->threads[index].process);
    uint32_t node = labelled_child(fold, CALL_TREE_ROOT, label.data, CALL_TREE_GROUP);
    label.length = 0;
    call_tree_thread_label(&label, fold->profile, index);
    node = labelled_child(fold, node, label.data, CALL_TREE_GROUP);
    text_release(&label);
    return node;
}

/* The base a sample's stack hangs from. */
static uint32_t base_of(struct fold *fold, const struct profile_sample *sample)
{
    bool by_thread =
        fold->grouping == CALL_TREE_BY_THREAD && sample->thread < fold->profile->thread_count;
    unsigned gap = sample->stack == PROFILE_NONE ? GAP_NO_STACK : sample->stop;
    if (gap >= GAP_COUNT)
        gap = RECORDING_STOP_UNSUPPORTED;
    uint32_t thread = by_thread ? sample->thread : PROFILE_NONE;
    uint64_t key = (uint64_t)thread << 32 | gap;
    if (fold->last_base != HASH_MAP_NONE && fold->last_key == key)
        return fold->last_base;
    uint32_t *base = hash_map_at(&fold->base_of_key, key);
    if (*base == HASH_MAP_NONE) {
        uint32_t node = by_thread ? thread_node(fold, thread) : CALL_TREE_ROOT;
        if (gap_labels[gap])
            node = labelled_child(fold, node, gap_labels[gap], CALL_TREE_GAP);
        *base = fold->base_count;
        *array_push(&fold->bases, &fold->base_count, &fold->base_capacity) = node;
    }
    fold->last_key = key;
    fold->last_base = *base;
    return *base;
}

/* Notes the stack and those of its callers that this base had not met, callers first. */
static void meet(struct fold *fold, uint32_t stack, uint32_t mark)
{
    uint32_t first = fold->met_count;
    for (; stack != PROFILE_NONE && fold->stacks[stack].mark != mark;
         stack = fold->profile->stacks[stack].parent) {
        fold->stacks[stack] = (struct folded_stack){.mark = mark};
        fold->met[fold->met_count++] = stack;
    }
    for (uint32_t low = first, high = fold->met_count; low + 1 < high; low++) {
        uint32_t swapped = fold->met[--high];
        fold->met[high] = fold->met[low];
        fold->met[low] = swapped;
    }
}

/* Notes all stacks that are marked, and their callers: a caller has the smaller index. */
static void meet_all(struct fold *fold, uint32_t mark)
{
    for (uint32_t i = fold->profile->stack_count; i-- > 0;) {
        uint32_t parent = fold->profile->stacks[i].parent;
        if (fold->stacks[i].mark == mark && parent != PROFILE_NONE)
            fold->stacks[parent].mark = mark;
    }
    for (uint32_t i = 0; i < fold->profile->stack_count; i++) {
        if (fold->stacks[i].mark == mark)
            fold->met[fold->met_count++] = i;
    }
}

static void count_sample(struct fold *fold, const struct profile_sample *sample, uint32_t base)
{
    // Where there is one base only, it is quicker to go through all stacks in their order.
    if (fold->base_count > 1)
        meet(fold, sample->stack, base + 1);
    else if (sample->stack != PROFILE_NONE)
        fold->stacks[sample->stack].mark = base + 1;
    if (sample->older) // its nodes are there, and get what they weigh in the end
        return;
    if (sample->stack == PROFILE_NONE) {
        struct call_tree_node *node = &fold->tree->nodes[fold->bases[base]];
        node->self += sample->weight;
        node->self_samples += profile_sample_count(sample);
        return;
    }
    struct folded_stack *stack = &fold->stacks[sample->stack];
    stack->self += sample->weight;
    stack->self_samples += profile_sample_count(sample);
}

static void sum_up_callers(struct fold *fold)
{
    for (uint32_t i = fold->met_count; i-- > 0;) {
        struct folded_stack *stack = &fold->stacks[fold->met[i]];
        stack->total += stack->self;
        uint32_t parent = fold->profile->stacks[fold->met[i]].parent;
        if (parent != PROFILE_NONE)
            fold->stacks[parent].total += stack->total;
    }
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

static void enter_stacks(struct fold *fold, uint32_t base)
{
    for (uint32_t i = 0; i < fold->met_count; i++) {
        struct folded_stack *stack = &fold->stacks[fold->met[i]];
        const struct profile_stack *recorded = &fold->profile->stacks[fold->met[i]];
        uint32_t caller = recorded->parent == PROFILE_NONE ? fold->bases[base]
                                                           : fold->stacks[recorded->parent].node;
        stack->node = enter_frame(fold, caller, recorded->frame, stack->total);
        struct call_tree_node *node = &fold->tree->nodes[stack->node];
        node->self += stack->self;
        node->self_samples += stack->self_samples;
    }
}

/* The indexes of all samples, those of one base together; `ends[base]` is where they end. */
static uint32_t *samples_by_base(struct fold *fold, uint32_t **ends)
{
    uint32_t count = fold->profile->sample_count;
    uint32_t *bases = memory_new(count + 1, sizeof *bases);
    for (uint32_t i = 0; i < count; i++)
        bases[i] = base_of(fold, &fold->profile->samples[i]);

    uint32_t *at = memory_new(fold->base_count + 2, sizeof *at);
    for (uint32_t i = 0; i < count; i++)
        at[bases[i] + 1]++;
    for (uint32_t base = 0; base < fold->base_count; base++)
        at[base + 1] += at[base];
    uint32_t *order = memory_new(count + 1, sizeof *order);
    for (uint32_t i = 0; i < count; i++)
        order[at[bases[i]]++] = i;
    free(bases);
    *ends = at;
    return order;
}

static void fold_samples(struct fold *fold)
{
    uint32_t *ends, at = 0;
    uint32_t *order = samples_by_base(fold, &ends);
    for (uint32_t base = 0; base < fold->base_count; base++) {
        fold->met_count = 0;
        for (; at < ends[base]; at++)
            count_sample(fold, &fold->profile->samples[order[at]], base);
        if (fold->base_count == 1)
            meet_all(fold, base + 1);
        sum_up_callers(fold);
        enter_stacks(fold, base);
        for (uint32_t i = base ? ends[base - 1] : 0; i < ends[base]; i++) {
            uint32_t stack = fold->profile->samples[order[i]].stack;
            fold->tree->node_of_sample[order[i]] =
                stack == PROFILE_NONE ? fold->bases[base] : fold->stacks[stack].node;
        }
    }
    free(order);
    free(ends);
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
    const struct profile *profile = tree->profile;
    tree->older = memory_new(tree->node_count, sizeof *tree->older);
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        if (!sample->older)
            continue;
        struct call_tree_older *older = &tree->older[tree->node_of_sample[i]];
        older->self += sample->weight;
        older->self_samples += profile_sample_count(sample);
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
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

static void choose_lines(struct fold *fold)
{
    if (fold->use_count)
        qsort(fold->uses, fold->use_count, sizeof *fold->uses, compare_uses);
    uint64_t heaviest = 0;
    for (uint32_t i = 0, next; i < fold->use_count; i = next) {
        const struct line_use *use = &fold->uses[i];
        uint64_t weight = 0;
        for (next = i; next < fold->use_count && !compare_uses(use, &fold->uses[next]); next++)
            weight += fold->uses[next].weight;
        if (i == 0 || fold->uses[i - 1].node != use->node)
            heaviest = 0;
        if (weight > heaviest) {
            heaviest = weight;
            fold->tree->nodes[use->node].file = use->file;
            fold->tree->nodes[use->node].line = use->line;
        }
    }
}

/* Children in order of function: nodes are put in front of their siblings, last function first. */
void call_tree_link(struct call_tree *tree)
{
    uint32_t *at = memory_new(tree->function_count + 2, sizeof *at);
    uint32_t *order = memory_new(tree->node_count, sizeof *order);
    for (uint32_t i = CALL_TREE_ROOT + 1; i < tree->node_count; i++)
        at[tree->nodes[i].function + 1]++;
    for (uint32_t f = 0; f < tree->function_count; f++)
        at[f + 1] += at[f];
    for (uint32_t i = CALL_TREE_ROOT + 1; i < tree->node_count; i++)
        order[at[tree->nodes[i].function]++] = i;
    for (uint32_t i = tree->node_count - 1; i-- > 0;) {
        // Nodes and their parents lie all over the table: they are asked for ahead of time.
        if (i >= 2 * AHEAD) {
            __builtin_prefetch(&tree->nodes[order[i - 2 * AHEAD]]);
            __builtin_prefetch(&tree->nodes[tree->nodes[order[i - AHEAD]].parent]);
        }
        struct call_tree_node *node = &tree->nodes[order[i]];
        node->next_sibling = tree->nodes[node->parent].first_child;
        tree->nodes[node->parent].first_child = order[i];
    }
    free(at);
    free(order);
}

void call_tree_build(struct call_tree *tree, const struct profile *profile,
                     enum call_tree_grouping grouping)
{
    *tree = (struct call_tree){.profile = profile};
    string_table_init(&tree->names);
    new_node(tree, CALL_TREE_ROOT, PROFILE_NONE);
    tree->node_of_sample = memory_new(profile->sample_count + (size_t)1, sizeof(uint32_t));

    struct fold fold = {
        .tree = tree,
        .profile = profile,
        .grouping = grouping,
        .last_base = HASH_MAP_NONE,
    };
    fold.stacks = memory_new(profile->stack_count + 1, sizeof *fold.stacks);
    fold.met = memory_new(profile->stack_count + 1, sizeof *fold.met);
    tree_functions_init(&fold.functions, tree);
    fold_samples(&fold);
    sum_totals(tree);
    if (profile->compared)
        sum_older(tree);
    choose_lines(&fold);

    tree_functions_release(&fold.functions);
    hash_map_release(&fold.children);
    hash_map_release(&fold.base_of_key);
    free(fold.bases);
    free(fold.stacks);
    free(fold.met);
    free(fold.uses);
    tree_functions_sort(tree);
    call_tree_link(tree);
}

void call_tree_release(struct call_tree *tree)
{
    free(tree->nodes);
    free(tree->functions);
    free(tree->node_of_sample);
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
