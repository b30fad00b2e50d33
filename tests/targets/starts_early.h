/* SPDX-License-Identifier: MIT */
/*
 * starts_early.h - what the library starts_early leaves to works_early.
 */
#ifndef TESTS_TARGETS_STARTS_EARLY_H
#define TESTS_TARGETS_STARTS_EARLY_H

#include <pthread.h>

extern pthread_t starts_early_thread;

#endif
