/* SPDX-License-Identifier: MIT */
/*
 * progress.h - what prof is busy with, in one line on the terminal, once it takes over a second.
 *
 * A thread shows the line and how long it has been, so that whoever works need not look at clocks.
 * Nothing is shown where stderr is no terminal. The line goes away when anything else is said:
 * message() and views_write() see to that.
 */
#ifndef PROF_CLI_PROGRESS_H
#define PROF_CLI_PROGRESS_H

/* For commands that were asked to be quiet. */
void progress_forbid(void);

/* What goes on from now on, "looking up names of libc.so.6". The second counts from the first call
 * after the last end. */
void progress_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Takes the line off the terminal, if there is one. */
void progress_end(void);

#endif
