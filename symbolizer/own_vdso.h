/* SPDX-License-Identifier: MIT */
/*
 * own_vdso.h - the vdso of this very process, which is every process's as long as the kernel runs.
 */
#ifndef PROF_SYMBOLIZER_OWN_VDSO_H
#define PROF_SYMBOLIZER_OWN_VDSO_H

#include <stddef.h>

/* Its ELF image, mapped as long as the process lives. NULL and 0 when there is none. */
void own_vdso(const void **image, size_t *size);

#endif
