/* SPDX-License-Identifier: MIT */
/*
 * path.h - parts of paths. (libc's basename has two meanings, one of which writes to the path.)
 */
#ifndef PROF_BASE_PATH_H
#define PROF_BASE_PATH_H

#include <string.h>

/* What follows the last slash, all of it where nothing does; borrowed from the path. */
static inline const char *path_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

#endif
