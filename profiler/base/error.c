/* SPDX-License-Identifier: MIT */
/*
 * error.c - fills a struct error.
 */
#include "profiler/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, int code, const char *format, ...)
{
    int saved = errno;
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
        error->code = code;
    }
    errno = saved;
    return -1;
}

int error_errno(struct error *error, const char *format, ...)
{
    int cause = errno;
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
        size_t used = strlen(error->text);
        snprintf(error->text + used, sizeof error->text - used, ": %s", strerror(cause));
        error->code = cause;
    }
    errno = cause;
    return -1;
}
