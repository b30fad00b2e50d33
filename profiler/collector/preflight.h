/* SPDX-License-Identifier: MIT */
/*
 * preflight.h - looks at a command before it runs: is it there, and can a library be preloaded?
 */
#ifndef PROF_COLLECTOR_PREFLIGHT_H
#define PROF_COLLECTOR_PREFLIGHT_H

#include "profiler/base/error.h"

#include <limits.h>
#include <stdbool.h>

enum preflight_verdict {
    PREFLIGHT_OK,
    PREFLIGHT_NOT_FOUND,      /* exit status 127 */
    PREFLIGHT_NOT_EXECUTABLE, /* exit status 126 */
    PREFLIGHT_NOT_PRELOADABLE,
};

struct preflight {
    enum preflight_verdict verdict;
    char path[PATH_MAX];    /* what would be executed */
    bool is_elf;            /* and no script: to be executed without the help of a shell */
    bool address_sanitizer; /* linked to a shared ASan runtime, which insists on coming first */
    struct error reason;    /* unless OK: why, and what would work instead */
};

/* `command` is looked up as execvp does. */
void preflight_check(struct preflight *preflight, const char *command);

#endif
