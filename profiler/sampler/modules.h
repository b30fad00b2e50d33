/* SPDX-License-Identifier: MIT */
/*
 * modules.h - the loaded objects: tables for the handler, records for the collector.
 *
 * Runs in: ordinary code; modules_current also in the signal.
 */
#ifndef PROF_SAMPLER_MODULES_H
#define PROF_SAMPLER_MODULES_H

#include "profiler/unwind/unwind.h"

/* What to walk with. */
const struct unwind_modules *modules_current(void);

/* At start: finds the modules that stay, and announces them. The calling thread is sampled. */
void modules_begin(void);

/* Compares the loader's list with what the collector knows and puts records of the difference.
 * Before and after every dlclose, and as the program ends. */
void modules_announce(void);

/* Around a call into the loader that changes its list: announcements from a signal handler in
 * between are left out. True when this is the outermost such call, which is then to leave. */
bool modules_enter_loader(void);
void modules_leave_loader(void);

/* Around a fork, so that the child does not inherit a half-made list. */
void modules_before_fork(void);
void modules_after_fork(bool child);

#endif
