/* SPDX-License-Identifier: MIT */
/*
 * svg.h - reads the profile back out of a picture (render/SVG.md).
 */
#ifndef PROF_IMPORT_SVG_H
#define PROF_IMPORT_SVG_H

#include "profiler/base/error.h"
#include "profiler/profile/profile.h"

#include <stddef.h>

int svg_read(struct profile *profile, const char *bytes, size_t size, struct error *error);

#endif
