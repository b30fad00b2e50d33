/* SPDX-License-Identifier: MIT */
/*
 * main.c - finds the subcommand, parses its options, runs it.
 */
#include "profiler/base/memory.h"
#include "profiler/cli/help.h"
#include "profiler/cli/message.h"
#include "profiler/cli/options.h"
#include "profiler/cli/shrunk_files.h"
#include "profiler/cli/subcommand.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct subcommand *subcommand_find(const char *name)
{
    for (size_t i = 0; subcommands[i]; i++) {
        if (strcmp(subcommands[i]->name, name) == 0)
            return subcommands[i];
    }
    return NULL;
}

static int run_subcommand(const struct subcommand *subcommand, int argc, char **argv)
{
    struct error error;
    void *settings = memory_new(1, subcommand->settings_size + 1);
    if (subcommand->defaults)
        memcpy(settings, subcommand->defaults, subcommand->settings_size);
    int status;
    int first = options_parse(subcommand, settings, argc, argv, &error);
    if (first == 0) {
        help_print(subcommand, stdout);
        status = EXIT_SUCCESS;
    } else if (first < 0) {
        message("%s; see 'prof help %s'", error.text, subcommand->name);
        status = EXIT_USAGE;
    } else {
        status = subcommand->run(settings, argc - first, argv + first);
        shrunk_files_report();
    }
    free(settings);
    return status;
}

/* What is opened first must not become standard output or error. Closed again in the command, which
 * shall find them as we did. */
static void open_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    memory_prepare();
    open_standard_streams();
    shrunk_files_survive();
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) {
        help_print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("prof %s\n", PROF_VERSION);
        return EXIT_SUCCESS;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        help_print_overview(stdout);
        return EXIT_SUCCESS;
    }
    const struct subcommand *subcommand = subcommand_find(name);
    if (!subcommand) {
        message(name[0] == '-' ? "there is no option %s before a subcommand; see 'prof help'"
                               : "there is no subcommand '%s'; see 'prof help', or did you mean "
                                 "'prof run %s'?",
                name, name);
        return EXIT_USAGE;
    }
    return run_subcommand(subcommand, argc - 1, argv + 1);
}
