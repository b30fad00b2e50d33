/* SPDX-License-Identifier: MIT */
/*
 * subcommands.c - the table of subcommands, in the order of the help.
 */
#include "profiler/cli/subcommands.h"

const struct subcommand *const subcommands[] = {
    &subcommand_run,       &subcommand_record, &subcommand_report,  &subcommand_flamegraph,
    &subcommand_diff,      &subcommand_info,   &subcommand_export,  &subcommand_symbolize,
    &subcommand_addr2line, &subcommand_help,   &subcommand_collect, NULL,
};
