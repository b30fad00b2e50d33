/* SPDX-License-Identifier: MIT */
/*
 * guard.h - keeps SIGPROF ours without the program noticing.
 *
 * Most programs meet SIGPROF only by accident: they block every signal around a critical section,
 * or wait for all of them in a thread of its own. For them we pretend: SIGPROF is left out of the
 * mask, and reported back as if it were in it. A program that means SIGPROF (installs a handler,
 * arms a timer with it, names it in a small set) gets the kernel's own truth: what it blocks is
 * blocked, and our clock rests in that thread as long. Its SIGPROFs are passed on to its handler.
 *
 * Runs in: guard_install in the constructor; guard_forward in the signal; the rest is interposed
 *          and, like what it stands for, async-signal-safe.
 */
#ifndef PROF_SAMPLER_GUARD_H
#define PROF_SAMPLER_GUARD_H

#include <signal.h>
#include <stdbool.h>

/* Installs the handler; what was there before becomes the program's disposition. */
int guard_install(void (*handler)(int, siginfo_t *, void *));

/* The C library has installed a SIGPROF handler of its own past sigaction (profil): that one
 * becomes the program's, ours is put back. */
void guard_recapture(void);

/* A SIGPROF that is not from our clocks: does what the program asked for. */
void guard_forward(int signal, siginfo_t *info, void *context);

/* In a forked child: another thread of the parent may have been in the middle of something. */
void guard_after_fork(void);

/* Whether a handler of the program's own can have broken off a system call: it has one for a signal
 * that may come at any time, or once had. Async-signal-safe. */
bool guard_has_handlers(void);

/* The program is about to install a disposition. */
void guard_note_handler(int signal, sighandler_t handler);

/* What a new thread takes over from its creator. */
bool guard_belief(void);
void guard_begin_thread(bool belief);

/* The program's disposition and mask of SIGPROF, for the doors of guard_legacy.c. */
int guard_set_action(const struct sigaction *action, struct sigaction *old);
bool guard_is_installed(void);

#endif
