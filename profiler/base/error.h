/* SPDX-License-Identifier: MIT */
/*
 * error.h - why something failed, in words a user can act on.
 *
 * A library function that can fail takes a `struct error *` as its last argument and fills it at
 * the place where the cause is known; it prints nothing. The text is a clause without a final stop
 * ("cannot open /x/y: Permission denied"), so that the command line can put it into a sentence.
 */
#ifndef PROF_BASE_ERROR_H
#define PROF_BASE_ERROR_H

#include <stdarg.h>

struct error {
    int code;       /* errno of the cause, or 0 where there is none (a damaged file, say) */
    char text[512]; /* NUL-terminated; longer texts are cut */
};

/* Sets code and text. Always returns -1, so that `return error_set(...)` reads well.
 * `error` may be NULL: the caller does not care. errno is preserved. */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like error_set with code = errno, and appends ": <strerror>". */
int error_errno(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
