/* SPDX-License-Identifier: MIT */
/*
 * info.c - prof info: what was recorded, and how well.
 */
#include "profiler/cli/subcommand.h"
#include "profiler/cli/subcommands.h"
#include "profiler/cli/views.h"
#include "render/views.h"

struct info_settings {
    bool json;
};

static const struct option_spec options[] = {
    {0, "json", OPTION_FLAG, offsetof(struct info_settings, json), NULL,
     "print JSON with stable keys instead of sentences", 0, 0, NULL},
};

static int run(const void *given, int argument_count, char **arguments)
{
    const struct info_settings *settings = given;
    struct profile profile;
    struct text out = TEXT_INIT;
    const char *path = views_file("info", argument_count, arguments);
    if (!path)
        return EXIT_USAGE;
    if (views_load(&profile, path) < 0)
        return EXIT_PROF_FAILED;
    if (settings->json)
        render_info_json(&out, &profile);
    else
        render_info(&out, &profile);
    profile_release(&profile);
    return views_write("-", &out);
}

const struct subcommand subcommand_info = {
    .name = "info",
    .arguments = "[FILE]",
    .summary = "what was recorded, and how well",
    .description =
        "Prints the facts of a recording (default prof.data): the command and the machine, the "
        "rate asked for and the rate achieved, how much of the CPU time is accounted for, why "
        "walks of the stack ended, what was lost, processes and threads, and for each module "
        "where its names came from or why it has none.\n\n"
        "The keys of --json stay; others may be added: command, engine, requested_hz, "
        "achieved_hz, duration_s, cpu_s, accounted_cpu_s, samples, lost_samples, complete_stacks, "
        "stop_reasons {reason: samples}, processes [{pid, exe, samples}], threads [{pid, tid, "
        "name, samples}].",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .settings_size = sizeof(struct info_settings),
    .run = run,
};
