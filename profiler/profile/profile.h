/* SPDX-License-Identifier: MIT */
/*
 * profile.h - the model that every later stage reads: what was sampled, and what it is called.
 *
 * Plain tables that refer to each other by index (PROFILE_NONE: none). Built once from a
 * recording, completed by the symbolizer, read-only for the renderers.
 *
 * Memory: everything belongs to the profile until profile_release.
 */
#ifndef PROF_PROFILE_PROFILE_H
#define PROF_PROFILE_PROFILE_H

#include "profiler/base/error.h"
#include "profiler/base/string_table.h"
#include "profiler/recording/format.h"

#include <stdbool.h>
#include <stdint.h>

#define PROFILE_NONE RECORDING_NONE

struct profile_module {
    uint32_t path;
    uint8_t kind; /* enum recording_module_kind */
    uint8_t build_id_size;
    uint8_t build_id[RECORDING_BUILD_ID_MAX];
    uint32_t symbol_source; /* where its names came from; "" before symbolizing or when none */
    uint32_t symbol_reason; /* what is missing and what would help; "" when nothing is */
};

struct profile_process {
    uint32_t pid, parent_pid;
    uint32_t executable, command;
    uint32_t image;            /* 0 for the first program this process ran, 1 after one exec, ... */
    uint64_t start_ns, end_ns; /* end_ns 0: not known */
    uint64_t start_cpu_ns;     /* used before sampling began: loader, earlier images */
    uint64_t cpu_ns;           /* at the end, including start_cpu_ns; 0: not known */
};

struct profile_thread {
    uint32_t process;
    uint32_t tid;
    uint32_t name;
    uint64_t start_ns, end_ns; /* end_ns 0: not known */
    uint64_t cpu_ns;           /* used while it was sampled; 0: not known */
};

struct profile_mapping {
    uint32_t process, module;
    uint64_t time_ns, start, end, bias;
};

/* One address, and once symbolized the source lines it stands for: lines[first_line] is the
 * innermost inlined function, the last of line_count is the real one. line_count is 0 before. */
#define PROFILE_FRAME_INLINED                                                                      \
    (1u << 31) /* its last line too is inlined into the parent stack's                             \
                */

struct profile_frame {
    uint32_t module; /* or PROFILE_NONE: the address is absolute */
    uint32_t flags;  /* RECORDING_FRAME_RETURN, PROFILE_FRAME_INLINED */
    uint64_t address;
    uint32_t first_line, line_count;
};

struct profile_line {
    uint32_t function;
    uint32_t file, line; /* 0: not known */
};

/* What kind of code a function is, where the profile's source says so instead of its module. */
enum profile_code {
    PROFILE_CODE_BY_MODULE,
    PROFILE_CODE_USER,
    PROFILE_CODE_LIBRARY,
    PROFILE_CODE_KERNEL,
    PROFILE_CODE_JIT,
    PROFILE_CODE_UNKNOWN,
    PROFILE_CODE_GAP,   /* no function: why stacks are incomplete */
    PROFILE_CODE_GROUP, /* no function: a process or thread */
    PROFILE_CODE_REST,  /* no function: frames that were left out of the file */
    PROFILE_CODE_COUNT
};

struct profile_function {
    uint32_t name;         /* demangled */
    uint32_t linkage_name; /* 0: same as name */
    uint32_t module;       /* or PROFILE_NONE */
    uint32_t file, line;   /* where it is defined; 0: not known */
    uint8_t code;          /* enum profile_code */
};

/* What a frame was for the samples of one process from a time on; see profile_split_versions. */
struct profile_version {
    uint32_t frame, process;
    uint64_t since_ns;
    uint32_t first_line, line_count;
};

struct profile_stack {
    uint32_t parent; /* the caller's stack, always a smaller index; PROFILE_NONE: outermost */
    uint32_t frame;
};

struct profile_sample {
    uint64_t time_ns;
    uint32_t thread;
    uint32_t stack;  /* or PROFILE_NONE */
    uint64_t weight; /* in periods of period_ns CPU time */
    uint32_t more;   /* samples it stands for beside itself, where a source has summed them up;
                      * UINT32_MAX: as many as its weight says */
    uint8_t stop;    /* enum recording_stop */
    bool older;      /* of the profile this one is compared with: counts for nothing else */
};

/* How many samples it stands for. */
static inline uint64_t profile_sample_count(const struct profile_sample *sample)
{
    return sample->more == UINT32_MAX ? sample->weight : (uint64_t)sample->more + 1;
}

struct profile_loss {
    uint32_t thread; /* or PROFILE_NONE */
    uint8_t reason;  /* enum recording_loss_reason */
    uint64_t samples, weight;
};

struct profile {
    struct string_table strings;

