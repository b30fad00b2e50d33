/* SPDX-License-Identifier: MIT */
/*
 * help.c - help for people, from the subcommand tables.
 */
#include "profiler/cli/help.h"

#include <string.h>

void help_print_overview(FILE *stream)
{
    fputs("prof - where a native program spends its CPU time\n\n"
          "usage: prof run [OPTIONS] [--] COMMAND [ARG...]\n\n"
          "  prof run ./app      record, write flamegraph.svg, print the hot functions\n"
          "  prof report         the recorded functions again, hot ones first\n\n"
          "subcommands:\n",
          stream);
    for (size_t i = 0; subcommands[i]; i++) {
        if (!subcommands[i]->hidden)
            fprintf(stream, "  %-12s %s\n", subcommands[i]->name, subcommands[i]->summary);
    }
    fputs("\n'prof help SUBCOMMAND' shows its options; 'prof --version' the version.\n", stream);
}

/* Text broken at spaces, every line behind the first indented. */
static void print_wrapped(const char *text, int indent, FILE *stream)
{
    enum { WIDTH = 88 };
    int column = indent;
    while (*text) {
        size_t length = strcspn(text, " \n");
        bool begins = column == indent;
        if (!begins && column + 1 + (int)length > WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
            begins = true;
        }
        fprintf(stream, "%s%.*s", begins ? "" : " ", (int)length, text);
        column += (int)length + !begins;
        text += length;
        if (*text == '\n') {
            fprintf(stream, "\n%*s", text[1] == '\n' ? 0 : indent, "");
            column = indent;
        }
        text += *text != '\0';
    }
    fputc('\n', stream);
}

static void print_option(const struct option_spec *option, FILE *stream)
{
    char left[64];
    int used = option->letter ? snprintf(left, sizeof left, "-%c, ", option->letter)
                              : snprintf(left, sizeof left, "    ");
    bool optional = option->kind == OPTION_OPTIONAL;
    snprintf(left + used, sizeof left - (size_t)used, optional ? "--%s%s%s]" : "--%s%s%s",
             option->name,
             optional           ? "[="
             : option->argument ? " "
                                : "",
             option->argument ? option->argument : "");
    fprintf(stream, "  %-26s ", left);
    if (strlen(left) > 26)
        fprintf(stream, "\n%29s", "");
    print_wrapped(option->help, 29, stream);
}

static void print_examples(const char *examples, FILE *stream)
{
    while (*examples) {
        int command = (int)strcspn(examples, "\t");
        const char *what = examples + command + 1;
        int length = (int)strcspn(what, "\n");
        fprintf(stream, "  %-44.*s %.*s\n", command, examples, length, what);
        examples = what + length + (what[length] == '\n');
    }
}

void help_print(const struct subcommand *subcommand, FILE *stream)
{
    fprintf(stream, "usage: prof %s%s%s%s\n\n", subcommand->name,
            subcommand->option_count ? " [OPTIONS]" : "", subcommand->arguments[0] ? " " : "",
            subcommand->arguments);
    print_wrapped(subcommand->description, 0, stream);
    if (subcommand->option_count)
        fputs("\noptions:\n", stream);
    for (size_t i = 0; i < subcommand->option_count; i++) {
        if (subcommand->options[i].help[0])
            print_option(&subcommand->options[i], stream);
    }
    if (subcommand->examples) {
        fputs("\nexamples:\n", stream);
        print_examples(subcommand->examples, stream);
    }
}
