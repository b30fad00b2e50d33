/* SPDX-License-Identifier: MIT */
/*
 * flamegraph.c - prof flamegraph: a recording as an interactive SVG.
 */
#include "profiler/cli/browser.h"
#include "profiler/cli/message.h"
#include "profiler/cli/progress.h"
#include "profiler/cli/subcommand.h"
#include "profiler/cli/subcommands.h"
#include "profiler/cli/views.h"
#include "render/views.h"

#include <stdlib.h>
#include <string.h>

struct flamegraph_settings {
    const char *output, *title, *subtitle, *colors, *source_link, *count_name;
    double width, min_width, max_size;
    uint32_t format;
    bool inverted, hash, timeline, no_script, no_data, quiet, open;
};

static const char *const formats[] = {"svg", "html", NULL};
static void (*const renderers[])(struct text *, const struct profile *,
                                 const struct flamegraph_options *) = {render_flamegraph,
                                                                       render_html};

static const struct option_spec options[] = {
    {'f', "format", OPTION_CHOICE, offsetof(struct flamegraph_settings, format), "FORMAT",
     "svg, or html: a page with the same picture, the hot functions and the facts of the run", 0, 0,
     formats},
    {'o', "output", OPTION_STRING, offsetof(struct flamegraph_settings, output), "FILE",
     "write here; - is standard output (default flamegraph.svg, flamegraph.html)", 0, 0, NULL},
    {'t', "title", OPTION_STRING, offsetof(struct flamegraph_settings, title), "TEXT",
     "heading of the picture (default: the command)", 0, 0, NULL},
    {0, "subtitle", OPTION_STRING, offsetof(struct flamegraph_settings, subtitle), "TEXT",
     "line below the heading (default: the figures of the run)", 0, 0, NULL},
    {0, "colors", OPTION_STRING, offsetof(struct flamegraph_settings, colors), "WORD",
     "what colours mean at first: kind of code, module, name, heat (self time); or one of "
     "flamegraph.pl's palettes: hot, mem, io, wakeup, chain, java, js, perl, red, green, blue, "
     "aqua, yellow, purple, orange (default kind)",
     0, 0, NULL},
    {0, "hash", OPTION_FLAG, offsetof(struct flamegraph_settings, hash), NULL,
     "colours by name, as flamegraph.pl has them: --colors hot, unless --colors says another", 0, 0,
     NULL},
    {0, "countname", OPTION_STRING, offsetof(struct flamegraph_settings, count_name), "WORD",
     "what collapsed stacks count (default samples)", 0, 0, NULL},
    {0, "inverted", OPTION_FLAG, offsetof(struct flamegraph_settings, inverted), NULL,
     "icicle: the root at the top", 0, 0, NULL},
    {0, "width", OPTION_DECIMAL, offsetof(struct flamegraph_settings, width), "PIXELS",
     "of the picture without scripts; with them it is as wide as its window (default 1200)", 300,
     100000, NULL},
    {0, "minwidth", OPTION_DECIMAL, offsetof(struct flamegraph_settings, min_width), "PIXELS",
     "draw no narrower boxes; the file holds all of them, and zooming shows them (default 0.5)",
     0.1, 1000, NULL},
    {0, "max-size", OPTION_DECIMAL, offsetof(struct flamegraph_settings, max_size), "MB",
     "leave out the lightest frames until the file is no larger; the picture says how many, and "
     "where",
     0.2, 1e6, NULL},
    {0, "timeline", OPTION_FLAG, offsetof(struct flamegraph_settings, timeline), NULL,
     "keep when each sample was taken, also where there are more than 100,000", 0, 0, NULL},
    {0, "source-link", OPTION_STRING, offsetof(struct flamegraph_settings, source_link), "URL",
     "where source lines lead, an address of http, https or vscode with {file} and {line}, as in "
     "'vscode://file/{file}:{line}'",
     0, 0, NULL},
    {0, "no-script", OPTION_FLAG, offsetof(struct flamegraph_settings, no_script), NULL,
     "a plain picture, for places that refuse scripts; prof can still read it", 0, 0, NULL},
    {0, "no-data", OPTION_FLAG, offsetof(struct flamegraph_settings, no_data), NULL,
     "a plain picture and nothing else: the smallest file, which prof cannot read", 0, 0, NULL},
    {0, "open", OPTION_FLAG, offsetof(struct flamegraph_settings, open), NULL,
     "show it in the browser: $BROWSER, or what the desktop opens files with", 0, 0, NULL},
    {'q', "quiet", OPTION_FLAG, offsetof(struct flamegraph_settings, quiet), NULL,
     "do not say where the picture is", 0, 0, NULL},
};

