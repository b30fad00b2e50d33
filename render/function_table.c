/* SPDX-License-Identifier: MIT */
/*
 * function_table.c - self and total weight of each function.
 */
#include "render/function_table.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"
#include "render/figures.h"

#include <stdlib.h>

/* The row of each function of the tree, PROFILE_NONE for what is no code. */
static uint32_t *assign_rows(struct function_table *table)
{
    const struct call_tree *tree = table->tree;
    struct hash_map row_of_identity = {0};
    uint32_t *rows = memory_new(tree->function_count + 1, sizeof *rows);
    for (uint32_t i = 0; i < tree->function_count; i++) {
        const struct call_tree_function *function = &tree->functions[i];
        rows[i] = PROFILE_NONE;
        if (function->kind >= CALL_TREE_GAP)
            continue;
        uint32_t *row =
            hash_map_at(&row_of_identity, (uint64_t)function->name << 32 | function->module);
        // Functions come sorted, the called one before the inlined one of the same identity.
        if (*row == HASH_MAP_NONE) {
            *row = table->count;
            struct function_row *new = array_push(&table->rows, &table->count, &table->capacity);
            new->function = i;
            new->inlined = function->inlined;
        }
        rows[i] = *row;
    }
    hash_map_release(&row_of_identity);
    return rows;
}

static void add_older(struct function_row *row, const struct call_tree_older *older, bool outermost)
{
    row->old_self += older->self;
    row->old_self_samples += older->self_samples;
    row->old_total += outermost ? older->total : 0;
    row->old_total_samples += outermost ? older->total_samples : 0;
}

/* Adds the nodes up in one walk; `open[row]` is the outermost node of the row that the walk is in,
 * so that a node inside it adds nothing to the total. */
static void add_nodes(struct function_table *table, const uint32_t *row_of_function)
{
    const struct call_tree *tree = table->tree;
    uint32_t *open = memory_new(table->count + 1, sizeof *open);
    uint32_t depth = 0, node = CALL_TREE_ROOT;
    uint32_t *path = NULL, path_count = 0, path_capacity = 0;
    while ((node = call_tree_next(tree, node, &depth)) != PROFILE_NONE) {
        for (; path_count >= depth; path_count--) {
            uint32_t left = path[path_count - 1];
            uint32_t row = row_of_function[tree->nodes[left].function];
            if (row != PROFILE_NONE && open[row] == left)
                open[row] = CALL_TREE_ROOT;
        }
        *array_push(&path, &path_count, &path_capacity) = node;

        uint32_t index = row_of_function[tree->nodes[node].function];
        if (index == PROFILE_NONE)
            continue;
        struct function_row *row = &table->rows[index];
        row->self += tree->nodes[node].self;
        row->self_samples += tree->nodes[node].self_samples;
        if (tree->older)
            add_older(row, &tree->older[node], open[index] == CALL_TREE_ROOT);
        if (open[index] == CALL_TREE_ROOT) {
            open[index] = node;
            row->total += tree->nodes[node].total;
            row->total_samples += tree->nodes[node].total_samples;
        }
    }
    free(path);
    free(open);
}

static int compare(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b); // descending
}

static int compare_by_self(const void *left, const void *right)
{
    const struct function_row *a = left, *b = right;
    int order = compare(a->self, b->self);
    if (!order)
        order = compare(a->total, b->total);
    return order ? order : compare(b->function, a->function);
}

static int compare_by_total(const void *left, const void *right)
{
    const struct function_row *a = left, *b = right;
    int order = compare(a->total, b->total);
    if (!order)
        order = compare(a->self, b->self);
    return order ? order : compare(b->function, a->function);
}

void function_table_build(struct function_table *table, const struct call_tree *tree,
                          enum report_sort sort)
{
    *table = (struct function_table){
        .tree = tree,
        .weight = tree->nodes[CALL_TREE_ROOT].total,
        .samples = tree->nodes[CALL_TREE_ROOT].total_samples,
    };
    uint32_t *row_of_function = assign_rows(table);
    add_nodes(table, row_of_function);
    free(row_of_function);
    if (table->count)
        qsort(table->rows, table->count, sizeof *table->rows,
              sort == REPORT_BY_TOTAL ? compare_by_total : compare_by_self);
}

uint32_t function_table_shown(const struct function_table *table,
                              const struct report_options *options)
{
    uint32_t limit =
        options->limit && options->limit < table->count ? options->limit : table->count;
    for (uint32_t i = 0; i < limit; i++) {
        const struct function_row *row = &table->rows[i];
        uint64_t weight = options->sort == REPORT_BY_TOTAL ? row->total : row->self;
        // who asks for the hottest does not ask for those that only call others
        if (figure_percent(weight, table->weight) < options->min_percent ||
            (weight == 0 && options->limit))
            return i;
    }
    return limit;
}

void function_table_release(struct function_table *table)
{
    free(table->rows);
    *table = (struct function_table){0};
}
