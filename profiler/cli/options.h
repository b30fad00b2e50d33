/* SPDX-License-Identifier: MIT */
/*
 * options.h - parses a command line by a table of options.
 */
#ifndef PROF_CLI_OPTIONS_H
#define PROF_CLI_OPTIONS_H

#include "profiler/base/error.h"
#include "profiler/cli/subcommand.h"

/*
 * argv[0] is the subcommand's name. Options end at the first other argument or at "--". Returns
 * the index of the first argument that is no option; -1 with the error filled; 0 when --help was
 * asked for.
 */
int options_parse(const struct subcommand *subcommand, void *settings, int argc, char **argv,
                  struct error *error);

#endif
