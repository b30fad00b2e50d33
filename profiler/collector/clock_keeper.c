/* SPDX-License-Identifier: MIT */
/*
 * clock_keeper.c - who has a perf event.
 */
#include "profiler/collector/clock_keeper.h"

#include "profiler/base/memory.h"
#include "profiler/collector/perf_clock.h"
#include "profiler/collector/process.h"

#include <stdlib.h>

enum { YOUNG_NS = 500000 }; /* an event takes us about a tenth of that */

void clock_keeper_init(struct clock_keeper *keeper, uint32_t slot_count, uint64_t period_ns)
{
    *keeper = (struct clock_keeper){.period_ns = period_ns, .count = slot_count};
    keeper->clocks = memory_new(slot_count + 1, sizeof *keeper->clocks);
}

void clock_keeper_release(struct clock_keeper *keeper)
{
    for (uint32_t i = 0; i < keeper->count; i++) {
        if (keeper->clocks[i].fd)
            perf_clock_close(keeper->clocks[i].fd);
    }
    free(keeper->clocks);
}

uint64_t clock_keeper_close(struct clock_keeper *keeper, uint32_t index, struct channel_slot *slot)
{
    if (index >= keeper->count || !keeper->clocks[index].fd)
        return 0;
    atomic_store(&slot->clock_fd, 0);
    uint64_t used = perf_clock_close(keeper->clocks[index].fd);
    keeper->clocks[index].fd = 0;
    keeper->clocks[index].runs = false;
    return used;
}

/* The steps of enum channel_clock_wish. */
static void open_clock(struct clock_keeper *keeper, struct kept_clock *clock,
                       struct channel_slot *slot, int32_t pid, uint64_t start_stack)
{
    int fd = perf_clock_open(pid, clock->tid, keeper->period_ns);
    clock->refused = fd < 0;
    if (clock->refused)
        return;
    clock->fd = fd;
    // after it was opened: who acknowledges from here on runs the program that it was opened on
    atomic_store(&slot->clock_ack, 0);
    atomic_store(&slot->clock_fd, fd);
    clock->runs = start_stack && process_start_stack(pid) == start_stack;
    if (clock->runs)
        perf_clock_start(fd);
}

static void start_clock(struct kept_clock *clock, struct channel_slot *slot)
{
    if (clock->runs || atomic_load(&slot->clock_ack) != clock->fd)
        return;
    clock->runs = true;
    perf_clock_start(clock->fd);
}

bool clock_keeper_look(struct clock_keeper *keeper, uint32_t index, struct channel_slot *slot,
                       int32_t pid, uint64_t start_stack, uint64_t now_ns)
{
    if (index >= keeper->count)
        return false;
    struct kept_clock *clock = &keeper->clocks[index];
    struct kept_clock owner = {.image = slot->image, .tid = slot->tid, .start_ns = slot->start_ns};
    bool wanted = atomic_load(&slot->clock_wish) == CHANNEL_CLOCK_WANTED;
    bool same =
        clock->image == owner.image && clock->tid == owner.tid && clock->start_ns == owner.start_ns;
    if (!same || !wanted)
        clock_keeper_close(keeper, index, slot);
    if (!same)
        *clock = owner;
    // in a PID namespace of its own the thread's number is not the one that we know it by
    if (!wanted || clock->refused || slot->pid != pid)
        return false;
    if (clock->fd) {
        start_clock(clock, slot);
        return false;
    }
    if (now_ns - clock->start_ns < YOUNG_NS)
        return true;
    open_clock(keeper, clock, slot, pid, start_stack);
    return false;
}
