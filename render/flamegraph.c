/* SPDX-License-Identifier: MIT */
/*
 * flamegraph.c - a profile as one self-contained interactive SVG.
 *
 * The order of the parts matters: the picture comes first and is painted while the browser still
 * reads the data; the script comes last and takes over.
 */
#include "render/views.h"

#include "render/amounts.h"
#include "render/assets.h"
#include "render/box_classes.h"
#include "render/figures.h"
#include "render/names.h"
#include "render/palette.h"
#include "render/svg_data.h"
#include "render/svg_pack.h"
#include "render/svg_static.h"

#include "profiler/base/memory.h"
#include "profiler/base/path.h"
#include "profiler/base/zlib_stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH          1200
#define MARGIN         10
#define HEADER         64  /* title, figures, hint */
#define FOOTER         40  /* legend */
#define TITLE_CELL     9.5 /* pixels of a letter in the title, on average */
#define FIGURE_CELL    7.2
#define HINT_WIDTH     230 /* the hint is beside the title, where there is room */
#define HINT_MIN       700
#define LEGEND_MODULES 8
#define HOTTEST        5 /* functions named in the description */

struct document {
    struct text *out;
    const struct profile *profile;
    const struct flamegraph_options *options;
    struct call_tree tree;
    enum palette_mode colors;
    unsigned shades; /* of names, see palette_find */
    struct box_classes classes;
    struct svg_frames frames;
    unsigned width;
    struct text title, subtitle; /* visible text */
    struct text data;            /* compressed */
    char id[12];                 /* "pf-" and six digits of the content's hash */
};

