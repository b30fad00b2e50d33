/* SPDX-License-Identifier: MIT */
/*
 * html.c - the picture, the hot functions and the facts of the run as one self-contained page.
 */
#include "render/amounts.h"
#include "render/figures.h"
#include "render/function_table.h"
#include "render/names.h"
#include "render/views.h"

#include <string.h>

#define ROWS 40

static const char style[] =
    "body{margin:0 auto;max-width:1600px;padding:8px;font:14px ui-sans-serif,system-ui,\"Segoe "
    "UI\","
    "Roboto,\"Liberation Sans\",Arial,sans-serif;background:#fff;color:#1d1f23}"
    "svg{display:block;max-width:100%}h2{font-size:16px;margin:24px 10px 8px}"
    "pre{margin:0 10px;overflow-x:auto;font:12px ui-monospace,Menlo,\"DejaVu Sans Mono\",monospace}"
    ".hot{margin:0 10px;border-collapse:collapse;font-variant-numeric:tabular-nums}"
    ".hot td,.hot th{padding:2px 10px 2px 0;text-align:right;white-space:nowrap;"
    "vertical-align:top}"
    ".hot td:nth-child(n+5),.hot th:nth-child(n+5){text-align:left;white-space:normal;"
    "overflow-wrap:anywhere;min-width:80px}"
    "@media (max-width:600px){.hot td:nth-child(2),.hot th:nth-child(2),.hot td:nth-child(4),"
    ".hot th:nth-child(4){display:none}}"
    /* The theme that was chosen in the picture is the page's, too. */
    "@media screen{body:has(>[data-theme=dark]){background:#1b1b1b;color:#e6e7e9}}"
    "@media screen and (prefers-color-scheme:dark){"
    "body:not(:has(>[data-theme=light])){background:#1b1b1b;color:#e6e7e9}}";

static void append_visible(struct text *out, const char *bytes, size_t size)
{
    struct text visible = TEXT_INIT;
    name_append_visible_cut(&visible, bytes, size, NAME_SIZE_MAX);
    xml_append(out, visible.data, visible.length);
    text_release(&visible);
}

static void append_row(struct text *out, const struct function_table *table,
                       const struct function_row *row)
{
    const struct profile *profile = table->tree->profile;
    const struct call_tree_function *function = &table->tree->functions[row->function];
    uint32_t size;
    const char *name = call_tree_name(table->tree, function, &size);
    text_append_string(out, "<tr><td>");
    figure_append_share(out, row->self, table->weight);
    text_append_string(out, "</td><td>");
    amount_append_column(out, profile, row->self);
    text_append_string(out, "</td><td>");
    figure_append_share(out, row->total, table->weight);
    text_append_string(out, "</td><td>");
    amount_append_column(out, profile, row->total);
    text_append_string(out, "</td><td>");
    append_visible(out, name, size);
    text_append_string(out, "</td><td>");
    if (function->module < profile->module_count) {
        const char *path = profile_string(profile, profile->modules[function->module].path);
        append_visible(out, path, strlen(path));
    }
    text_append_string(out, "</td></tr>\n");
}

static void append_functions(struct text *out, const struct profile *profile, bool has_table)
{
    struct call_tree tree;
    struct function_table table;
    struct report_options report = {.limit = ROWS};
    call_tree_build(&tree, profile);
    function_table_build(&table, &tree, REPORT_BY_SELF);
    uint32_t shown = function_table_shown(&table, &report);
    text_append_string(out, "<h2>Functions by self time</h2>\n<table class=\"hot\"><thead><tr>"
                            "<th>self %</th><th>self</th><th>total %</th><th>total</th>"
                            "<th>function</th><th>module</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < shown; i++)
        append_row(out, &table, &table.rows[i]);
    text_append_string(out, "</tbody></table>\n");
    if (shown < table.count) {
        text_append_string(out, "<pre>");
        figure_append_counted(out, table.count - shown, "more function");
        text_append_string(out, has_table ? "; the table of the picture (t) has all</pre>\n"
                                          : "</pre>\n");
    }
    function_table_release(&table);
    call_tree_release(&tree);
}

static void append_facts(struct text *out, const struct profile *profile)
{
    struct text info = TEXT_INIT;
    render_info(&info, profile);
    text_append_string(out, "<h2>The run</h2>\n<pre>");
    if (info.length)
        xml_append(out, info.data, info.length);
    text_append_string(out, "</pre>\n");
    text_release(&info);
}

void render_html(struct text *out, const struct profile *profile,
                 const struct flamegraph_options *options)
{
    const char *title =
        options && options->title ? options->title : profile_string(profile, profile->command);
    text_append_string(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                            "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    append_visible(out, *title ? title : "CPU profile", strlen(*title ? title : "CPU profile"));
    text_append_string(out, "</title><style>");
    text_append_string(out, style);
    text_append_string(out, "</style></head><body class=\"prof-page\">\n");
    render_flamegraph(out, profile, options);
    append_functions(out, profile, !options || (!options->no_script && !options->no_data));
    append_facts(out, profile);
    text_append_string(out, "</body></html>\n");
}
