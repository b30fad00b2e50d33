/* SPDX-License-Identifier: MIT */
/*
 * flamegraph.c - a profile as one self-contained interactive SVG.
 *
 * The order of the parts matters: the picture comes first and is painted while the browser still
 * reads the data; the script comes last and takes over.
 */
#include "render/views.h"

#include "render/assets.h"
#include "render/figures.h"
#include "render/function_table.h"
#include "render/names.h"
#include "render/palette.h"
#include "render/svg_data.h"
#include "render/svg_static.h"

#include <inttypes.h>
#include <string.h>

#define WIDTH        1200
#define MARGIN       10
#define HEADER       64 /* title, figures, hint */
#define FOOTER       40 /* legend */
#define TITLE_CELLS  118
#define FIGURE_CELLS 160
#define HOTTEST      5 /* functions named in the description */

struct document {
    struct text *out;
    const struct profile *profile;
    struct call_tree tree;
    struct svg_frames frames;
    struct text title, subtitle; /* visible text */
    struct text data;            /* compressed */
    char id[12];                 /* "pf-" and six digits of the content's hash */
};

static void append_figures(struct text *out, const struct profile *profile)
{
    struct profile_totals totals;
    profile_totals(profile, &totals);
    figure_append_counted(out, totals.samples, "sample");
    text_append_string(out, " · ");
    figure_append_duration(out, totals.accounted_ns);
    text_append_string(out, " CPU sampled");
    if (totals.duration_ns) {
        text_append_string(out, " in ");
        figure_append_duration(out, totals.duration_ns);
    }
    if (profile->thread_count > 1) {
        text_append_string(out, " · ");
        figure_append_counted(out, profile->thread_count, "thread");
    }
    if (totals.cpu_ns) {
        text_append_string(out, " · ");
        figure_append_share(out, totals.accounted_ns, totals.cpu_ns);
        text_append_string(out, " of CPU time accounted for");
    }
    text_append_string(out, " · ");
    figure_append_share(out, totals.complete, totals.samples);
    text_append_string(out, " complete stacks");
    if (totals.lost_samples) {
        text_append_string(out, " · ");
        figure_append_count(out, totals.lost_samples);
        text_append_string(out, " lost");
    }
}

static void set_title(struct document *document, const struct flamegraph_options *options)
{
    const struct profile *profile = document->profile;
    if (options && options->title)
        name_append_visible_cut(&document->title, options->title, strlen(options->title), 4096);
    else
        name_append_visible_cut(&document->title,
                                string_table_get(&profile->strings, profile->command),
                                string_table_size(&profile->strings, profile->command), 4096);
    if (!document->title.length)
        text_append_string(&document->title, "CPU profile");
    if (options && options->subtitle)
        name_append_visible_cut(&document->subtitle, options->subtitle, strlen(options->subtitle),
                                4096);
    else
        append_figures(&document->subtitle, profile);
    text_append(&document->subtitle, "", 0); // so that an empty one is a string, too
}

/* Distinguishes documents that share a page; the same content has the same id. */
static void set_id(struct document *document)
{
    uint32_t hash = palette_hash(document->data.data, document->data.length) ^
                    palette_hash(document->title.data, document->title.length) * 31 ^
                    palette_hash(document->subtitle.data, document->subtitle.length) * 17;
    static const char digits[] = "0123456789abcdef";
    memcpy(document->id, "pf-", 3);
    for (int i = 0; i < 6; i++)
        document->id[3 + i] = digits[hash >> (4 * i + 4) & 15];
}

static void append_escaped(struct text *out, const struct text *visible)
{
    xml_append(out, visible->data, visible->length);
}

static void append_head(struct document *document)
{
    struct text *out = document->out;
    unsigned height = HEADER + document->frames.rows * SVG_ROW_HEIGHT + FOOTER;
    text_printf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"%s\" width=\"%d\" height=\"%u\" "
                "viewBox=\"0 0 %d %u\" role=\"img\" aria-labelledby=\"%s-title %s-desc\">\n",
                document->id, WIDTH, height, WIDTH, height, document->id, document->id);
    text_printf(out, "<title id=\"%s-title\">", document->id);
    append_escaped(out, &document->title);
    text_append_string(out, "</title>\n");
}

