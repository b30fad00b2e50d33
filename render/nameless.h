/* SPDX-License-Identifier: MIT */
/*
 * nameless.h - how much of the time is in code that has no names, whose code it is, and why.
 */
#ifndef PROF_RENDER_NAMELESS_H
#define PROF_RENDER_NAMELESS_H

#include "profiler/base/text.h"
#include "profiler/profile/profile.h"

/* Appends one line after `prefix` with the share, the modules with the most of it and what would
 * help each; nothing where names are known, but for a percent, or were not looked up. */
void nameless_append(struct text *out, const struct profile *profile, const char *prefix);

#endif
