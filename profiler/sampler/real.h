/* SPDX-License-Identifier: MIT */
/*
 * real.h - the functions behind the ones this library interposes.
 *
 * Runs in: ordinary code of the target, first in the constructor; never in the signal.
 *
 * Looked up by dlsym(RTLD_NEXT) once, in the constructor, or earlier by a constructor of another
 * library that calls an interposed function before ours ran.
 */
#ifndef PROF_SAMPLER_REAL_H
#define PROF_SAMPLER_REAL_H

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>

/* Marks a function that stands in for the C library's; everything else stays hidden. */
#define INTERPOSED __attribute__((visibility("default")))

struct real_functions {
    int (*pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    int (*sigaction)(int, const struct sigaction *, struct sigaction *);
    int (*pthread_sigmask)(int, const sigset_t *, sigset_t *);
    int (*sigwait)(const sigset_t *, int *);
    int (*sigwaitinfo)(const sigset_t *, siginfo_t *);
    int (*sigtimedwait)(const sigset_t *, siginfo_t *, const struct timespec *);
    int (*signalfd)(int, const sigset_t *, int);
    int (*setitimer)(__itimer_which_t, const struct itimerval *, struct itimerval *);
    int (*timer_create)(clockid_t, struct sigevent *, timer_t *);
    int (*dlclose)(void *);
    int (*thrd_create)(thrd_t *, thrd_start_t, void *);
    int (*prctl)(int, ...);
    long (*syscall)(long, ...);
    /* the doors of guard_legacy.c */
    sighandler_t (*signal)(int, sighandler_t);
    sighandler_t (*bsd_signal)(int, sighandler_t);
    sighandler_t (*ssignal)(int, sighandler_t);
    sighandler_t (*__sysv_signal)(int, sighandler_t);
    sighandler_t (*sysv_signal)(int, sighandler_t);
    sighandler_t (*sigset)(int, sighandler_t);
    int (*sighold)(int);
    int (*sigrelse)(int);
    int (*sigignore)(int);
    int (*profil)(unsigned short *, size_t, size_t, unsigned);
    void (*__monstartup)(unsigned long, unsigned long);
};

const struct real_functions *real(void);

#endif