/* The picture in words: the figures and the functions that used the most CPU time themselves. */
static void append_description(struct document *document)
{
    struct text *out = document->out;
    text_printf(out, "<desc id=\"%s-desc\">CPU flamegraph. ", document->id);
    append_escaped(out, &document->subtitle);
    struct function_table table;
    function_table_build(&table, &document->tree, REPORT_BY_SELF);
    for (uint32_t i = 0; i < table.count && i < HOTTEST && table.rows[i].self; i++) {
        uint32_t size;
        const char *name = call_tree_name(&document->tree,
                                          &document->tree.functions[table.rows[i].function], &size);
        struct text visible = TEXT_INIT;
        name_append_visible_cut(&visible, name, size, 256);
        text_append_string(out, i ? "; " : ". Hottest functions: ");
        append_escaped(out, &visible);
        text_append_char(out, ' ');
        figure_append_share(out, table.rows[i].self, table.weight);
        text_release(&visible);
    }
    function_table_release(&table);
    text_append_string(out, "</desc>\n");
}

static void append_style(struct document *document)
{
    struct text *out = document->out;
    char scope[16] = "#";
    strcat(scope, document->id);
    text_append_string(out, "<style>");
    for (const char *at = asset_flamegraph_css, *mark; *at; at = mark + strlen(".prof")) {
        mark = strstr(at, ".prof");
        if (!mark) {
            text_append_string(out, at);
            break;
        }
        text_append(out, at, (size_t)(mark - at));
        text_append_string(out, scope);
    }
    palette_append_css(out, scope);
    text_append_string(out, "</style>\n");
}

static void append_line(struct text *out, const char *class, int y, const struct text *visible,
                        size_t cells)
{
    struct text cut = TEXT_INIT;
    name_append_cut_middle(&cut, visible->data, visible->length, cells);
    text_printf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, MARGIN, y);
    if (cut.length)
        append_escaped(out, &cut);
    text_append_string(out, "</text>\n");
    text_release(&cut);
}

static void append_legend(struct document *document)
{
    struct text *out = document->out;
    unsigned y = HEADER + document->frames.rows * SVG_ROW_HEIGHT + 22, x = MARGIN;
    text_append_string(out, "<g class=\"legend\">");
    for (int kind = 0; kind < CALL_TREE_KIND_COUNT; kind++) {
        if (!document->frames.kinds[kind])
            continue;
        const char *label = palette_label((enum call_tree_kind)kind);
        text_printf(out,
                    "<rect class=\"%c2\" x=\"%u\" y=\"%u\" width=\"12\" height=\"12\"/>"
                    "<text x=\"%u\" y=\"%u\">%s</text>",
                    palette_letter((enum call_tree_kind)kind), x, y - 10, x + 17, y, label);
        x += 17 + 7 * (unsigned)strlen(label) + 20;
    }
    if (document->frames.inlined)
        text_printf(
            out, "<path class=\"inlined\" d=\"M%u %uv12\"/><text x=\"%u\" y=\"%u\">inlined</text>",
            x + 2, y - 10, x + 10, y);
    text_append_string(out, "</g>\n");
}

static void append_picture(struct document *document)
{
    struct text *out = document->out;
    text_printf(out, "<g class=\"static\">\n<rect class=\"paper\" width=\"%d\" height=\"%u\"/>\n",
                WIDTH, HEADER + document->frames.rows * SVG_ROW_HEIGHT + FOOTER);
    append_line(out, "title", 24, &document->title, TITLE_CELLS);
    append_line(out, "figures", 43, &document->subtitle, FIGURE_CELLS);
    text_printf(out,
                "<text class=\"hint\" x=\"%d\" y=\"24\" text-anchor=\"end\">open in a browser for "
                "zoom and search</text>\n",
                WIDTH - MARGIN);
    text_printf(out, "<g class=\"frames\" transform=\"translate(%d %d)\">\n", MARGIN, HEADER);
    text_append(out, document->frames.body.data, document->frames.body.length);
    text_append_string(out, "</g>\n");
    append_legend(document);
    text_append_string(out, "</g>\n");
}

static void encode(struct document *document)
{
    struct text data = TEXT_INIT;
    svg_data_append(&data, &document->tree);
    svg_data_compress(&document->data, &data);
    text_release(&data);
}

void render_flamegraph(struct text *out, const struct profile *profile,
                       const struct flamegraph_options *options)
{
    struct document document = {.out = out, .profile = profile};
    call_tree_build(&document.tree, profile, CALL_TREE_MERGED);
    svg_frames_build(&document.frames, &document.tree, WIDTH - 2 * MARGIN);
    encode(&document);
    set_title(&document, options);
    set_id(&document);

    append_head(&document);
    append_description(&document);
    append_style(&document);
    append_picture(&document);
    svg_data_append_elements(out, &document.data);
    text_append_string(out, "<script><![CDATA[");
    text_append_string(out, asset_flamegraph_js);
    text_append_string(out, "]]></script>\n</svg>\n");

    text_release(&document.title);
    text_release(&document.subtitle);
    text_release(&document.data);
    svg_frames_release(&document.frames);
    call_tree_release(&document.tree);
}
