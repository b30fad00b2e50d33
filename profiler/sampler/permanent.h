/* SPDX-License-Identifier: MIT */
/*
 * permanent.h - which of the loaded objects stay until the program ends.
 *
 * Runs in: the constructor.
 */
#ifndef PROF_SAMPLER_PERMANENT_H
#define PROF_SAMPLER_PERMANENT_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>

struct permanent_object {
    struct dl_phdr_info info; /* as dl_iterate_phdr gave it; [0] is the program */
    bool stays;
};

/*
 * Marks the program, this library, the vdso, and all that they need (DT_NEEDED), directly or not.
 * What another library's constructor has loaded with dlopen before ours ran is not among them: it
 * may be closed again.
 */
void permanent_mark(struct permanent_object *objects, size_t count);

#endif