static const struct flamegraph_settings defaults = {
    .width = 1200,
    .min_width = 0.5,
};

/* What cannot be told by the table of options. */
static bool is_usable(const struct flamegraph_settings *settings)
{
    const char *link = settings->source_link;
    if (settings->colors &&
        (!render_knows_colors(settings->colors) || !strcmp(settings->colors, "diff"))) {
        message("there are no colours called '%s'; see 'prof help flamegraph'", settings->colors);
        return false;
    }
    if (link && strncmp(link, "http://", 7) && strncmp(link, "https://", 8) &&
        strncmp(link, "vscode:", 7)) {
        message("--source-link must begin with http://, https:// or vscode:, not '%s'", link);
        return false;
    }
    return true;
}

static int show(const char *path)
{
    struct error error;
    if (browser_open(path, &error) == 0)
        return EXIT_SUCCESS;
    message("%s", error.text);
    return EXIT_PROF_FAILED;
}

static int run(const void *given, int argument_count, char **arguments)
{
    const struct flamegraph_settings *settings = given;
    struct profile profile;
    struct text out = TEXT_INIT;
    const char *path = views_file("flamegraph", argument_count, arguments);
    if (!path || !is_usable(settings))
        return EXIT_USAGE;
    if (settings->quiet)
        progress_forbid();
    if (views_load(&profile, path) < 0)
        return EXIT_PROF_FAILED;
    if (settings->count_name && !profile.period_ns)
        profile.unit = string_table_add_string(&profile.strings, settings->count_name);
    renderers[settings->format](&out, &profile,
                                &(struct flamegraph_options){
                                    .title = settings->title,
                                    .subtitle = settings->subtitle,
                                    .colors = settings->colors ? settings->colors
                                              : settings->hash ? "hot"
                                                               : NULL,
                                    .source_link = settings->source_link,
                                    .max_size = (uint64_t)(settings->max_size * 1e6),
                                    .width = settings->width,
                                    .min_width = settings->min_width,
                                    .inverted = settings->inverted,
                                    .timeline = settings->timeline,
                                    .no_script = settings->no_script,
                                    .no_data = settings->no_data,
                                });
    profile_release(&profile);
    const char *output = settings->output   ? settings->output
                         : settings->format ? "flamegraph.html"
                                            : VIEWS_PICTURE;
    int status = views_write(output, &out);
    if (status != 0 || strcmp(output, "-") == 0)
        return status;
    if (!settings->quiet)
        message(settings->open ? "wrote %s" : "wrote %s; open it in a browser", output);
    return settings->open ? show(output) : status;
}

const struct subcommand subcommand_flamegraph = {
    .name = "flamegraph",
    .arguments = "[FILE]",
    .summary = "recording to interactive SVG",
    .description =
        "Writes a recording (default prof.data) as one self-contained SVG: one box per function "
        "under its caller, as wide as its share of the CPU time. In a browser it zooms by click, "
        "searches, shows details on hover, and has views by callers, by thread, over time and as a "
        "table ('?' shows all keys); without scripts it is still a readable picture.\n\n"
        "FILE may also be such a picture, collapsed stacks ('main;work 12'), or what 'perf script' "
        "prints; '-' is standard input.",
    .examples = "prof flamegraph\tprof.data to flamegraph.svg\n"
                "prof flamegraph -o before.svg before.data\tnamed files\n"
                "perf script | prof flamegraph -\twhat perf has recorded\n"
                "stackcollapse.pl x | prof flamegraph -o - - >x.svg\tin place of flamegraph.pl\n",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .defaults = &defaults,
    .settings_size = sizeof defaults,
    .run = run,
};
