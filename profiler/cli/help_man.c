/* SPDX-License-Identifier: MIT */
/*
 * help_man.c - man pages (man(7) macros), from the subcommand tables.
 */
#include "profiler/cli/help.h"

#include <ctype.h>
#include <string.h>

/* Text that roff takes literally. */
static void put(const char *text, size_t size, FILE *stream)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\\')
            fputs("\\e", stream);
        else if (text[i] == '-')
            fputs("\\-", stream);
        else if ((text[i] == '.' || text[i] == '\'') && (i == 0 || text[i - 1] == '\n'))
            fprintf(stream, "\\&%c", text[i]);
        else
            fputc(text[i], stream);
    }
}

static void put_string(const char *text, FILE *stream)
{
    put(text, strlen(text), stream);
}

static void put_paragraphs(const char *text, FILE *stream)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);
        put(text, length, stream);
        fputc('\n', stream);
        text += length;
        if (*text) {
            fputs(".PP\n", stream);
            text += 2;
        }
    }
}

static void put_option(const struct option_spec *option, FILE *stream)
{
    fputs(".TP\n", stream);
    if (option->letter)
        fprintf(stream, "\\fB\\-%c\\fR, ", option->letter);
    fputs("\\fB\\-\\-", stream);
    put_string(option->name, stream);
    fputs("\\fR", stream);
    bool optional = option->kind == OPTION_OPTIONAL;
    if (option->argument) {
        fputs(optional ? "[=\\fI" : " \\fI", stream);
        put_string(option->argument, stream);
        fputs(optional ? "\\fR]" : "\\fR", stream);
    }
    fputc('\n', stream);
    put_string(option->help, stream);
    fputc('\n', stream);
}

static void put_examples(const char *examples, FILE *stream)
{
    fputs(".SH EXAMPLES\n", stream);
    while (*examples) {
        size_t command = strcspn(examples, "\t");
        const char *what = examples + command + 1;
        size_t length = strcspn(what, "\n");
        fputs(".TP\n\\fB", stream);
        put(examples, command, stream);
        fputs("\\fR\n", stream);
        put(what, length, stream);
        fputc('\n', stream);
        examples = what + length + (what[length] == '\n');
    }
}

static void put_title(const char *name, FILE *stream)
{
    fputs(".TH PROF", stream);
    if (name)
        fputc('-', stream);
    for (; name && *name; name++)
        fputc(toupper((unsigned char)*name), stream);
    fputs(" 1 \"\" \"prof " PROF_VERSION "\" \"User Commands\"\n", stream);
}

static void put_overview(FILE *stream)
{
    put_title(NULL, stream);
    fputs(".SH NAME\nprof \\- where a native program spends its CPU time\n"
          ".SH SYNOPSIS\n\\fBprof\\fR \\fISUBCOMMAND\\fR [\\fIOPTIONS\\fR] ...\n"
          ".SH DESCRIPTION\nA sampling CPU profiler for C, C++ and Rust programs: no recompiling, "
          "no frame pointers, no privileges.\n.SH SUBCOMMANDS\n",
          stream);
    for (size_t i = 0; subcommands[i]; i++) {
        if (subcommands[i]->hidden)
            continue;
        fprintf(stream, ".TP\n\\fBprof\\-%s\\fR(1)\n", subcommands[i]->name);
        put_string(subcommands[i]->summary, stream);
        fputc('\n', stream);
    }
    fputs(".SH EXIT STATUS\nThat of the profiled command; when a signal ended it, prof ends by the "
          "same signal. 2: usage; 125: prof itself failed; 126: the command cannot be executed; "
          "127: it was not found.\n"
          ".SH ENVIRONMENT\n.TP\n\\fBPROF_OPTIONS\\fR\nOptions of \\fBprof record\\fR for a "
          "program that was started with \\fBLD_PRELOAD=.../lib/prof/libprof.so\\fR instead of "
          "\\fBprof run\\fR.\n.TP\n\\fBNO_COLOR\\fR\nNo colours when set to anything.\n",
          stream);
}

void help_print_man(const struct subcommand *subcommand, FILE *stream)
{
    if (!subcommand) {
        put_overview(stream);
        return;
    }
    put_title(subcommand->name, stream);
    fprintf(stream, ".SH NAME\nprof\\-%s \\- ", subcommand->name);
    put_string(subcommand->summary, stream);
    fprintf(stream, "\n.SH SYNOPSIS\n\\fBprof %s\\fR%s ", subcommand->name,
            subcommand->option_count ? " [\\fIOPTIONS\\fR]" : "");
    put_string(subcommand->arguments, stream);
    fputs("\n.SH DESCRIPTION\n", stream);
    put_paragraphs(subcommand->description, stream);
    if (subcommand->option_count)
        fputs(".SH OPTIONS\n", stream);
    for (size_t i = 0; i < subcommand->option_count; i++) {
        if (subcommand->options[i].help[0])
            put_option(&subcommand->options[i], stream);
    }
    if (subcommand->examples)
        put_examples(subcommand->examples, stream);
    fputs(".SH SEE ALSO\n\\fBprof\\fR(1)\n", stream);
}
