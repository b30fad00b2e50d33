/* SPDX-License-Identifier: MIT */
/*
 * report_text.c - the hot functions as a table for a terminal.
 */
#include "render/amounts.h"
#include "render/figures.h"
#include "render/function_table.h"
#include "render/names.h"
#include "render/views.h"

#include "profiler/base/memory.h"
#include "profiler/base/path.h"

#include <stdlib.h>
#include <string.h>

#define HOT_PERCENT    5.0 /* of self time: shown in red */
#define NUMBER_COLUMNS 50  /* before the function's name */
#define NAME_CELLS_MIN 20  /* what is left of a name on the narrowest terminal */
#define NAME_CELLS_PAD 60  /* longer names stand out of the column where nothing is cut */
#define MODULE_CELLS   24  /* of a module's name at most, when the width is limited */

static const char bold[] = "\x1b[1m", hot[] = "\x1b[1;31m", faint[] = "\x1b[2m",
                  plain[] = "\x1b[0m";

struct report_row {
    struct text name, module, location; /* visible text */
};

struct report {
    const struct profile *profile;
    const struct report_options *options;
    struct function_table table;
    struct report_row *rows;
    uint32_t count;
    size_t name_cells, module_cells;
};

static void describe(struct report_row *row, const struct function_table *table,
                     const struct function_row *figures)
{
    const struct call_tree *tree = table->tree;
    const struct profile *profile = tree->profile;
    const struct call_tree_function *function = &tree->functions[figures->function];
    uint32_t size;
    const char *name = call_tree_name(tree, function, &size);
    name_append_visible(&row->name, name, size);
    if (figures->inlined)
        text_append_string(&row->name, " (inlined)");
    if (function->module < profile->module_count) {
        const char *module =
            path_base_name(profile_string(profile, profile->modules[function->module].path));
        name_append_visible(&row->module, module, strlen(module));
    }
    if (function->file) {
        const char *file = path_base_name(profile_string(profile, function->file));
        name_append_visible(&row->location, file, strlen(file));
        if (function->line)
            text_printf(&row->location, ":%u", function->line);
    }
}

/* Shares the columns of the terminal between names and modules. */
static void choose_columns(struct report *report)
{
    size_t locations = 0;
    report->name_cells = strlen("function");
    report->module_cells = strlen("module");
    for (uint32_t i = 0; i < report->count; i++) {
        const struct report_row *row = &report->rows[i];
        size_t name = name_cells(row->name.data, row->name.length);
        size_t module = name_cells(row->module.data, row->module.length);
        size_t location = name_cells(row->location.data, row->location.length);
        report->name_cells = name > report->name_cells ? name : report->name_cells;
        report->module_cells = module > report->module_cells ? module : report->module_cells;
        locations = location > locations ? location : locations;
    }
    unsigned width = report->options->width;
    if (!width && report->name_cells > NAME_CELLS_PAD)
        report->name_cells = NAME_CELLS_PAD;
    if (!width)
        return;
    if (report->module_cells > MODULE_CELLS)
        report->module_cells = MODULE_CELLS;
    size_t others = NUMBER_COLUMNS + 2 + report->module_cells + (locations ? 2 + locations : 0);
    size_t room = width > others ? width - others : 0;
    if (room < NAME_CELLS_MIN)
        room = NAME_CELLS_MIN;
    if (report->name_cells > room)
        report->name_cells = room;
}

static void append_cell(struct text *out, const struct text *visible, size_t cells, bool cut)
{
    size_t start = out->length;
    if (visible->length)
        name_append_cut_middle(out, visible->data, visible->length, cut ? cells : SIZE_MAX);
    text_append(out, "", 0);
    for (size_t used = name_cells(out->data + start, out->length - start); used < cells; used++)
        text_append_char(out, ' ');
}

/* The text right-aligned in so many columns. */
static void append_right(struct text *out, struct text *figure, size_t cells)
{
    for (size_t used = name_cells(figure->data, figure->length); used < cells; used++)
        text_append_char(out, ' ');
    text_append(out, figure->data, figure->length);
    figure->length = 0;
}

