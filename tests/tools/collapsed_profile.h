/* SPDX-License-Identifier: MIT */
/*
 * collapsed_profile.h - a profile in memory from collapsed stacks, for tests.
 *
 * A line is "frame;frame;frame WEIGHT", outermost frame first. A frame is its name, which may be
 * followed by fields, each after a unit separator (0x1f): module path, file, line, and "i" when the
 * frame is inlined into the one before it. The name "?" makes a frame without a symbol. A line may
 * begin with "!REASON;" (the number of an enum recording_stop), "@TID;" and "~MICROSECONDS;" (when
 * the sample was taken) in this order.
 */
#ifndef PROF_TESTS_COLLAPSED_PROFILE_H
#define PROF_TESTS_COLLAPSED_PROFILE_H

#include "profiler/profile/profile.h"

#include <stddef.h>

/* Fills an uninitialised profile of one process "/opt/app/bin/app", with one period of 1 ms. Lines
 * that are no stacks are passed over. The caller ends it with profile_release. */
void collapsed_profile_build(struct profile *profile, const char *text, size_t size);

#endif
