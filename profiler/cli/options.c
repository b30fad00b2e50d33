/* SPDX-License-Identifier: MIT */
/*
 * options.c - parses a command line by a table of options, with getopt_long.
 */
#include "profiler/cli/options.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 32, LONG_BASE = 256, HELP = 255 };

/* What getopt_long wants, made from our table. The value of an option is LONG_BASE + its row. */
struct getopt_tables {
    char letters[2 * MAX_OPTIONS + 4];
    struct option longs[MAX_OPTIONS + 2];
};

static void make_tables(struct getopt_tables *tables, const struct subcommand *subcommand)
{
    char *letter = tables->letters;
    size_t n = 0;
    *letter++ = '+'; // stop at the command: its options are its own
    *letter++ = ':'; // tell a missing argument from an unknown option
    for (; n < subcommand->option_count && n < MAX_OPTIONS; n++) {
        const struct option_spec *spec = &subcommand->options[n];
        bool takes = spec->kind != OPTION_FLAG && spec->kind != OPTION_OPTIONAL;
        int takes_long = takes                           ? required_argument
                         : spec->kind == OPTION_OPTIONAL ? optional_argument
                                                         : no_argument;
        tables->longs[n] = (struct option){spec->name, takes_long, NULL, LONG_BASE + (int)n};
        if (spec->letter) {
            *letter++ = spec->letter;
            if (takes)
                *letter++ = ':';
        }
    }
    *letter++ = 'h';
    *letter = '\0';
    tables->longs[n] = (struct option){"help", no_argument, NULL, HELP};
    tables->longs[n + 1] = (struct option){0};
}

static const struct option_spec *find_letter(const struct subcommand *subcommand, int letter)
{
    for (size_t i = 0; i < subcommand->option_count; i++) {
        if (subcommand->options[i].letter == letter)
            return &subcommand->options[i];
    }
    return NULL;
}

static int store_number(const struct option_spec *spec, void *target, const char *text,
                        struct error *error)
{
    char *end;
    double value = strtod(text, &end);
    bool whole = spec->kind == OPTION_DECIMAL || value == floor(value);
    if (end == text || *end || !isfinite(value) || !whole)
        return error_set(error, 0, "--%s wants a %snumber, not '%s'", spec->name,
                         spec->kind == OPTION_NUMBER ? "whole " : "", text);
    if (value < spec->minimum || value > spec->maximum)
        return error_set(error, 0, "--%s must be between %g and %g, not %s", spec->name,
                         spec->minimum, spec->maximum, text);
    if (spec->kind == OPTION_DECIMAL)
        *(double *)target = value;
    else
        *(uint32_t *)target = (uint32_t)value;
    return 0;
}

static int store_choice(const struct option_spec *spec, uint32_t *target, const char *text,
                        struct error *error)
{
    char known[256] = "";
    for (uint32_t i = 0; spec->choices[i]; i++) {
        if (strcmp(spec->choices[i], text) == 0) {
            *target = i;
            return 0;
        }
        strncat(known, i ? ", " : "", sizeof known - strlen(known) - 1);
        strncat(known, spec->choices[i], sizeof known - strlen(known) - 1);
    }
    return error_set(error, 0, "--%s is one of %s, not '%s'", spec->name, known, text);
}

static int store(const struct option_spec *spec, void *settings, struct error *error)
{
    void *target = (char *)settings + spec->offset;
    switch (spec->kind) {
    case OPTION_FLAG:
        *(bool *)target = true;
        return 0;
    case OPTION_STRING:
        *(const char **)target = optarg;
        return 0;
    case OPTION_OPTIONAL:
        *(const char **)target = optarg ? optarg : "";
        return 0;
    case OPTION_CHOICE:
        return store_choice(spec, target, optarg, error);
    default:
        return store_number(spec, target, optarg, error);
    }
}

int options_parse(const struct subcommand *subcommand, void *settings, int argc, char **argv,
                  struct error *error)
{
    struct getopt_tables tables;
    make_tables(&tables, subcommand);
    optind = 0; // glibc: start afresh
    opterr = 0;
    int value;
    while ((value = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
        if (value == HELP || value == 'h')
            return 0;
        if (value == ':')
            return error_set(error, 0, "%s wants an argument", argv[optind - 1]);
        if (value == '?' && optopt && optopt < LONG_BASE)
            return error_set(error, 0, "there is no option -%c", optopt);
        if (value == '?')
            return error_set(error, 0, "there is no option %s, or it takes no argument",
                             argv[optind - 1]);
        const struct option_spec *spec = value >= LONG_BASE
                                             ? &subcommand->options[value - LONG_BASE]
                                             : find_letter(subcommand, value);
        if (store(spec, settings, error) < 0)
            return -1;
    }
    return optind;
}
