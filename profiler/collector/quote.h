/* SPDX-License-Identifier: MIT */
/*
 * quote.h - a command line as one would type it.
 */
#ifndef PROF_COLLECTOR_QUOTE_H
#define PROF_COLLECTOR_QUOTE_H

#include "profiler/base/text.h"

/* Appends NUL-separated arguments, quoted for a POSIX shell where they need it. */
void quote_arguments(struct text *out, const char *arguments, size_t size);

#endif
