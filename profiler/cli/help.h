/* SPDX-License-Identifier: MIT */
/*
 * help.h - help for people, man pages and shell completion, all from the subcommand tables.
 */
#ifndef PROF_CLI_HELP_H
#define PROF_CLI_HELP_H

#include "profiler/cli/subcommand.h"

#include <stdio.h>

void help_print_overview(FILE *stream);
void help_print(const struct subcommand *subcommand, FILE *stream);

/* A man page in roff's man macros: prof(1) for NULL, prof-NAME(1) otherwise. */
void help_print_man(const struct subcommand *subcommand, FILE *stream);

/* Returns -1 for a shell that is not bash, zsh or fish. */
int help_print_completion(const char *shell, FILE *stream);

#endif
