/* SPDX-License-Identifier: MIT */
/*
 * collector.h - the front door: a shared segment, and a thread that drains it into a recording.
 */
#ifndef PROF_COLLECTOR_COLLECTOR_H
#define PROF_COLLECTOR_COLLECTOR_H

#include "profiler/base/error.h"
#include "profiler/collector/kept_files.h"

#include <stdbool.h>
#include <stdint.h>

struct collector;

enum collector_clock {
    COLLECTOR_CLOCK_AUTO,  /* perf events where they are permitted, and timers */
    COLLECTOR_CLOCK_PERF,  /* the same, or an error */
    COLLECTOR_CLOCK_TIMER, /* timers alone */
};

struct collector_options {
    const char *path; /* of the recording */
    uint32_t hz;      /* samples per CPU second and thread */
    enum collector_clock clock;
    uint32_t unwind; /* enum channel_unwind */
    bool paused;     /* begins without sampling, until collector_pause(…, false) */
    bool follow_children;
    bool nobody_waits;      /* no wait status will come: the recording ends with the last process */
    char *const *arguments; /* the command, for the record; NULL: not known */
};

/* Creates the recording and the segment and starts draining. NULL with the error filled. */
struct collector *collector_open(const struct collector_options *options, struct error *error);

/* Where the sampler finds the segment: the value for CHANNEL_ENVIRONMENT. */
const char *collector_session(const struct collector *collector);

/* Why there are only timers although perf events were wished for; "" otherwise. */
const char *collector_clock_refusal(const struct collector *collector);

/* Takes no samples from now on, or takes them again. What passes in between is counted. May be
 * called in a signal handler. */
void collector_pause(struct collector *collector, bool paused);
bool collector_is_paused(const struct collector *collector);

/* How many processes have announced themselves, how many of them are alive, and how many are about
 * to: forked, but not heard of yet. A fork that failed counts among the last for ever. */
struct collector_count {
    uint32_t seen, alive, expected;
};
struct collector_count collector_count_processes(const struct collector *collector);

/* With nobody_waits: the last process is over and the recording complete. */
bool collector_has_ended(const struct collector *collector);

/* The files of the recording's modules, with kept_files_release to be called by whoever asks. After
 * collector_drain_rest, and before collector_close. */
struct kept_files collector_take_files(struct collector *collector);

/* Stops sampling and drains to the last byte. To be called while an ended child has not been reaped
 * yet, so that its CPU time can still be read. */
void collector_drain_rest(struct collector *collector);

/* Ends the recording: drains the rest if that was not done, writes the figures, closes.
 * `wait_status` as from wait(2), -1: not known. Returns -1 with the error of the first write that
 * failed (a full disk); what was written before is kept. */
int collector_close(struct collector *collector, int wait_status, struct error *error);

#endif
