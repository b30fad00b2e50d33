/* SPDX-License-Identifier: MIT */
/*
 * drain.h - empties the rings of a segment into a recording.
 *
 * Runs in:   one thread of the prof process.
 * Memory:    owns its tables; borrows segment and writer.
 * Trust:     what is in the segment is the target's word; sizes and numbers are checked, and the
 *            geometry is our own copy.
 */
#ifndef PROF_COLLECTOR_DRAIN_H
#define PROF_COLLECTOR_DRAIN_H

#include "profiler/channel/channel.h"
#include "profiler/collector/clock_keeper.h"
#include "profiler/collector/image_list.h"
#include "profiler/collector/sample_reader.h"
#include "profiler/collector/stray_threads.h"

/* What the collector knows of a slot's present owner. */
struct drain_slot {
    bool active;
    uint32_t thread; /* recording id */
    uint32_t image;  /* as the target counts */
    uint64_t start_ns;
    int32_t pid, tid;
    char name[16];
    uint64_t counted[2][2]; /* losses written so far: [reason][samples, weight] */
    uint32_t state;         /* of the slot, as this pass found it */
    uint32_t owner;         /* the image, likewise */
    size_t size;            /* of what this pass reads from the ring */
    uint32_t waited;        /* passes in which it was not announced */
};

struct drain {
    struct channel_header *header;
    struct channel_header geometry; /* our copy of what the target could overwrite */
    struct recording_writer *writer;
    struct stack_table table;
    struct drain_slot *slots;
    struct image_list images;
    struct kept_files files;
    struct sample_reader samples;
    struct clock_keeper clocks;
    struct stray_threads strays;
    uint64_t strays_ns; /* when they were last looked for */
    uint64_t now_ns;    /* of this pass */
    bool soon;          /* another pass is wanted within a millisecond */
    bool last;          /* nothing will be put off any more */
    uint32_t thread_count;
    uint8_t *bytes; /* one ring */
    uint32_t pass;
};

void drain_init(struct drain *drain, struct channel_header *header,
                struct recording_writer *writer);
void drain_release(struct drain *drain);

/* One pass over all slots; notices threads and processes that ended. Returns how many processes
 * are alive. */
uint32_t drain_pass(struct drain *drain);

/* Whether every process has ended, or is about to as its last record says. */
bool drain_all_said_end(const struct drain *drain);

/* Reads the rest and ends every thread and process that is still open. Returns how many processes
 * are alive all the same. */
uint32_t drain_finish(struct drain *drain);

#endif
