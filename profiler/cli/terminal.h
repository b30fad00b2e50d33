/* SPDX-License-Identifier: MIT */
/*
 * terminal.h - what output may look like: whether it goes to a terminal, and how wide that is.
 */
#ifndef PROF_CLI_TERMINAL_H
#define PROF_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
extern const char *const color_choices[]; /* for option tables, in this order */

/* Whether output to the stream is coloured: asked for, or a terminal without NO_COLOR
 * (no-color.org). */
bool terminal_color(uint32_t choice, FILE *stream);

/* Columns of the terminal behind the stream; 0 when it is none. */
unsigned terminal_width(FILE *stream);

#endif
