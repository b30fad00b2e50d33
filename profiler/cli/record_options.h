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
    double seconds;     /* 0: until the command ends */
    bool no_children, strict, quiet;
    /* prof run only */
    const char *picture; /* pattern */
    uint32_t limit, color;
};

#define RECORD_DEFAULT_HZ 997 /* a prime: not in step with anything periodic in the target */

#define RECORD_OPTIONS                                                                             \
    {'F',                                                                                          \
     "frequency",                                                                                  \
     OPTION_NUMBER,                                                                                \
     offsetof(struct record_settings, hz),                                                         \
     "HZ",                                                                                         \
     "samples per second of CPU time and thread (default 997)",                                    \
     1,                                                                                            \
     20000,                                                                                        \
     NULL},                                                                                        \
        {'o',                                                                                      \
         "output",                                                                                 \
         OPTION_STRING,                                                                            \
         offsetof(struct record_settings, output),                                                 \
         "FILE",                                                                                   \
         "write the recording here; %p becomes the process id, %n a counter (default prof.data, "  \
         "an "                                                                                     \
         "older one is kept as prof.data.old)",                                                    \
         0,                                                                                        \
         0,                                                                                        \
         NULL},                                                                                    \
        {'d',                                                                                      \
         "duration",                                                                               \
         OPTION_DECIMAL,                                                                           \
         offsetof(struct record_settings, seconds),                                                \
         "SECONDS",                                                                                \
         "stop sampling after this time; the command goes on",                                     \
         0.001,                                                                                    \
         1e7,                                                                                      \
         NULL},                                                                                    \
        {0,           "no-children",                                                               \
         OPTION_FLAG, offsetof(struct record_settings, no_children),                               \
         NULL,        "sample only the command itself, not what it forks or executes",             \
         0,           0,                                                                           \
         NULL},                                                                                    \
        {0,           "strict",                                                                    \
         OPTION_FLAG, offsetof(struct record_settings, strict),                                    \
         NULL,        "end with status 125 where the command could only run without profiling",    \
         0,           0,                                                                           \
         NULL},                                                                                    \
    {                                                                                              \
        'q', "quiet", OPTION_FLAG, offsetof(struct record_settings, quiet), NULL,                  \
            "print nothing but errors", 0, 0, NULL                                                 \
    }

#endif
