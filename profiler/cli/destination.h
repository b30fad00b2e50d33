/* SPDX-License-Identifier: MIT */
/*
 * destination.h - where results go: files, standard output, names with patterns.
 */
#ifndef PROF_CLI_DESTINATION_H
#define PROF_CLI_DESTINATION_H

#include "profiler/base/error.h"
#include "profiler/base/text.h"

#include <stdbool.h>

#include <sys/types.h>

/* Writes everything to `path`, "-" being standard output. A file appears whole or not at all: it
 * is written beside its place and renamed. Returns -1 with the error filled. */
int destination_write(const char *path, const struct text *text, struct error *error);

/* Expands %p (process id), %n (the first number from 1 for which no file exists) and %% in a file
 * name. The result is the caller's to free. */
char *destination_expand(const char *pattern, pid_t pid);

#endif
