/* SPDX-License-Identifier: MIT */
/*
 * subcommand.h - what a subcommand is: a row in a table, and one file.
 *
 * Options, --help, man pages and shell completion all come from these tables.
 */
#ifndef PROF_CLI_SUBCOMMAND_H
#define PROF_CLI_SUBCOMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses of prof itself; otherwise they are the target's. */
enum {
    EXIT_USAGE = 2,
    EXIT_PROF_FAILED = 125,
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127,
};

enum option_kind {
    OPTION_FLAG,    /* bool: set to true */
    OPTION_STRING,  /* const char *: borrowed from argv */
    OPTION_NUMBER,  /* uint32_t: between minimum and maximum */
    OPTION_DECIMAL, /* double: between minimum and maximum */
    OPTION_CHOICE,  /* uint32_t: index into `choices` */
    /* const char *: "" when given alone; only the long form may have an argument, as in --x=y */
    OPTION_OPTIONAL,
};

struct option_spec {
    char letter; /* 0: long form only */
    const char *name;
    enum option_kind kind;
    size_t offset;        /* into the subcommand's settings */
    const char *argument; /* how the argument is called; NULL for flags */
    const char *help;     /* one sentence; "" hides the option */
    double minimum, maximum;
    const char *const *choices; /* NULL-terminated */
};

struct subcommand {
    const char *name;
    const char *arguments;   /* after the options, as in "[--] COMMAND [ARG...]" */
    const char *summary;     /* one line, for the list of subcommands */
    const char *description; /* paragraphs for help and man page */
    const char *examples;    /* lines "command<TAB>what it does"; NULL: none */
    const struct option_spec *options;
    size_t option_count;
    const void *defaults; /* a settings struct, copied before parsing */
    size_t settings_size;
    /* `arguments` are what is left after the options. Returns the exit status. */
    int (*run)(const void *settings, int argument_count, char **arguments);
    bool hidden; /* not for people: not in help, man or completion */
};

/* All of them, NULL at the end. */
extern const struct subcommand *const subcommands[];

const struct subcommand *subcommand_find(const char *name);

#endif
