/* SPDX-License-Identifier: MIT */
/*
 * browser.h - shows a file in the user's browser.
 */
#ifndef PROF_CLI_BROWSER_H
#define PROF_CLI_BROWSER_H

#include "profiler/base/error.h"

/* Starts $BROWSER or what the desktop opens files with, and does not wait for it. Returns -1 when
 * there is nothing of the kind. */
int browser_open(const char *path, struct error *error);

#endif
