/* SPDX-License-Identifier: MIT */
/*
 * guard.h - keeps SIGPROF ours without the program noticing.
 *
 * The program may install its own SIGPROF handler, use its own timers, block all signals or wait
 * for them. What it asks for is remembered and reported back to it as if it had been done; its own
 * SIGPROFs are passed on to its handler.
 *
 * Runs in: guard_install in the constructor; guard_forward in the signal; the rest is interposed.
 */
#ifndef PROF_SAMPLER_GUARD_H
#define PROF_SAMPLER_GUARD_H

#include <signal.h>
#include <stdbool.h>

/* Installs the handler; what was there before becomes the program's disposition. */
int guard_install(void (*handler)(int, siginfo_t *, void *));

/* A SIGPROF that is not from our clocks: does what the program asked for. */
void guard_forward(int signal, siginfo_t *info, void *context);

/* Blocks or unblocks our signal in the calling thread, under the program's own mask. */
void guard_block(bool block);

#endif
