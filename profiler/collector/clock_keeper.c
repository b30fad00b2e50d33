/* SPDX-License-Identifier: MIT */
/*
 * clock_keeper.c - who has a perf event.
 */
#include "profiler/collector/clock_keeper.h"

#include "profiler/base/memory.h"
#include "profiler/collector/perf_clock.h"

#include <stdlib.h>
#include <unistd.h>

enum { YOUNG_NS = 500000 }; /* an event takes us about a twentieth of that */

void clock_keeper_init(struct clock_keeper *keeper, uint32_t slot_count, uint64_t period_ns)
{
    *keeper = (struct clock_keeper){.period_ns = period_ns, .count = slot_count};
    keeper->clocks = memory_new(slot_count + 1, sizeof *keeper->clocks);
}

void clock_keeper_release(struct clock_keeper *keeper)
{
    for (uint32_t i = 0; i < keeper->count; i++) {
        if (keeper->clocks[i].fd)
            close(keeper->clocks[i].fd);
    }
    free(keeper->clocks);
}

uint64_t clock_keeper_close(struct clock_keeper *keeper, uint32_t index, struct channel_slot *slot)
{
    uint64_t used = 0; // user and kernel time: only the signals know a difference
    if (index >= keeper->count || !keeper->clocks[index].fd)
        return 0;
    atomic_store(&slot->clock_fd, 0);
    if (read(keeper->clocks[index].fd, &used, sizeof used) != (ssize_t)sizeof used)
        used = 0;
    close(keeper->clocks[index].fd);
    keeper->clocks[index].fd = 0;
    return used;
}

bool clock_keeper_look(struct clock_keeper *keeper, uint32_t index, struct channel_slot *slot,
                       int32_t pid, uint64_t now_ns)
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
    if (!wanted || clock->fd || clock->refused || slot->pid != pid)
        return false;
    if (now_ns - clock->start_ns < YOUNG_NS)
        return true;
    int fd = perf_clock_open(pid, clock->tid, keeper->period_ns, &slot->clock_fd);
    clock->refused = fd < 0;
    clock->fd = fd < 0 ? 0 : fd;
    return false;
}
