/* SPDX-License-Identifier: MIT */
/*
 * report.h - what the walkers inside a program tell the test outside: counts and a few examples.
 *
 * Memory: one file, mapped by every process of a run and by the test.
 */
#ifndef PROF_TESTS_ORACLE_REPORT_H
#define PROF_TESTS_ORACLE_REPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define ORACLE_ENVIRONMENT "PROF_ORACLE_REPORT" /* the file's path */

enum {
    ORACLE_EXAMPLES = 8,
    ORACLE_EXAMPLE_FRAMES = 12,
    ORACLE_BURST = 24, /* instructions in a row whose stacks are compared */
};

/* How two walks of one stack compare. What explains a difference is checked for each one, by
 * `explain` in walks_both.c; what it does not explain fails the test. */
enum oracle_class {
    ORACLE_EQUAL,
    ORACLE_WITHOUT_CFI,  /* differ behind a frame for which libunwind, too, finds no CFI */
    ORACLE_RESTORES_RSP, /* differ behind a row with a rule for rsp, which libunwind ignores */
    ORACLE_LANDING_PAD,  /* differ behind a return address that no call has left */
    ORACLE_UNEXPLAINED,
    ORACLE_CLASS_COUNT
};

struct oracle_walk {
    uint32_t count;
    int32_t stop; /* ours: enum unwind_stop; libunwind's: the last result of unw_step */
    uint64_t address[ORACLE_EXAMPLE_FRAMES];
};

struct oracle_example {
    uint32_t same;                   /* frames that agree, from the innermost on */
    struct oracle_walk ours, theirs; /* from four frames before the difference on */
    char module[128];                /* what holds the last frame that agrees */
    uint64_t offset;                 /* and where in it */
};

struct oracle_report {
    _Atomic uint64_t processes, stacks, frames;
    _Atomic uint64_t complete; /* stacks, by our walk */
    _Atomic uint64_t class_count[ORACLE_CLASS_COUNT];
    _Atomic uint64_t table_too_long; /* our walk with copied tables stopped at a long FDE */
    _Atomic uint64_t copied_differs; /* it found something else */
    _Atomic uint64_t example_count;  /* of unexplained ones; may be more than there is room for */
    struct oracle_example example[ORACLE_EXAMPLES];
};

#endif
