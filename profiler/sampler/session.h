/* SPDX-License-Identifier: MIT */
/*
 * session.h - the shared segment as this process has it mapped, and the identity of this program.
 *
 * Runs in: ordinary code (attach, detach, notify); the fields are read in the signal.
 */
#ifndef PROF_SAMPLER_SESSION_H
#define PROF_SAMPLER_SESSION_H

#include "profiler/channel/channel.h"

#include <stdint.h>
#include <sys/types.h>

struct session {
    struct channel_header *header; /* NULL: this process is not sampled */
    /* copies, because the header can be written by every process of the session */
    uint32_t ring_size, slot_count, max_frames;
    uint64_t period_ns;
    uint32_t image;      /* number of this program image */
    pid_t pid;           /* of the process that is sampled under this image */
    _Atomic bool silent; /* system calls may be forbidden from now on (seccomp): none of ours */
    _Atomic bool paused; /* the program called prof_stop (prof.h) */
    bool standalone;     /* preloaded without `prof run`: this program started the collector */
};

// static: the handler and the interposers have no other way to it
extern struct session session;

/* Maps the segment named in the environment, or starts a collector of our own when there is none.
 * Returns -1, and the program runs unprofiled, when neither works. */
int session_attach(void);

/* Whether the process that empties the rings has ended. Async-signal-safe. */
bool session_collector_is_gone(void);

/* Asks the collector to empty the rings soon. One futex wake; async-signal-safe. */
void session_ring_doorbell(void);

/* The same, and waits until it has, or it is gone, or `timeout_ms`
 * passed. */
void session_drain(int timeout_ms);

#endif
