/* SPDX-License-Identifier: MIT */
/*
 * debug_packages.h - which package would bring the debug symbols of an installed file.
 *
 * Asks the package manager's own records: the file lists of dpkg, or rpm. No network, and no longer
 * than a deadline: an advice that comes late is worth less than a prompt.
 */
#ifndef PROF_CLI_DEBUG_PACKAGES_H
#define PROF_CLI_DEBUG_PACKAGES_H

#include "profiler/base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct debug_packages {
    const char *dpkg_lists;  /* the folder of PACKAGE.list, /var/lib/dpkg/info */
    const char *rpm_records; /* asked with `rpm` if this is there, /var/lib/rpm */
    uint32_t patience_ms;
};

/* What is usual. */
extern const struct debug_packages debug_packages_here;

/* For each path that is found appends what to do, "install zlib1g-dbgsym", to its advice, and
 * nothing for others. */
void debug_packages_advise(const struct debug_packages *packages, const char *const *paths,
                           struct text *advices, uint32_t count);

#endif