static void append_numbers(struct text *out, const struct report *report,
                           const struct function_row *row)
{
    const struct profile *profile = report->profile;
    uint64_t whole = report->table.weight;
    struct text figure = TEXT_INIT;
    bool color = report->options->color && figure_percent(row->self, whole) >= HOT_PERCENT;
    if (color)
        text_append_string(out, hot);
    figure_append_share(&figure, row->self, whole);
    append_right(out, &figure, 7);
    if (color)
        text_append_string(out, plain);
    amount_append_column(&figure, profile, row->self);
    append_right(out, &figure, 11);
    figure_append_share(&figure, row->total, whole);
    append_right(out, &figure, 9);
    amount_append_column(&figure, profile, row->total);
    append_right(out, &figure, 11);
    figure_append_count(&figure, report->options->sort == REPORT_BY_TOTAL ? row->total_samples
                                                                          : row->self_samples);
    append_right(out, &figure, 10);
    text_append_string(out, "  ");
    text_release(&figure);
}

static void trim_spaces(struct text *out)
{
    while (out->length && out->data[out->length - 1] == ' ')
        out->data[--out->length] = '\0';
}

static void append_row(struct text *out, const struct report *report, uint32_t index)
{
    const struct report_row *row = &report->rows[index];
    const struct function_row *figures = &report->table.rows[index];
    bool color = report->options->color;
    append_numbers(out, report, figures);
    bool is_hot = figure_percent(figures->self, report->table.weight) >= HOT_PERCENT;
    if (color && is_hot)
        text_append_string(out, bold);
    append_cell(out, &row->name, report->name_cells, report->options->width);
    if (color)
        text_append_string(out, is_hot ? "\x1b[0m\x1b[2m" : faint);
    text_append_string(out, "  ");
    append_cell(out, &row->module, report->module_cells, report->options->width);
    text_append_string(out, "  ");
    if (row->location.length)
        text_append(out, row->location.data, row->location.length);
    trim_spaces(out);
    if (color)
        text_append_string(out, plain);
    text_append_char(out, '\n');
}

static void append_heading(struct text *out, const struct report *report)
{
    const char *color = report->options->color ? bold : "", *end = *color ? plain : "";
    const struct profile *profile = report->profile;
    if (profile->period_ns || report->table.samples != report->table.weight) {
        figure_append_counted(out, report->table.samples, "sample");
        text_append_string(out, ", ");
    }
    amount_append(out, profile, report->table.weight);
    text_append_string(out, profile->period_ns ? " CPU time" : "");
    text_append_string(out, profile->command ? ": " : "");
    struct text command = TEXT_INIT;
    name_append_visible(&command, string_table_get(&profile->strings, profile->command),
                        string_table_size(&profile->strings, profile->command));
    unsigned width = report->options->width;
    name_append_cut_middle(out, command.data, command.length,
                           width > 60 ? width - 40
                           : width    ? 20
                                      : SIZE_MAX);
    text_release(&command);
    text_printf(out, "\n\n%s%7s%11s%9s%11s%10s  %-*s  %s%s\n", color, "self %", "self", "total %",
                "total", "samples", (int)report->name_cells, "function", "module", end);
}

static void append_footing(struct text *out, const struct report *report)
{
    uint32_t left_out = report->table.count - report->count;
    if (!left_out)
        return;
    uint64_t weight = 0;
    for (uint32_t i = report->count; i < report->table.count; i++)
        weight += report->table.rows[i].self;
    text_append_char(out, '\n');
    figure_append_counted(out, left_out, report->count ? "more function" : "function");
    text_append_string(out, left_out == 1 ? " is not shown, with " : " are not shown, with ");
    figure_append_share(out, weight, report->table.weight);
    text_append_string(out, " self time.\n");
}

void render_report(struct text *out, const struct profile *profile,
                   const struct report_options *options)
{
    struct call_tree tree;
    struct report report = {.profile = profile, .options = options};
    call_tree_build(&tree, profile);
    function_table_build(&report.table, &tree, options->sort);
    report.count = function_table_shown(&report.table, options);
    report.rows = memory_new(report.count + (size_t)1, sizeof *report.rows);
    for (uint32_t i = 0; i < report.count; i++)
        describe(&report.rows[i], &report.table, &report.table.rows[i]);
    choose_columns(&report);

    append_heading(out, &report);
    for (uint32_t i = 0; i < report.count; i++)
        append_row(out, &report, i);
    append_footing(out, &report);

    for (uint32_t i = 0; i < report.count; i++) {
        text_release(&report.rows[i].name);
        text_release(&report.rows[i].module);
        text_release(&report.rows[i].location);
    }
    free(report.rows);
    function_table_release(&report.table);
    call_tree_release(&tree);
}
