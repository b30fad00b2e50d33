/* SPDX-License-Identifier: MIT */
/*
 * jitdump.h - functions and source lines of code that was compiled at run time.
 *
 * Reads what JIT compilers write for perf into jit-PID.dump: "JITDUMP specification version 2"
 * (linux, tools/perf/Documentation/jitdump-specification.txt). Code comes and goes: the same
 * address may hold one function after the other, and each record has its time. Pure: the caller
 * brings the bytes, which are untrusted. Does not read the unwind information.
 *
 * Memory: names and files borrow from the bytes, which must stay until jitdump_release.
 */
#ifndef PROF_SYMBOLIZER_JITDUMP_H
#define PROF_SYMBOLIZER_JITDUMP_H

#include "profiler/base/bytes.h"
#include "profiler/base/error.h"

struct jitdump_function {
    uint64_t time_ns; /* of CLOCK_MONOTONIC, from when on it was there; 0: always */
    uint64_t start, end;
    uint64_t reach; /* the farthest end of this function and those before it */
    uint64_t index; /* the compiler's number for it */
    uint32_t order; /* in the file: of two at one time the later one counts */
    const char *name;
    struct bytes lines;  /* its line entries; none: empty */
    uint64_t lines_base; /* the address that stands for its start in them */
};

struct jitdump {
    uint32_t pid;                       /* of the program that wrote it, as that saw it */
    uint64_t first_ns;                  /* when its first function was there; 0: it does not say */
    struct jitdump_function *functions; /* sorted by start, then order */
    uint32_t count, capacity;
};

/* Returns 0, or -1 with the error filled: not a jitdump, or one of the other byte order. Damage
 * further on costs what comes after it. */
int jitdump_parse(struct jitdump *dump, struct bytes bytes, struct error *error);
void jitdump_release(struct jitdump *dump);

/*
 * The functions that held the address, one after the other: writes at most `room` of them, the
 * first one first, and returns how many. Without times in the file it is the last one only.
 */
uint32_t jitdump_find(const struct jitdump *dump, uint64_t address,
                      const struct jitdump_function **found, uint32_t room);

/* The source line of an address of the function; false when it is not known. */
bool jitdump_line(const struct jitdump_function *function, uint64_t address, const char **file,
                  uint32_t *line);

#endif
