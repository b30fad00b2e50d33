/* SPDX-License-Identifier: MIT */
/*
 * diff.c - what uses more and what less CPU time than in an older profile, as a table or as JSON.
 */
#include "render/figures.h"
#include "render/function_table.h"
#include "render/json_text.h"
#include "render/names.h"
#include "render/views.h"

#include "profiler/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHANCE 2 /* standard errors within which a change may be chance */

struct diff_row {
    const struct function_row *row;
    struct figure_change self, total;
};

struct diff {
    const struct profile *profile;
    struct call_tree tree;
    struct function_table table;
    struct diff_row *rows; /* the largest change first */
    uint32_t count;
};

static bool is_certain(const struct figure_change *change)
{
    return fabs(change->after - change->before) > CHANCE * change->error;
}

static double size_of(const struct figure_change *change)
{
    return fabs(change->after - change->before);
}

static int compare_rows(const void *left, const void *right)
{
    const struct diff_row *a = left, *b = right;
    if (is_certain(&a->self) != is_certain(&b->self))
        return is_certain(&a->self) ? -1 : 1;
    double difference = size_of(&b->self) - size_of(&a->self);
    if (difference != 0)
        return difference > 0 ? 1 : -1;
    return (a->row->function > b->row->function) - (a->row->function < b->row->function);
}

static void diff_build(struct diff *diff, const struct profile *profile)
{
    *diff = (struct diff){.profile = profile};
    call_tree_build(&diff->tree, profile);
    function_table_build(&diff->table, &diff->tree, REPORT_BY_SELF);
    const struct call_tree_older *older = &diff->tree.older[CALL_TREE_ROOT];
    struct figure_part all = {diff->table.weight, diff->table.samples};
    struct figure_part all_before = {older->total, older->total_samples};
    diff->rows = memory_new(diff->table.count + (size_t)1, sizeof *diff->rows);
    for (; diff->count < diff->table.count; diff->count++) {
        const struct function_row *row = &diff->table.rows[diff->count];
        diff->rows[diff->count] = (struct diff_row){
            row,
            figure_change((struct figure_part){row->self, row->self_samples}, all,
                          (struct figure_part){row->old_self, row->old_self_samples}, all_before),
            figure_change((struct figure_part){row->total, row->total_samples}, all,
                          (struct figure_part){row->old_total, row->old_total_samples}, all_before),
        };
    }
    if (diff->count)
        qsort(diff->rows, diff->count, sizeof *diff->rows, compare_rows);
}

static void diff_release(struct diff *diff)
{
    free(diff->rows);
    function_table_release(&diff->table);
    call_tree_release(&diff->tree);
}

/* How many of the first rows the options let through. */
static uint32_t shown_of(const struct diff *diff, const struct report_options *options)
{
    uint32_t limit = options->limit && options->limit < diff->count ? options->limit : diff->count;
    for (uint32_t i = 0; i < limit; i++) {
        bool nothing = size_of(&diff->rows[i].self) == 0 && options->limit;
        if (nothing || 100 * size_of(&diff->rows[i].self) < options->min_percent)
            return i;
    }
    return limit;
}

static void append_row(struct text *out, const struct diff *diff, const struct diff_row *row,
                       const struct report_options *options)
{
    double change = 100 * (row->self.after - row->self.before);
    const char *color = !options->color           ? ""
                        : !is_certain(&row->self) ? "\x1b[2m"
                        : change > 0              ? "\x1b[33m"
                                                  : "\x1b[34m";
    text_printf(out, "%s%+9.2f pp%s  %7.2f %%  %7.2f %%  %7.2f %%  %7.2f %%  ", color, change,
                is_certain(&row->self) ? " " : "~", 100 * row->self.before, 100 * row->self.after,
                100 * row->total.before, 100 * row->total.after);
    uint32_t size;
    const char *name =
        call_tree_name(&diff->tree, &diff->tree.functions[row->row->function], &size);
    struct text visible = TEXT_INIT;
    name_append_visible(&visible, name, size);
    size_t room = options->width > 80 ? options->width - 60 : options->width ? 20 : SIZE_MAX;
    name_append_cut_middle(out, visible.data, visible.length, room);
    text_append_string(out, row->row->old_total == 0 && row->row->total ? " (new)"
                            : row->row->total == 0                      ? " (gone)"
                                                                        : "");
    text_append_string(out, options->color ? "\x1b[0m\n" : "\n");
    text_release(&visible);
}

void render_diff(struct text *out, const struct profile *profile,
                 const struct report_options *options)
{
    struct diff diff;
    diff_build(&diff, profile);
    uint32_t shown = shown_of(&diff, options);
    const struct call_tree_older *older = &diff.tree.older[CALL_TREE_ROOT];
    text_append_string(out, "old: ");
    figure_append_counted(out, older->total_samples, "sample");
    text_append_string(out, "; new: ");
    figure_append_counted(out, diff.table.samples, "sample");
    text_append_string(out, "\nchanges of the share of all; ~: within two standard errors, may be "
                            "chance\n\n");
    text_printf(out, "%12s   %9s  %9s  %9s  %9s  %s\n", "self change", "old self", "new self",
                "old total", "new total", "function");
    for (uint32_t i = 0; i < shown; i++)
        append_row(out, &diff, &diff.rows[i], options);
    if (shown < diff.count) {
        text_append_char(out, '\n');
        figure_append_counted(out, diff.count - shown, "more function");
        text_append_string(out, diff.count - shown == 1 ? " is not shown.\n" : " are not shown.\n");
    }
    diff_release(&diff);
}

static json_t *json_of_change(const struct figure_change *change)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:b}", "old_percent", 100 * change->before,
                     "new_percent", 100 * change->after, "change_percent",
                     100 * (change->after - change->before), "error_percent", 100 * change->error,
                     "beyond_chance", is_certain(change));
}

void render_diff_json(struct text *out, const struct profile *profile,
                      const struct report_options *options)
{
    struct diff diff;
    diff_build(&diff, profile);
    uint32_t shown = shown_of(&diff, options);
    const struct call_tree_older *older = &diff.tree.older[CALL_TREE_ROOT];
    json_t *document = json_object(), *functions = json_array();
    json_object_set_new(document, "old_samples", json_integer((json_int_t)older->total_samples));
    json_object_set_new(document, "new_samples", json_integer((json_int_t)diff.table.samples));
    for (uint32_t i = 0; i < shown; i++) {
        const struct diff_row *row = &diff.rows[i];
        json_t *object = json_text_function(&diff.tree, row->row->function);
        json_object_set_new(object, "self", json_of_change(&row->self));
        json_object_set_new(object, "total", json_of_change(&row->total));
        json_array_append_new(functions, object);
    }
    json_object_set_new(document, "functions", functions);
    json_object_set_new(document, "functions_left_out", json_integer(diff.count - shown));
    json_text_append(out, document);
    diff_release(&diff);
}
