/* SPDX-License-Identifier: MIT */
/*
 * image.h - one program image: a process between its start (or fork, or exec) and its end, and
 * what is mapped where in it.
 *
 * Memory: owns its mappings and its pidfd; borrows the stack table and the kept files.
 */
#ifndef PROF_COLLECTOR_IMAGE_H
#define PROF_COLLECTOR_IMAGE_H

#include "profiler/collector/kept_files.h"
#include "profiler/collector/mapped_module.h"
#include "profiler/collector/stack_table.h"

#include <stdbool.h>

struct image_mapping {
    uint64_t start, end, bias;
    uint32_t module; /* recording id; RECORDING_NONE: generated code */
    uint64_t loaded_ns, unloaded_ns;
};

struct image {
    uint32_t number;  /* as the target counts */
    uint32_t process; /* recording id */
    int32_t pid;
    bool pid_known;           /* that number is this process here, too, and not another's */
    int pidfd;                /* -1: could not be had */
    struct kept_files *files; /* NULL: none are kept */
    uint64_t start_ns;        /* when the program announced itself */
    uint64_t start_ticks;     /* when the process was started, as it says; 0: not known */
    int32_t found_pid;        /* of a process that is not known, once looked for; 0: not found */
    bool sought;
    uint64_t start_stack;    /* of this program in the process; 0: not known */
    bool superseded;         /* another program runs in this process now */
    bool said_end;           /* its last instructions run */
    bool vanished;           /* as this pass found it */
    bool ended;              /* PROCESS_END was written */
    uint64_t cpu_ns;         /* of the process, last known */
    uint64_t start_cpu_ns;   /* when it announced itself */
    uint64_t threads_cpu_ns; /* of its threads that have ended, at least */
    char *executable;        /* as it announced itself */
    bool suspect, replaced;  /* runs another program, maybe without our library; was told */
    uint64_t suspect_cpu_ns; /* its CPU time when that was first seen */
    uint32_t maps_pass;      /* the pass that last read /proc/PID/maps */
    bool compiles;           /* it has code that is in no file */

    struct image_mapping *live; /* sorted by start */
    uint32_t live_count, live_capacity;
    struct image_mapping *gone; /* oldest first */
    uint32_t gone_count, gone_capacity;
    struct hash_map frames; /* address and exactness -> recording frame, while nothing changes */
};

void image_release(struct image *image);

/* A module that was loaded, as the target says. One that is known already is ignored; one that lies
 * over others replaces them. */
void image_load(struct image *image, struct stack_table *table,
                const struct image_mapping *mapping);
void image_unload(struct image *image, struct stack_table *table, uint64_t start, uint64_t time);

/* Looks into /proc/PID/maps for what the target has not told yet. */
void image_read_maps(struct image *image, struct stack_table *table, uint64_t time);

/* Keeps the file of a module that this process has mapped, unless it is kept already. The path need
 * not end; `pid` and `is_program` are filled in here. */
void image_keep_file(struct image *image, uint32_t module, const char *path, size_t path_size,
                     struct mapped_module mapped);

/* Keeps what a program that compiles at run time writes about its code, once that is there. */
void image_keep_names(struct image *image);

/* The mappings of the parent, for a forked process. */
void image_inherit(struct image *image, const struct image *parent);

/* The recording's frame of an address at a time; false when nothing known holds the address (the
 * frame is then absolute). */
bool image_frame(struct image *image, struct stack_table *table, uint64_t address, bool exact,
                 uint64_t time, uint32_t *frame);

#endif