    /* the run */
    uint32_t command, directory, host, system, engine, prof_version;
    uint64_t requested_hz;
    uint64_t period_ns; /* 0: weights are no CPU time but numbers of `unit` */
    uint32_t unit;      /* "samples" or what else the source counts; 0: samples */
    uint64_t start_ns, start_unix_ns;
    uint64_t end_ns;     /* the latest time known when the recording was not finished */
    int32_t wait_status; /* -1: not known */
    bool finished;       /* the recording has its last record */
    uint64_t damaged_bytes;
    uint32_t damage; /* why, in words */
    bool symbolized;
    bool compared;                 /* there may be older samples */
    bool distinct_stacks;          /* frames of stacks with one parent are of different functions */
    struct profile_totals *totals; /* came with the profile in place of its records; or NULL */

    struct profile_module *modules;
    uint32_t module_count, module_capacity;
    struct profile_process *processes;
    uint32_t process_count, process_capacity;
    struct profile_thread *threads;
    uint32_t thread_count, thread_capacity;
    struct profile_mapping *mappings;
    uint32_t mapping_count, mapping_capacity;
    struct profile_frame *frames;
    uint32_t frame_count, frame_capacity;
    struct profile_stack *stacks;
    uint32_t stack_count, stack_capacity;
    struct profile_sample *samples;
    uint32_t sample_count, sample_capacity;
    struct profile_loss *losses;
    uint32_t loss_count, loss_capacity;

    /* symbols */
    struct profile_function *functions;
    uint32_t function_count, function_capacity;
    struct profile_line *lines;
    uint32_t line_count, line_capacity;
    struct profile_version *versions;
    uint32_t version_count, version_capacity;
    /* The frames and stacks from these on were made from others by profile_split_versions:
     * stacks[whole_stacks + i] from stacks[split_stacks[i]]. Without versions there are none. */
    uint32_t whole_frames, whole_stacks, *split_stacks;
};

void profile_init(struct profile *profile);
void profile_release(struct profile *profile);

/* Fills an initialised profile from a recording. Returns -1 only when nothing could be read; a
 * damaged tail is noted in damaged_bytes. Every index in the tables is checked: those that use
 * the profile need not. Where a frame or module has symbols more than once, the last ones count. */
int profile_load(struct profile *profile, const char *path, struct error *error);

/* Appends the symbols (functions, lines of frames, sources of modules) to the recording it was
 * loaded from, where they replace those that are there. Returns -1 when the recording cannot be
 * written or is another one by now. */
int profile_save_symbols(const struct profile *profile, const char *path, struct error *error);

/* Adds the samples of an older profile, to be compared with: marked as such, with what they refer
 * to. Modules are the same when their files have the same name: builds lie in different folders. */
void profile_add_older(struct profile *profile, const struct profile *older);

/*
 * Compilers that run with a program put other code where they had some before, and processes have
 * different code at one address. What a frame was otherwise than its own lines say is told by
 * `versions`: the split gives the samples that this concerns stacks of their own, with frames of
 * their own, so that nobody else needs to know. Symbolizing begins with joining, which takes all
 * of that back and forgets the versions.
 */
void profile_split_versions(struct profile *profile);
void profile_join_versions(struct profile *profile);

/* The string of an id, never NULL. */
const char *profile_string(const struct profile *profile, uint32_t id);

/*
 * Figures of the whole run, computed from the tables; what `prof info` and the summary print.
 * cpu_ns counts every sampled process once, over all programs it ran, up to its end, or as far as
 * its samples tell when its end is not known; accounted_ns is the sum of the weights; start_cpu_ns
 * is what ran before sampling could begin, of each program, a part of cpu_ns.
 */
struct profile_totals {
    uint64_t samples; /* records, each one a distinct signal */
    uint64_t weight;  /* in periods */
    uint64_t accounted_ns;
    uint64_t cpu_ns;
    uint64_t start_cpu_ns;
    uint64_t paused_ns;    /* while the program had sampling switched off, a part of cpu_ns */
    uint64_t duration_ns;  /* wall time */
    uint64_t lost_samples; /* the ring was full */
    uint64_t lost_weight;
    uint64_t complete;                     /* samples whose walk reached the thread's first frame */
    uint64_t stops[RECORDING_STOP_COUNT];  /* samples by reason */
    uint64_t losses[RECORDING_LOSS_COUNT]; /* lost samples, or threads/programs not sampled */
    double achieved_hz;                    /* distinct samples per accounted CPU second */
};
void profile_totals(const struct profile *profile, struct profile_totals *totals);

/* "complete", "no_cfi", ...: the stable word for a stop reason, as in `prof info --json`. */
const char *profile_stop_name(unsigned stop);

#endif
