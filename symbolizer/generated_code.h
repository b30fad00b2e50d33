/* SPDX-License-Identifier: MIT */
/*
 * generated_code.h - what JIT compilers left behind about the code they made, for each process.
 *
 * A jitdump tells source lines, and what was where when: it is preferred. The program maps it, so
 * the recording knows where it lies; else it is looked for by the number of the process where
 * compilers leave it: ~/.debug/jit/, /tmp and the folder the command ran in. A perf-PID.map names
 * functions only. What was kept while the process lived comes first, of both: nobody else may have
 * seen it. A process that was forked has its parent's code. Files are named by numbers of
 * processes, which are used again; a file is of the process that had the number when it was
 * written.
 *
 * Memory: opens files as they are asked for; names borrow from them until generated_code_free.
 */
#ifndef PROF_SYMBOLIZER_GENERATED_CODE_H
#define PROF_SYMBOLIZER_GENERATED_CODE_H

#include "profiler/profile/profile.h"
#include "symbolizer/symbolize_options.h"

struct generated_name {
    uint64_t since_ns; /* 0: always */
    const char *name;  /* not NUL-terminated */
    uint32_t name_size;
    const char *file; /* "": not known */
    uint32_t line;
};

/* Of the options, those about maps of processes count. Profile and options must stay. */
struct generated_code;
struct generated_code *generated_code_new(const struct profile *profile,
                                          const struct symbolize_options *options);
void generated_code_free(struct generated_code *code);

/* The names of what was at the address in a process (index), one after the other: writes at most
 * `room` and returns how many. */
uint32_t generated_code_find(struct generated_code *code, uint32_t process, uint64_t address,
                             struct generated_name *names, uint32_t room);

/* Says of the modules that are jitdumps which were read and why others were not. */
void generated_code_describe(struct generated_code *code, struct profile *profile);

#endif
