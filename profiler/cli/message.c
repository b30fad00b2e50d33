/* SPDX-License-Identifier: MIT */
/*
 * message.c - what prof says to its user.
 */
#include "profiler/cli/message.h"

#include "profiler/cli/progress.h"
#include "render/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void message(const char *format, ...)
{
    va_list arguments;
    char *plain = NULL;
    struct text line = TEXT_INIT;
    progress_end();
    va_start(arguments, format);
    if (vasprintf(&plain, format, arguments) < 0)
        plain = NULL;
    va_end(arguments);
    text_append_string(&line, "prof: ");
    if (plain)
        name_append_visible(&line, plain, strlen(plain));
    text_append_char(&line, '\n');
    fwrite(line.data, 1, line.length, stderr);
    text_release(&line);
    free(plain);
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
