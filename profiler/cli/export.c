/* SPDX-License-Identifier: MIT */
/*
 * export.c - prof export: a recording in the formats of other tools.
 */
#include "profiler/cli/subcommand.h"
#include "profiler/cli/subcommands.h"
#include "profiler/cli/views.h"
#include "render/views.h"

struct export_settings {
    uint32_t format;
    const char *output;
};

static const char *const formats[] = {"collapsed", NULL};
static void (*const renderers[])(struct text *, const struct profile *) = {render_collapsed};

static const struct option_spec options[] = {
    {'f', "format", OPTION_CHOICE, offsetof(struct export_settings, format), "FORMAT",
     "collapsed: one line per stack, 'root;caller;leaf COUNT', the count in sampling periods "
     "(default)",
     0, 0, formats},
    {'o', "output", OPTION_STRING, offsetof(struct export_settings, output), "FILE",
     "write here; - is standard output (default -)", 0, 0, NULL},
};

static const struct export_settings defaults = {.output = "-"};

static int run(const void *given, int argument_count, char **arguments)
{
    const struct export_settings *settings = given;
    struct profile profile;
    struct text out = TEXT_INIT;
    const char *path = views_file("export", argument_count, arguments);
    if (!path)
        return EXIT_USAGE;
    if (views_load(&profile, path) < 0)
        return EXIT_PROF_FAILED;
    renderers[settings->format](&out, &profile);
    profile_release(&profile);
    return views_write(settings->output, &out);
}

const struct subcommand subcommand_export = {
    .name = "export",
    .arguments = "[FILE]",
    .summary = "recording to the formats of other tools",
    .description = "Writes a recording (default prof.data) in a format that other tools read.",
    .examples = "prof export | flamegraph.pl > f.svg\tcollapsed stacks into FlameGraph\n",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .defaults = &defaults,
    .settings_size = sizeof defaults,
    .run = run,
};
