/* SPDX-License-Identifier: MIT */
/*
 * subcommands.h - the rows of the subcommand table, each defined in the file of its name.
 */
#ifndef PROF_CLI_SUBCOMMANDS_H
#define PROF_CLI_SUBCOMMANDS_H

#include "profiler/cli/subcommand.h"

extern const struct subcommand subcommand_run, subcommand_record, subcommand_report,
    subcommand_flamegraph, subcommand_diff, subcommand_info, subcommand_export,
    subcommand_symbolize, subcommand_addr2line, subcommand_help, subcommand_collect;

#endif
