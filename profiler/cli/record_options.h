/* SPDX-License-Identifier: MIT */
/*
 * record_options.h - the options that every way of recording shares: run, record, PROF_OPTIONS.
 */
#ifndef PROF_CLI_RECORD_OPTIONS_H
#define PROF_CLI_RECORD_OPTIONS_H

#include "profiler/cli/message.h"
#include "profiler/cli/subcommand.h"

struct record_settings {
    uint32_t hz;
    const char *output; /* pattern */
    double delay;       /* seconds without sampling at first */
    double seconds;     /* of sampling; 0: until the command ends */
    uint32_t clock;     /* enum collector_clock */
    uint32_t unwind;    /* enum channel_unwind */
    uint32_t toggle;    /* index into record_toggles */
    bool paused, no_children, strict, quiet;
    /* prof run only */
    const char *picture; /* pattern */
    uint32_t limit, color;
    /* prof record only */
    bool no_symbols;
};

#define RECORD_DEFAULT_HZ 997 /* a prime: not in step with anything periodic in the target */

/* For the tables, each in the order of its numbers. */
extern const char *const record_clocks[], *const record_unwinds[], *const record_toggles[];

/* The signal that switches sampling off and on, or 0. */
int record_toggle_signal(const struct record_settings *settings);

#define RECORD_FIELD(field) offsetof(struct record_settings, field)

// clang-format off
#define RECORD_OPTIONS                                                                             \
    {'F', "frequency", OPTION_NUMBER, RECORD_FIELD(hz), "HZ",                                      \
     "samples per second of CPU time and thread (default 997)", 1, 20000, NULL},                   \
    {'o', "output", OPTION_STRING, RECORD_FIELD(output), "FILE",                                   \
     "write the recording here; %p becomes the process id, %n a counter (default prof.data, an "   \
     "older one is kept as prof.data.old)", 0, 0, NULL},                                           \
    {0, "delay", OPTION_DECIMAL, RECORD_FIELD(delay), "SECONDS",                                   \
     "begin to sample only after this time", 0.001, 1e7, NULL},                                    \
    {'d', "duration", OPTION_DECIMAL, RECORD_FIELD(seconds), "SECONDS",                            \
     "stop sampling after this time; the command goes on", 0.001, 1e7, NULL},                      \
    {0, "toggle", OPTION_CHOICE, RECORD_FIELD(toggle), "SIGNAL",                                   \
     "USR1 or USR2: sent to prof, it switches sampling off and on again, and does not reach the "  \
     "command (default none)", 0, 0, record_toggles},                                              \
    {0, "paused", OPTION_FLAG, RECORD_FIELD(paused), NULL,                                         \
     "begin with sampling switched off, until the signal of --toggle comes or the program calls "  \
     "prof_start()", 0, 0, NULL},                                                                  \
    {0, "clock", OPTION_CHOICE, RECORD_FIELD(clock), "CLOCK",                                      \
     "auto, perf or timer: perf events give the full rate, timers no more than the kernel's tick; "\
     "auto (the default) takes perf events where they are permitted", 0, 0, record_clocks},        \
    {0, "unwind", OPTION_CHOICE, RECORD_FIELD(unwind), "ENGINE",                                   \
     "auto, cfi, libunwind or fp: how stacks are walked. auto (the default) is cfi, the unwind "   \
     "tables of the binaries, and libunwind for what they leave open; fp follows frame pointers "  \
     "only", 0, 0, record_unwinds},                                                                \
    {0, "no-children", OPTION_FLAG, RECORD_FIELD(no_children), NULL,                               \
     "sample only the command itself, not what it forks or executes", 0, 0, NULL},                 \
    {0, "strict", OPTION_FLAG, RECORD_FIELD(strict), NULL,                                         \
     "end with status 125 where the command could only run without profiling", 0, 0, NULL},        \
    {'q', "quiet", OPTION_FLAG, RECORD_FIELD(quiet), NULL,                                         \
     "print nothing but errors", 0, 0, NULL}
// clang-format on

#endif
