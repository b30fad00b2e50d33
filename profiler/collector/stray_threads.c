/* SPDX-License-Identifier: MIT */
/*
 * stray_threads.c - claims slots for threads that do not know of us.
 */
#include "profiler/collector/stray_threads.h"

#include "profiler/collector/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void stray_threads_init(struct stray_threads *strays, struct channel_header *header,
                        const struct channel_header *geometry)
{
    *strays = (struct stray_threads){.header = header, .geometry = geometry};
}

void stray_threads_release(struct stray_threads *strays)
{
    hash_map_release(&strays->slots);
    hash_map_release(&strays->now);
    hash_map_release(&strays->before);
}

static uint64_t key_of(int32_t pid, int32_t tid)
{
    return (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid;
}

static struct channel_slot *slot_at(const struct stray_threads *strays, uint32_t i)
{
    return (struct channel_slot *)((char *)strays->header + strays->geometry->slots_offset) + i;
}

static bool has_owner(const struct channel_slot *slot)
{
    uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
    return state == CHANNEL_SLOT_LIVE || state == CHANNEL_SLOT_ENDED;
}

void stray_threads_begin(struct stray_threads *strays)
{
    hash_map_release(&strays->before);
    strays->before = strays->now;
    strays->now = (struct hash_map){0};
    hash_map_release(&strays->slots);
    for (uint32_t i = 0; i < strays->geometry->slot_count; i++) {
        const struct channel_slot *slot = slot_at(strays, i);
        if (has_owner(slot))
            *hash_map_at(&strays->slots, key_of(slot->pid, slot->tid)) = i;
    }
}

/* The target can only write to rings that it has mapped: the first chunk, and those in which it has
 * threads. In each some slots are left to us. */
static bool is_mapped(const struct stray_threads *strays, uint32_t image, uint32_t chunk)
{
    uint32_t first = chunk * strays->geometry->chunk_slots;
    for (uint32_t i = first; i < first + strays->geometry->chunk_slots; i++) {
        if (has_owner(slot_at(strays, i)) && slot_at(strays, i)->image == image)
            return true;
    }
    return chunk == 0;
}

static void fill(struct stray_threads *strays, uint32_t index, uint32_t image, int32_t pid,
                 int32_t tid, uint64_t now_ns)
{
    struct channel_slot *slot = slot_at(strays, index);
    channel_slot_begin(strays->header, slot, index);
    slot->image = image;
    slot->pid = pid;
    slot->tid = tid;
    slot->start_ns = now_ns;
    memset(slot->name, 0, sizeof slot->name);
    process_thread_name(pid, tid, slot->name);
    atomic_store(&slot->clock_wish, CHANNEL_CLOCK_WANTED);
    atomic_store(&slot->stray, CHANNEL_STRAY_WANTS_TIMER);
    atomic_store_explicit(&slot->state, CHANNEL_SLOT_LIVE, memory_order_release);
    atomic_fetch_add_explicit(&strays->header->strays, 1, memory_order_release);
}

static bool claim(struct stray_threads *strays, uint32_t image, int32_t *index)
{
    const struct channel_header *geometry = strays->geometry;
    uint32_t ours = geometry->chunk_slots - CHANNEL_STRAY_SLOTS(geometry->chunk_slots);
    for (uint32_t chunk = 0; chunk < geometry->slot_count / geometry->chunk_slots; chunk++) {
        for (uint32_t i = ours; i < geometry->chunk_slots && is_mapped(strays, image, chunk); i++) {
            uint32_t expected = CHANNEL_SLOT_FREE;
            *index = (int32_t)(chunk * geometry->chunk_slots + i);
            if (atomic_compare_exchange_strong(&slot_at(strays, (uint32_t)*index)->state, &expected,
                                               CHANNEL_SLOT_CLAIMED))
                return true;
        }
    }
    return false;
}

/* One that has just begun will come by itself; one that sleeps is not worth a slot. */
static void look_at_thread(struct stray_threads *strays, uint32_t image, int32_t pid, int32_t tid,
                           uint64_t now_ns)
{
    enum { LONG_NS = 5 * 1000000 };
    uint64_t key = key_of(pid, tid);
    int32_t index;
    if (process_thread_run_ns(pid, tid) < LONG_NS)
        return;
    if (claim(strays, image, &index)) {
        fill(strays, (uint32_t)index, image, pid, tid, now_ns);
        return;
    }
    if (hash_map_get(&strays->before, key) == HASH_MAP_NONE)
        atomic_fetch_add(&strays->header->no_slot, 1); // once
    *hash_map_at(&strays->now, key) = 0;
}

/* Strays do not say when they end. */
static void end_gone(struct stray_threads *strays, uint32_t image, int32_t pid, uint64_t now_ns)
{
    for (uint32_t i = 0; i < strays->geometry->slot_count; i++) {
        struct channel_slot *slot = slot_at(strays, i);
        if (atomic_load(&slot->state) != CHANNEL_SLOT_LIVE || slot->image != image ||
            atomic_load(&slot->stray) == CHANNEL_NO_STRAY)
            continue;
        if (process_has_thread(pid, slot->tid))
            continue;
        slot->end_ns = now_ns;
        atomic_store_explicit(&slot->state, CHANNEL_SLOT_ENDED, memory_order_release);
    }
}

/* A process that may not even return from a signal any more (seccomp). */
static bool wants_none(const struct stray_threads *strays, uint32_t image)
{
    for (uint32_t i = 0; i < strays->geometry->slot_count; i++) {
        const struct channel_slot *slot = slot_at(strays, i);
        if (has_owner(slot) && slot->image == image &&
            atomic_load(&slot->clock_wish) == CHANNEL_CLOCK_NEVER)
            return true;
    }
    return false;
}

void stray_threads_look(struct stray_threads *strays, uint32_t image, int32_t pid, uint64_t now_ns)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    const struct dirent *task;
    while (tasks && (task = readdir(tasks))) {
        int32_t tid = (int32_t)strtol(task->d_name, NULL, 10);
        if (tid > 0 && hash_map_get(&strays->slots, key_of(pid, tid)) == HASH_MAP_NONE &&
            !wants_none(strays, image))
            look_at_thread(strays, image, pid, tid, now_ns);
    }
    if (tasks)
        closedir(tasks);
    end_gone(strays, image, pid, now_ns);
}
