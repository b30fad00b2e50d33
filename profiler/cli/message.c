/* SPDX-License-Identifier: MIT */
/*
 * message.c - what prof says to its user.
 */
#include "profiler/cli/message.h"

#include "profiler/cli/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void message(const char *format, ...)
{
    va_list arguments;
    progress_end();
    va_start(arguments, format);
    fputs("prof: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void message_lines(const struct text *text)
{
    const char *line = text->data;
    progress_end();
    while (line && *line) {
        size_t length = strcspn(line, "\n");
        const char *prefix = strncmp(line, "prof: ", 6) == 0 ? "" : "prof: ";
        fprintf(stderr, "%s%.*s\n", prefix, (int)length, line);
        line += length + (line[length] == '\n');
    }
}
