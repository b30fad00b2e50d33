/* SPDX-License-Identifier: MIT */
/*
 * help_command.c - prof help: help, and (for the build) man pages and completions.
 */
#include "profiler/cli/help.h"
#include "profiler/cli/message.h"
#include "profiler/cli/subcommands.h"

#include <stdlib.h>

struct help_settings {
    bool man;
    const char *completion;
};

static const struct option_spec options[] = {
    {0, "man", OPTION_FLAG, offsetof(struct help_settings, man), NULL, "print the man page instead",
     0, 0, NULL},
    {0, "completion", OPTION_STRING, offsetof(struct help_settings, completion), "SHELL",
     "print the completion script for bash, zsh or fish", 0, 0, NULL},
};

static int run(const void *given, int argument_count, char **arguments)
{
    const struct help_settings *settings = given;
    const struct subcommand *subcommand = NULL;
    if (settings->completion) {
        if (help_print_completion(settings->completion, stdout) == 0)
            return EXIT_SUCCESS;
        message("completions exist for bash, zsh and fish, not for '%s'", settings->completion);
        return EXIT_USAGE;
    }
    if (argument_count > 0 && !(subcommand = subcommand_find(arguments[0]))) {
        message("there is no subcommand '%s'; see 'prof help'", arguments[0]);
        return EXIT_USAGE;
    }
    if (settings->man)
        help_print_man(subcommand, stdout);
    else if (subcommand)
        help_print(subcommand, stdout);
    else
        help_print_overview(stdout);
    return EXIT_SUCCESS;
}

const struct subcommand subcommand_help = {
    .name = "help",
    .arguments = "[SUBCOMMAND]",
    .summary = "what prof can do, or the options of a subcommand",
    .description = "Shows what prof can do, or the options of one subcommand.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .settings_size = sizeof(struct help_settings),
    .run = run,
};
