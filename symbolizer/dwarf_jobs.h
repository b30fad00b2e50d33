/* SPDX-License-Identifier: MIT */
/*
 * dwarf_jobs.h - scans units with several threads.
 *
 * A job is a unit and the targets in it. Threads take jobs from a queue, the largest unit first,
 * and keep what they find with the job; the caller's thread then publishes the jobs in the order of
 * the units, so that the answer does not depend on who was faster.
 */
#ifndef PROF_SYMBOLIZER_DWARF_JOBS_H
#define PROF_SYMBOLIZER_DWARF_JOBS_H

#include "symbolizer/dwarf_scan.h"
#include "symbolizer/dwarf_split.h"

struct dwarf_job {
    uint32_t unit;
    struct dwarf_target *targets;
    uint32_t count;
    bool declined; /* by the decoder: the targets are as they were */
    struct dwarf_node *nodes;
    struct dwarf_worker *worker; /* who did it */
};

struct dwarf_jobs {
    struct dwarf_units *units;
    struct dwarf_split *split;
    struct string_table *strings;
    struct dwarf_job *jobs;
    uint32_t count, capacity;
    uint32_t *order; /* of the queue */
    uint32_t next;   /* of the queue; taken atomically */
    uint64_t read;   /* bytes of units, since the file was last forgotten; added to atomically */
    struct dwarf_worker *workers;
    uint32_t worker_count;
    bool lacks_shared; /* a name is in a file shared by dwz, which was not found */
};

/* The sections of the units must be loaded. */
void dwarf_jobs_init(struct dwarf_jobs *jobs, struct dwarf_units *units, struct dwarf_split *split,
                     struct string_table *strings);
void dwarf_jobs_release(struct dwarf_jobs *jobs);

/* The targets belong to the caller, and must stay. */
void dwarf_jobs_add(struct dwarf_jobs *jobs, uint32_t unit, struct dwarf_target *targets,
                    uint32_t count);

/* Scans with at most that many threads. */
void dwarf_jobs_run(struct dwarf_jobs *jobs, uint32_t threads);

/* As many frames as the jobs can fill, after the scan. */
uint64_t dwarf_jobs_frame_limit(const struct dwarf_jobs *jobs);

/* Fills lines and frames of the lookups of a job that was not declined. */
void dwarf_jobs_publish(struct dwarf_jobs *jobs, const struct dwarf_job *job,
                        struct lookup_batch *batch);

#endif
