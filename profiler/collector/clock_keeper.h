/* SPDX-License-Identifier: MIT */
/*
 * clock_keeper.h - gives every sampled thread a perf event, and takes it away in time.
 *
 * Runs in: the drain thread.
 * Memory:  owns the descriptors; borrows the slots.
 */
#ifndef PROF_COLLECTOR_CLOCK_KEEPER_H
#define PROF_COLLECTOR_CLOCK_KEEPER_H

#include "profiler/channel/channel.h"

#include <stdbool.h>
#include <stdint.h>

struct clock_keeper {
    uint64_t period_ns;
    uint32_t count;
    struct kept_clock {
        int fd; /* 0: none */
        uint32_t image;
        int32_t tid;
        uint64_t start_ns;
        bool runs, refused;
    } * clocks; /* one per slot */
};

/* A keeper for no slots gives nothing to anybody. */
void clock_keeper_init(struct clock_keeper *keeper, uint32_t slot_count, uint64_t period_ns);
void clock_keeper_release(struct clock_keeper *keeper);

/* A slot whose thread runs, in process `pid` as we count, whose stack starts there. A thread is
 * left alone until it is old enough for an event to be worth while: true asks for another look
 * soon. */
bool clock_keeper_look(struct clock_keeper *keeper, uint32_t index, struct channel_slot *slot,
                       int32_t pid, uint64_t start_stack, uint64_t now_ns);

/* The slot has no thread any more. Returns the CPU time that the thread has used since it had its
 * event, in ns; 0 when it had none. */
uint64_t clock_keeper_close(struct clock_keeper *keeper, uint32_t index, struct channel_slot *slot);

#endif
