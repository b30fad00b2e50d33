/* SPDX-License-Identifier: MIT */
/*
 * quote.c - a command line as one would type it.
 */
#include "profiler/collector/quote.h"

#include <string.h>

static const char plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%^";

static void quote(struct text *out, const char *argument)
{
    if (argument[0] && strspn(argument, plain) == strlen(argument)) {
        text_append_string(out, argument);
        return;
    }
    text_append_char(out, '\'');
    for (; *argument; argument++) {
        if (*argument == '\'')
            text_append_string(out, "'\\''");
        else
            text_append_char(out, *argument);
    }
    text_append_char(out, '\'');
}

void quote_arguments(struct text *out, const char *arguments, size_t size)
{
    char one[4096];
    while (size) {
        size_t length = strnlen(arguments, size);
        size_t kept = length < sizeof one - 1 ? length : sizeof one - 1;
        memcpy(one, arguments, kept);
        one[kept] = '\0';
        if (out->length)
            text_append_char(out, ' ');
        quote(out, one);
        size_t used = length < size ? length + 1 : length;
        arguments += used;
        size -= used;
    }
}
