/* SPDX-License-Identifier: MIT */
/*
 * report.c - prof report: functions by self or total time.
 */
#include "profiler/cli/subcommand.h"
#include "profiler/cli/subcommands.h"
#include "profiler/cli/terminal.h"
#include "profiler/cli/views.h"
#include "render/views.h"

#include <stdlib.h>

struct report_settings {
    uint32_t limit, sort, color;
    double min_percent;
    bool json;
};

static const char *const sorts[] = {"self", "total", NULL};

static const struct option_spec options[] = {
    {'n', "limit", OPTION_NUMBER, offsetof(struct report_settings, limit), "N",
     "show at most N functions; 0 for all (default 40)", 0, 1e9, NULL},
    {'m', "min", OPTION_DECIMAL, offsetof(struct report_settings, min_percent), "PERCENT",
     "leave out functions below this share of the CPU time", 0, 100, NULL},
    {'s', "sort", OPTION_CHOICE, offsetof(struct report_settings, sort), "BY",
     "self or total (default self)", 0, 0, sorts},
    VIEWS_OPTION_JSON(struct report_settings),
    VIEWS_OPTION_COLOR(struct report_settings),
};

static const struct report_settings defaults = {.limit = 40};

static int run(const void *given, int argument_count, char **arguments)
{
    const struct report_settings *settings = given;
    struct profile profile;
    struct text out = TEXT_INIT;
    const char *path = views_file("report", argument_count, arguments);
    if (!path)
        return EXIT_USAGE;
    if (views_load(&profile, path) < 0)
        return EXIT_PROF_FAILED;
    struct report_options report = {
        .limit = settings->limit,
        .min_percent = settings->min_percent,
        .sort = settings->sort == 0 ? REPORT_BY_SELF : REPORT_BY_TOTAL,
        .color = terminal_color(settings->color, stdout),
        .width = terminal_width(stdout),
    };
    if (settings->json)
        render_report_json(&out, &profile, &report);
    else
        render_report(&out, &profile, &report);
    profile_release(&profile);
    return views_write("-", &out);
}

const struct subcommand subcommand_report = {
    .name = "report",
    .arguments = "[FILE]",
    .summary = "functions by self or total time, hot ones first",
    .description =
        "Prints the functions of a recording (default prof.data) as a table. 'Self' is the CPU "
        "time spent in the function itself, 'total' includes what it called; recursion is counted "
        "once.",
    .examples = "prof report\tthe hottest functions of prof.data\n"
                "prof report -s total -m 5 old.data\tfunctions with at least 5 % below them\n"
                "prof report --json | jq .functions[0]\tfor scripts\n",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .defaults = &defaults,
    .settings_size = sizeof defaults,
    .run = run,
};