static void append_figures(struct text *out, const struct profile *profile)
{
    struct profile_totals totals;
    profile_totals(profile, &totals);
    if (profile->period_ns || totals.samples != totals.weight) {
        figure_append_counted(out, totals.samples, "sample");
        text_append_string(out, " · ");
    }
    amount_append(out, profile, totals.weight);
    if (profile->period_ns)
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

/* The figures of two runs would be too many. */
static void append_compared(struct text *out, const struct document *document)
{
    const struct call_tree_node *root = &document->tree.nodes[CALL_TREE_ROOT];
    const struct call_tree_older *older = &document->tree.older[CALL_TREE_ROOT];
    text_append_string(out, "new: ");
    figure_append_counted(out, root->total_samples, "sample");
    text_append_string(out, "; old: ");
    figure_append_counted(out, older->total_samples, "sample");
    text_append_string(out, "; ");
    figure_append_share(out, older->gone, older->total);
    text_append_string(out, " of the old one is gone");
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
    else if (profile->compared)
        append_compared(&document->subtitle, document);
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

static void append_visible(struct text *out, const char *bytes)
{
    struct text visible = TEXT_INIT;
    name_append_visible_cut(&visible, bytes, strlen(bytes), NAME_SIZE_MAX);
    append_escaped(out, &visible);
    text_release(&visible);
}

static void append_head(struct document *document)
{
    struct text *out = document->out;
    unsigned height = HEADER + document->frames.rows * SVG_ROW_HEIGHT + FOOTER;
    text_printf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"%s\" width=\"%u\" height=\"%u\" "
                "viewBox=\"0 0 %u %u\" role=\"img\" aria-labelledby=\"%s-title %s-desc\" "
                "data-colors=\"%s\"",
                document->id, document->width, height, document->width, height, document->id,
                document->id, palette_mode_name(document->colors));
    if (document->options->inverted)
        text_append_string(out, " data-flags=\"i\"");
    if (document->options->min_width > SVG_BOX_MIN)
        text_printf(out, " data-min=\"%g\"", document->options->min_width);
    if (document->options->source_link) {
        text_append_string(out, " data-source-link=\"");
        append_visible(out, document->options->source_link);
        text_append_char(out, '"');
    }
    text_append_string(out, ">\n");
    text_printf(out, "<title id=\"%s-title\">", document->id);
    append_escaped(out, &document->title);
    text_append_string(out, "</title>\n");
}

/* Whether code of the two is one function, called or inlined. They are neighbours then. */
static bool is_same_code(const struct call_tree_function *a, const struct call_tree_function *b)
{
    return a->name == b->name && a->module == b->module;
}

/* The functions with the most self weight, at most HOTTEST, the first of equal ones first. */
static uint32_t find_hottest(const struct call_tree *tree, uint32_t *hottest, uint64_t *weights)
{
    uint64_t *self = memory_new(tree->function_count + (size_t)1, sizeof *self);
    for (uint32_t i = CALL_TREE_ROOT + 1; i < tree->node_count; i++)
        self[tree->nodes[i].function] += tree->nodes[i].self;
    uint32_t count = 0;
    for (uint32_t i = 0; i < tree->function_count; i++) {
        const struct call_tree_function *function = &tree->functions[i];
        if (i + 1 < tree->function_count && is_same_code(function, function + 1)) {
            self[i + 1] += self[i];
            continue;
        }
        if (palette_is_fixed(function->kind) || !self[i])
            continue;
        uint32_t place = count < HOTTEST ? count++ : HOTTEST;
        for (; place > 0 && weights[place - 1] < self[i]; place--) {
            if (place < HOTTEST) {
                hottest[place] = hottest[place - 1];
                weights[place] = weights[place - 1];
            }
        }
        if (place < HOTTEST) {
            hottest[place] = i;
            weights[place] = self[i];
        }
    }
    free(self);
    return count;
}

/* The picture in words: the figures and the functions that used the most CPU time themselves. */
static void append_description(struct document *document)
{
    struct text *out = document->out;
    text_printf(out, "<desc id=\"%s-desc\">CPU flamegraph. ", document->id);
    append_escaped(out, &document->subtitle);
    uint32_t hottest[HOTTEST];
    uint64_t weights[HOTTEST];
    uint32_t count = find_hottest(&document->tree, hottest, weights);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size;
        const char *name =
            call_tree_name(&document->tree, &document->tree.functions[hottest[i]], &size);
        struct text visible = TEXT_INIT;
        name_append_visible_cut(&visible, name, size, 256);
        text_append_string(out, i ? "; " : ". Hottest functions: ");
        append_escaped(out, &visible);
        text_append_char(out, ' ');
        figure_append_share(out, weights[i], document->tree.nodes[CALL_TREE_ROOT].total);
        text_release(&visible);
    }
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
    palette_append_css(out, scope, document->shades);
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

struct static_legend {
    struct text *out;
    unsigned x, y;
};

static void append_swatch(void *context, unsigned class, const char *label)
{
    struct static_legend *legend = context;
    char name[PALETTE_CLASS_SIZE];
    palette_class_name(name, class);
    text_printf(legend->out,
                "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"12\" height=\"12\"/>"
                "<text x=\"%u\" y=\"%u\">%s</text>",
                name, legend->x, legend->y - 10, legend->x + 17, legend->y, label);
    legend->x += 17 + 7 * (unsigned)strlen(label) + 20;
}

static void append_legend(struct document *document)
{
    struct text *out = document->out;
    struct static_legend legend = {out, MARGIN,
                                   HEADER + document->frames.rows * SVG_ROW_HEIGHT + 22};
    text_append_string(out, "<g class=\"legend\">");
    palette_legend(document->colors, document->frames.kinds, append_swatch, &legend);
    if (document->frames.inlined)
        text_printf(
            out, "<path class=\"inlined\" d=\"M%u %uv12\"/><text x=\"%u\" y=\"%u\">inlined</text>",
            legend.x + 2, legend.y - 10, legend.x + 10, legend.y);
    text_append_string(out, "</g>\n");
}

/* A script without data would have nothing to show. */
static bool has_script(const struct flamegraph_options *options)
{
    return !options->no_script && !options->no_data;
}

static void append_picture(struct document *document)
{
    struct text *out = document->out;
    text_printf(out, "<g class=\"static\">\n<rect class=\"paper\" width=\"%u\" height=\"%u\"/>\n",
                document->width, HEADER + document->frames.rows * SVG_ROW_HEIGHT + FOOTER);
    unsigned room = document->width - 2 * MARGIN;
    bool hint = has_script(document->options) && document->width >= HINT_MIN;
    append_line(out, "title", 24, &document->title,
                (size_t)((room - (hint ? HINT_WIDTH : 0)) / TITLE_CELL));
    append_line(out, "figures", 43, &document->subtitle, (size_t)(room / FIGURE_CELL));
    if (hint)
        text_printf(out,
                    "<text class=\"hint\" x=\"%u\" y=\"24\" text-anchor=\"end\">open in a browser "
                    "for zoom and search</text>\n",
                    document->width - MARGIN);
    text_printf(out, "<g class=\"frames\" transform=\"translate(%d %d)\">\n", MARGIN, HEADER);
    text_append(out, document->frames.body.data, document->frames.body.length);
    text_append_string(out, "</g>\n");
    append_legend(document);
    text_append_string(out, "</g>\n");
}

struct page_legend {
    struct text *out;
    const char *mode;
};

static void append_page_entry(void *context, unsigned class, const char *label)
{
    const struct page_legend *legend = context;
    char name[PALETTE_CLASS_SIZE];
    palette_class_name(name, class);
    text_printf(legend->out, "<span data-colors=\"%s\"><i class=\"%s\"></i>", legend->mode, name);
    append_visible(legend->out, label);
    text_append_string(legend->out, "</span>\n");
}

/* The modules with the most self time. */
static void append_module_entries(struct document *document, struct page_legend *legend)
{
    const struct module_hues *hues = &document->classes.hues;
    for (uint32_t i = 0; i < hues->count && i < LEGEND_MODULES; i++) {
        const struct module_hue *module = &hues->modules[hues->by_weight[i]];
        if (module->weight)
            append_page_entry(legend, palette_class_of_hue(module->hue),
                              *module->path ? path_base_name(module->path) : "no module known");
    }
}

/* What the colours mean in each mode; the style sheet shows the one that is chosen. */
static void append_page_legend(struct document *document)
{
    struct text *out = document->out;
    bool kinds[CALL_TREE_KIND_COUNT] = {0};
    bool inlined = false;
    for (uint32_t i = 0; i < document->tree.function_count; i++) {
        kinds[document->tree.functions[i].kind] = true;
        inlined |= document->tree.functions[i].inlined;
    }
    for (unsigned mode = 0; mode < PALETTE_MODE_COUNT; mode++) {
        struct page_legend legend = {out, palette_mode_name((enum palette_mode)mode)};
        palette_legend((enum palette_mode)mode, kinds, append_page_entry, &legend);
        if (mode == PALETTE_MODULE)
            append_module_entries(document, &legend);
    }
    if (inlined)
        text_append_string(out, "<span><i class=\"inlined\"></i>inlined</span>\n");
    text_append_string(out, "<span><i class=\"match\"></i>search match</span>");
}

static void append_page(struct document *document)
{
    static const char mark[] = "<!--legend-->";
    const char *legend = strstr(asset_page_xml, mark);
    text_append(document->out, asset_page_xml, (size_t)(legend - asset_page_xml));
    append_page_legend(document);
    text_append_string(document->out, legend + strlen(mark));
}

static void append_script(struct text *out)
{
    text_append_string(out, "<script><![CDATA[");
    text_append_string(out, asset_flamegraph_js);
    text_append_string(out, "]]></script>\n");
}

static void encode(struct document *document)
{
    struct text data = TEXT_INIT;
    svg_data_append(&data, &document->tree,
                    svg_data_shows_time(document->profile, document->options->timeline));
    zlib_stream_append(&document->data, data.data, data.length);
    text_release(&data);
}

bool render_knows_colors(const char *word)
{
    enum palette_mode mode;
    unsigned shades;
    return palette_find(word, &mode, &shades) == 0;
}

/* Leaves out the lightest frames; the picture says how many. */
static void prune(struct document *document, uint64_t least)
{
    uint32_t left_out = call_tree_prune(&document->tree, least);
    text_append_string(&document->subtitle, " · ");
    figure_append_counted(&document->subtitle, left_out, "frame");
    text_append_string(&document->subtitle, " left out for the size of the file");
}

static void render(struct document *document, uint64_t least)
{
    const struct flamegraph_options *options = document->options;
    struct text *out = document->out;
    if (options->colors)
        palette_find(options->colors, &document->colors, &document->shades);
    document->width = options->width > 0 ? (unsigned)options->width : WIDTH;
    call_tree_build(&document->tree, document->profile);
    set_title(document, options);
    if (least)
        prune(document, least);
    box_classes_build(&document->classes, &document->tree, document->colors);
    svg_frames_build(&document->frames, &document->tree, &document->classes,
                     &(struct svg_frames_options){
                         .width = document->width - 2 * MARGIN,
                         .min_width = options->min_width,
                         .inverted = options->inverted,
                     });
    encode(document);
    set_id(document);

    append_head(document);
    append_description(document);
    append_style(document);
    append_picture(document);
    if (has_script(options))
        append_page(document);
    if (!options->no_data)
        svg_pack_append_elements(out, &document->data);
    if (has_script(options))
        append_script(out);
    text_append_string(out, "</svg>\n");

    text_release(&document->title);
    text_release(&document->subtitle);
    text_release(&document->data);
    svg_frames_release(&document->frames);
    box_classes_release(&document->classes);
    call_tree_release(&document->tree);
}

void render_flamegraph(struct text *out, const struct profile *profile,
                       const struct flamegraph_options *options)
{
    static const struct flamegraph_options defaults;
    size_t start = out->length;
    options = options ? options : &defaults;
    for (uint64_t least = 0;; least = least ? 2 * least : 2) {
        struct document document = {.out = out, .profile = profile, .options = options};
        render(&document, least);
        bool fits = !options->max_size || out->length - start <= options->max_size;
        if (fits || profile->compared || least > UINT64_MAX / 4)
            return;
        out->length = start;
    }
}
