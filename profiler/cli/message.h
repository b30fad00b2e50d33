/* SPDX-License-Identifier: MIT */
/*
 * message.h - what prof says to its user: one sentence a line on stderr, after "prof: ".
 */
#ifndef PROF_CLI_MESSAGE_H
#define PROF_CLI_MESSAGE_H

#include "profiler/base/text.h"

/* One line. Whatever could move a terminal's cursor, as in a path of a recording, is made
 * visible. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Lines to stderr, each after "prof: " unless it has that already. */
void message_lines(const struct text *text);

#endif
