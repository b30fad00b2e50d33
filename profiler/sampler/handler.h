/* SPDX-License-Identifier: MIT */
/*
 * handler.h - the SIGPROF handler.
 */
#ifndef PROF_SAMPLER_HANDLER_H
#define PROF_SAMPLER_HANDLER_H

#include <signal.h>

/* Takes one sample of the interrupted thread, or passes a foreign SIGPROF on to the program. */
void handler_on_signal(int signal, siginfo_t *info, void *context);

#endif
