/* SPDX-License-Identifier: MIT */
/*
 * launch.h - starts the command with the sampler preloaded.
 */
#ifndef PROF_COLLECTOR_LAUNCH_H
#define PROF_COLLECTOR_LAUNCH_H

#include "profiler/base/error.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

struct launch_options {
    char *const *arguments; /* argv, NULL-terminated */
    const char *path;       /* execute this; NULL: look argv[0] up, scripts without #! included */
    const char *library;    /* path of libprof.so; NULL: run without profiling */
    const char *session;    /* value of PROF_SESSION; NULL likewise */
    bool address_sanitizer; /* see struct preflight */
    const sigset_t *mask;   /* signal mask of the command */
    bool ignore_child;      /* SIGCHLD is ignored in the command */
    const struct rlimit *files; /* its limit of open files */
};

/* Forks and executes. Returns the process id; -1 with the error filled, its code the errno of
 * exec, when nothing was started. */
pid_t launch_command(const struct launch_options *options, struct error *error);

/* The library that belongs to this prof: <prefix>/lib/prof/libprof.so beside <prefix>/bin/prof.
 * Returns -1 with the error filled when it is not there. */
int launch_find_library(char *path, size_t size, struct error *error);

#endif
