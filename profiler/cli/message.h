/* SPDX-License-Identifier: MIT */
/*
 * message.h - what prof says to its user: one sentence a line on stderr, after "prof: ".
 */
#ifndef PROF_CLI_MESSAGE_H
#define PROF_CLI_MESSAGE_H

#include "profiler/base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* One line. Whatever could move a terminal's cursor, as in a path of a recording, is made visible.
 */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Lines to stderr, each after "prof: " unless it has that already. */
void message_lines(const struct text *text);

enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
extern const char *const color_choices[]; /* for option tables, in this order */

/* Whether output to the stream is coloured: asked for, or a terminal without NO_COLOR. */
bool message_color(uint32_t choice, FILE *stream);

/* Columns of the terminal behind the stream; 0 when it is none. */
unsigned message_width(FILE *stream);

#endif
