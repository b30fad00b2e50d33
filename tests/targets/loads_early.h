/* SPDX-License-Identifier: MIT */
/*
 * loads_early.h - what the library loads_early leaves to unloads_early.
 */
#ifndef TESTS_TARGETS_LOADS_EARLY_H
#define TESTS_TARGETS_LOADS_EARLY_H

/* From dlopen, NULL when it failed; the program closes it. */
extern void *loads_early_handle;

#endif
