/* SPDX-License-Identifier: MIT */
/*
 * function_table.h - self and total weight of each function, over the whole profile.
 *
 * A function's total counts each sample once, also where the function calls itself. Code is added
 * up per name and module, whether it was inlined or called; gaps and groups have no row, but their
 * weight is part of the whole.
 *
 * Memory: the table owns its rows until function_table_release; the tree must outlive it.
 */
#ifndef PROF_RENDER_FUNCTION_TABLE_H
#define PROF_RENDER_FUNCTION_TABLE_H

#include "render/call_tree.h"
#include "render/views.h"

struct function_row {
    uint32_t function; /* of the tree; where inlined and called code differ, the called one */
    bool inlined;      /* there is no other than inlined code of it */
    uint64_t self, total;
    uint64_t self_samples, total_samples;
    uint64_t old_self, old_total, old_self_samples, old_total_samples; /* where one compares */
};

struct function_table {
    const struct call_tree *tree;
    struct function_row *rows;
    uint32_t count, capacity;
    uint64_t weight, samples; /* of the whole profile */
};

/* Rows come hottest first; equal ones in order of name. */
void function_table_build(struct function_table *table, const struct call_tree *tree,
                          enum report_sort sort);

/* How many of the first rows the options let through; the rest is left out. */
uint32_t function_table_shown(const struct function_table *table,
                              const struct report_options *options);

void function_table_release(struct function_table *table);

#endif
