/* SPDX-License-Identifier: MIT */
/*
 * supervise.h - waits for the command as its parent, and stays out of the way of signals.
 *
 * Terminal signals (SIGINT, SIGQUIT, SIGHUP from the kernel) reach the command by themselves, as
 * it is in the same process group; what somebody sends to prof alone is passed on.
 */
#ifndef PROF_CLI_SUPERVISE_H
#define PROF_CLI_SUPERVISE_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

struct supervise {
    sigset_t before;            /* the mask prof was started with: the command's */
    bool child_was_ignored;     /* SIGCHLD was ignored, and so it shall be for the command */
    struct rlimit files_before; /* the command's limit of open files; ours is as high as can be */
};

/* Before anything else is started: takes the signals over. */
void supervise_begin(struct supervise *supervise);

/* Gives the signals back: nothing will be started here after all. */
void supervise_cancel(const struct supervise *supervise);

enum supervise_event {
    SUPERVISE_ENDED, /* the command is a zombie: its last figures can be read until it is reaped */
    SUPERVISE_TIMEOUT, /* the time is over */
    SUPERVISE_TOGGLED, /* the signal came that is for us and not for the command */
};

/* Waits until the command has ended, `seconds` have passed (0: no limit), or `toggle` comes (0: no
 * such signal). */
enum supervise_event supervise_wait(pid_t pid, double seconds, int toggle);

/* The command has ended: from here on signals end prof again, but for those of the past. */
void supervise_relax(const struct supervise *supervise);

/* The wait status of the ended command. */
int supervise_reap(pid_t pid);

/* Ends prof as the command ended: returns its exit status, or dies of its signal. */
int supervise_exit(const struct supervise *supervise, int wait_status);

#endif
