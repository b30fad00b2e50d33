/* SPDX-License-Identifier: MIT */
/*
 * report_json.c - the hot functions as JSON.
 */
#include "render/figures.h"
#include "render/function_table.h"
#include "render/json_text.h"
#include "render/views.h"

static json_t *seconds(uint64_t weight, uint64_t period_ns)
{
    return json_real((double)(weight * period_ns) / 1e9);
}

static json_t *row_of(const struct function_table *table, const struct function_row *row)
{
    const struct profile *profile = table->tree->profile;
    const struct call_tree_function *function = &table->tree->functions[row->function];
    json_t *object = json_text_function(table->tree, row->function);
    json_object_set_new(object, "file",
                        function->file ? json_text_of(profile, function->file) : json_null());
    json_object_set_new(object, "line",
                        function->line ? json_integer(function->line) : json_null());
    json_object_set_new(object, "inlined", json_boolean(row->inlined));
    json_object_set_new(object, "self_percent",
                        json_real(figure_percent(row->self, table->weight)));
    json_object_set_new(object, "self_s", seconds(row->self, profile->period_ns));
    json_object_set_new(object, "self_samples", json_integer((json_int_t)row->self_samples));
    json_object_set_new(object, "total_percent",
                        json_real(figure_percent(row->total, table->weight)));
    json_object_set_new(object, "total_s", seconds(row->total, profile->period_ns));
    json_object_set_new(object, "total_samples", json_integer((json_int_t)row->total_samples));
    return object;
}

void render_report_json(struct text *out, const struct profile *profile,
                        const struct report_options *options)
{
    struct call_tree tree;
    struct function_table table;
    call_tree_build(&tree, profile);
    function_table_build(&table, &tree, options->sort);
    uint32_t shown = function_table_shown(&table, options);

    json_t *document = json_object(), *functions = json_array();
    json_object_set_new(document, "command", json_text_of(profile, profile->command));
    json_object_set_new(document, "samples", json_integer((json_int_t)table.samples));
    json_object_set_new(document, "accounted_cpu_s", seconds(table.weight, profile->period_ns));
    json_object_set_new(document, "sort",
                        json_string(options->sort == REPORT_BY_TOTAL ? "total" : "self"));
    for (uint32_t i = 0; i < shown; i++)
        json_array_append_new(functions, row_of(&table, &table.rows[i]));
    json_object_set_new(document, "functions", functions);
    json_object_set_new(document, "functions_left_out", json_integer(table.count - shown));
    json_text_append(out, document);

    function_table_release(&table);
    call_tree_release(&tree);
}
