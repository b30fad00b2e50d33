/* SPDX-License-Identifier: MIT */
/*
 * diff.c - prof diff: what got slower and what faster between two recordings.
 */
#include "profiler/cli/message.h"
#include "profiler/cli/subcommand.h"
#include "profiler/cli/subcommands.h"
#include "profiler/cli/terminal.h"
#include "profiler/cli/views.h"
#include "render/views.h"

#include <string.h>

#define PICTURE "diff.svg"

struct diff_settings {
    const char *output, *title;
    uint32_t limit, color;
    double min_percent;
    bool json, no_picture;
};

static const struct option_spec options[] = {
    {'o', "output", OPTION_STRING, offsetof(struct diff_settings, output), "FILE",
     "write the picture here (default " PICTURE ")", 0, 0, NULL},
    {0, "no-picture", OPTION_FLAG, offsetof(struct diff_settings, no_picture), NULL,
     "print the table only", 0, 0, NULL},
    {'t', "title", OPTION_STRING, offsetof(struct diff_settings, title), "TEXT",
     "heading of the picture (default: the names of the files)", 0, 0, NULL},
    {'n', "limit", OPTION_NUMBER, offsetof(struct diff_settings, limit), "N",
     "print at most N functions; 0 for all (default 40)", 0, 1e9, NULL},
    {'m', "min", OPTION_DECIMAL, offsetof(struct diff_settings, min_percent), "PERCENT",
     "leave out functions whose share changed by less", 0, 100, NULL},
    VIEWS_OPTION_JSON(struct diff_settings),
    VIEWS_OPTION_COLOR(struct diff_settings),
};

static const struct diff_settings defaults = {.output = PICTURE, .limit = 40};

static int draw(const struct diff_settings *settings, const struct profile *profile,
                char **arguments)
{
    struct text picture = TEXT_INIT, title = TEXT_INIT;
    text_printf(&title, "%s → %s", arguments[0], arguments[1]);
    render_flamegraph(&picture, profile,
                      &(struct flamegraph_options){
                          .title = settings->title ? settings->title : title.data,
                          .colors = "diff",
                      });
    text_release(&title);
    int status = views_write(settings->output, &picture);
    if (status == 0)
        message("wrote %s; open it in a browser", settings->output);
    return status;
}

static int run(const void *given, int argument_count, char **arguments)
{
    const struct diff_settings *settings = given;
    struct profile profile, older;
    struct text out = TEXT_INIT;
    if (argument_count != 2) {
        message("diff compares two recordings, OLD and NEW; see 'prof help diff'");
        return EXIT_USAGE;
    }
    if (views_load(&older, arguments[0]) < 0)
        return EXIT_PROF_FAILED;
    if (views_load(&profile, arguments[1]) < 0) {
        profile_release(&older);
        return EXIT_PROF_FAILED;
    }
    profile_add_older(&profile, &older);
    profile_release(&older);
    struct report_options report = {
        .limit = settings->limit,
        .min_percent = settings->min_percent,
        .color = terminal_color(settings->color, stdout),
        .width = terminal_width(stdout),
    };
    (settings->json ? render_diff_json : render_diff)(&out, &profile, &report);
    int status = views_write("-", &out);
    if (status == 0 && !settings->no_picture)
        status = draw(settings, &profile, arguments);
    profile_release(&profile);
    return status;
}

const struct subcommand subcommand_diff = {
    .name = "diff",
    .arguments = "OLD NEW",
    .summary = "what got slower and what faster",
    .description =
        "Compares two recordings, or whatever else prof reads: prints the functions whose share of "
        "the whole changed most, and writes a flamegraph of NEW that shows the change of each box "
        "against OLD: blue is less, orange more, grey no change beyond two standard errors. What "
        "NEW has not any more stands in a lane of its own beside it.\n\n"
        "Shares are compared, not times: a longer run is no change. Functions are the same when "
        "name and file name of the module are.",
    .examples = "prof diff before.data after.data\ttable, and diff.svg\n"
                "prof diff --json --no-picture a.svg b.svg\tfor scripts; pictures are recordings\n",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .defaults = &defaults,
    .settings_size = sizeof defaults,
    .run = run,
};
