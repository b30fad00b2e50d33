/* SPDX-License-Identifier: MIT */
/*
 * flamegraph.c - prof flamegraph: a recording as an interactive SVG.
 */
#include "profiler/cli/message.h"
#include "profiler/cli/subcommand.h"
#include "profiler/cli/subcommands.h"
#include "profiler/cli/views.h"
#include "render/views.h"

#include <string.h>

struct flamegraph_settings {
    const char *output, *title;
    bool quiet;
};

static const struct option_spec options[] = {
    {'o', "output", OPTION_STRING, offsetof(struct flamegraph_settings, output), "FILE",
     "write here; - is standard output (default flamegraph.svg)", 0, 0, NULL},
    {'t', "title", OPTION_STRING, offsetof(struct flamegraph_settings, title), "TEXT",
     "heading of the picture (default: the command)", 0, 0, NULL},
    {'q', "quiet", OPTION_FLAG, offsetof(struct flamegraph_settings, quiet), NULL,
     "do not say where the picture is", 0, 0, NULL},
};

static const struct flamegraph_settings defaults = {.output = VIEWS_PICTURE};

static int run(const void *given, int argument_count, char **arguments)
{
    const struct flamegraph_settings *settings = given;
    struct profile profile;
    struct text out = TEXT_INIT;
    const char *path = views_file("flamegraph", argument_count, arguments);
    if (!path)
        return EXIT_USAGE;
    if (views_load(&profile, path) < 0)
        return EXIT_PROF_FAILED;
    render_flamegraph(&out, &profile, &(struct flamegraph_options){.title = settings->title});
    profile_release(&profile);
    int status = views_write(settings->output, &out);
    if (status == 0 && !settings->quiet && strcmp(settings->output, "-") != 0)
        message("wrote %s; open it in a browser", settings->output);
    return status;
}

const struct subcommand subcommand_flamegraph = {
    .name = "flamegraph",
    .arguments = "[FILE]",
    .summary = "recording to interactive SVG",
    .description =
        "Writes a recording (default prof.data) as one self-contained SVG: one box per function "
        "under its caller, as wide as its share of the CPU time. In a browser it zooms by click, "
        "searches, and shows details on hover; without scripts it is still a readable picture.",
    .examples = "prof flamegraph\tprof.data to flamegraph.svg\n"
                "prof flamegraph -o before.svg before.data\tnamed files\n",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .defaults = &defaults,
    .settings_size = sizeof defaults,
    .run = run,
};
