/* SPDX-License-Identifier: MIT */
/*
 * isolation.h - the choices of --isolate, for option tables.
 */
#ifndef PROF_CLI_ISOLATION_H
#define PROF_CLI_ISOLATION_H

#include <stddef.h>

/* In the order of enum symbolizer_isolation. */
static const char *const isolation_choices[] = {"auto", "never", "always", NULL};

#endif
