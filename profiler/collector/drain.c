/* SPDX-License-Identifier: MIT */
/*
 * drain.c - empties the rings of a segment into a recording.
 */
#include "profiler/collector/drain.h"

#include "profiler/base/clock.h"
#include "profiler/base/memory.h"
#include "profiler/channel/ring.h"
#include "profiler/collector/process.h"

#include <stdlib.h>
#include <string.h>

enum { LOADER_CPU_NS = 60000000 }; /* more than ld.so needs before our constructor runs */

void drain_init(struct drain *drain, struct channel_header *header, struct recording_writer *writer)
{
    *drain = (struct drain){.header = header, .writer = writer};
    drain->geometry.slot_count = header->slot_count;
    drain->geometry.ring_size = header->ring_size;
    drain->geometry.chunk_slots = header->chunk_slots;
    drain->geometry.slots_offset = header->slots_offset;
    drain->geometry.rings_offset = header->rings_offset;
    drain->slots = memory_new(header->slot_count, sizeof *drain->slots);
    drain->bytes = memory_new(header->ring_size, 1);
    stack_table_init(&drain->table, writer);
    image_list_init(&drain->images, &drain->table);
    kept_files_init(&drain->files, 0);
    drain->images.files = &drain->files;
    sample_reader_init(&drain->samples, &drain->table);
    clock_keeper_init(&drain->clocks, header->flags & CHANNEL_PERF ? header->slot_count : 0,
                      header->period_ns);
    stray_threads_init(&drain->strays, header, &drain->geometry);
}

void drain_release(struct drain *drain)
{
    stray_threads_release(&drain->strays);
    clock_keeper_release(&drain->clocks);
    sample_reader_release(&drain->samples);
    image_list_release(&drain->images);
    kept_files_release(&drain->files);
    stack_table_release(&drain->table);
    free(drain->slots);
    free(drain->bytes);
}

static struct channel_slot *slot_at(const struct drain *drain, uint32_t i)
{
    return (struct channel_slot *)((char *)drain->header + drain->geometry.slots_offset) + i;
}

static void read_cpu_clock(struct image *image)
{
    if (image->pid_known && !image->superseded)
        process_cpu_ns(image->pid, &image->cpu_ns);
}

static void end_process(struct drain *drain, struct image *image)
{
    if (image->ended)
        return;
    // one that was killed and reaped between two looks: its threads' events still know
    uint64_t least = image->start_cpu_ns + image->threads_cpu_ns;
    if (!image->said_end && !image->superseded && image->cpu_ns < least)
        image->cpu_ns = least;
    recording_writer_put(
        drain->writer,
        &(struct recording_record){.kind = RECORDING_PROCESS_END,
                                   .process_end = {.process = image->process,
                                                   .end_ns = clock_read_ns(CLOCK_MONOTONIC),
                                                   .cpu_ns = image->cpu_ns}});
    image->ended = true;
    kept_files_settle_names(&drain->files, image->process);
    image_release(image);
}

/* What a slot's counters say beyond what was written of them. */
static void put_loss(struct drain *drain, struct drain_slot *known, uint8_t reason,
                     uint64_t samples, uint64_t weight)
{
    uint64_t *counted = known->counted[reason];
    if (samples <= counted[0] || weight < counted[1])
        return;
    recording_writer_put(drain->writer,
                         &(struct recording_record){.kind = RECORDING_LOSS,
                                                    .loss = {.thread = known->thread,
                                                             .reason = reason,
                                                             .samples = samples - counted[0],
                                                             .weight = weight - counted[1]}});
    counted[0] = samples;
    counted[1] = weight;
}

static void put_losses(struct drain *drain, struct drain_slot *known, struct channel_slot *slot)
{
    put_loss(drain, known, RECORDING_LOSS_RING_FULL, atomic_load(&slot->lost_samples),
             atomic_load(&slot->lost_weight));
    put_loss(drain, known, RECORDING_LOSS_PAUSED, atomic_load(&slot->paused_samples),
             atomic_load(&slot->paused_weight));
}

/* The thread is over: says so and gives its slot to the next one. */
static void end_thread(struct drain *drain, uint32_t index)
{
    struct drain_slot *known = &drain->slots[index];
    struct channel_slot *slot = slot_at(drain, index);
    put_losses(drain, known, slot);
    bool told = atomic_load(&slot->state) == CHANNEL_SLOT_ENDED &&
                atomic_load(&slot->stray) == CHANNEL_NO_STRAY;
    uint64_t counted_ns = clock_keeper_close(&drain->clocks, index, slot);
    uint64_t cpu_ns = told ? slot->cpu_ns : counted_ns;
    struct image *image = image_list_find(&drain->images, known->image);
    if (image)
        image->threads_cpu_ns += cpu_ns;
    char name[sizeof known->name + 1] = "";
    memcpy(name, told ? slot->name : known->name, sizeof known->name);
    recording_writer_put(
        drain->writer,
        &(struct recording_record){
            .kind = RECORDING_THREAD_END,
            .thread_end = {.thread = known->thread,
                           .name = stack_table_string(&drain->table, name, strlen(name)),
                           .end_ns = told ? slot->end_ns : clock_read_ns(CLOCK_MONOTONIC),
                           .cpu_ns = cpu_ns}});
    known->active = false;
    uint64_t head = atomic_load(&slot->head);
    atomic_store(&slot->tail, head);
    atomic_store(&slot->state, CHANNEL_SLOT_FREE);
}

static void begin_thread(struct drain *drain, uint32_t index, const struct image *image)
{
    struct drain_slot *known = &drain->slots[index];
    const struct channel_slot *slot = slot_at(drain, index);
    *known = (struct drain_slot){.active = true,
                                 .state = known->state,
                                 .size = known->size,
                                 .owner = known->owner,
                                 .image = known->owner,
                                 .thread = drain->thread_count++,
                                 .start_ns = slot->start_ns,
                                 .pid = slot->pid,
                                 .tid = slot->tid};
    memcpy(known->name, slot->name, sizeof known->name - 1);
    recording_writer_put(
        drain->writer,
        &(struct recording_record){
            .kind = RECORDING_THREAD,
            .thread = {.process = image->process,
                       .tid = (uint32_t)known->tid,
                       .name = stack_table_string(&drain->table, known->name, strlen(known->name)),
                       .start_ns = known->start_ns}});
}

/* First go: what samples may refer to. A process announces itself and its modules in the ring of
 * one thread, while samples that need them may lie in the rings of others. */
static void on_announcement(struct drain *drain, uint32_t index, uint8_t kind, struct bytes payload)
{
    image_list_announce(&drain->images, drain->slots[index].owner, kind, payload);
}

/* Second go. */
static void on_sample(struct drain *drain, uint32_t index, uint8_t kind, struct bytes payload)
{
    const struct drain_slot *known = &drain->slots[index];
    struct image *image = image_list_find(&drain->images, known->owner);
    sample_reader_read(&drain->samples, known->thread, image, known->start_ns, kind, payload);
}

/* Hands the first `size` bytes of a slot's ring, record by record, to `handle`. */
static void for_each_record(struct drain *drain, uint32_t index, size_t size,
                            void (*handle)(struct drain *, uint32_t, uint8_t, struct bytes))
{
    struct bytes records = bytes_of(drain->bytes, size);
    while (bytes_left(&records) >= CHANNEL_RECORD_HEADER) {
        uint32_t header = bytes_u32(&records);
        const uint8_t *payload = bytes_take(&records, header >> 8);
        if (!payload)
            break; // the target scribbled over its ring: skip what there is
        handle(drain, index, (uint8_t)header, bytes_of(payload, header >> 8));
    }
}

static size_t peek_slot(struct drain *drain, uint32_t index)
{
    const uint8_t *ring = (uint8_t *)drain->header + drain->geometry.rings_offset +
                          (uint64_t)index * drain->geometry.ring_size;
    return ring_peek(slot_at(drain, index), ring, drain->geometry.ring_size, drain->bytes);
}

static void read_announcements(struct drain *drain, uint32_t index)
{
    struct drain_slot *known = &drain->slots[index];
    struct channel_slot *slot = slot_at(drain, index);
    // the state before the bytes: a thread that had ended by now has written all it will
    known->state = atomic_load_explicit(&slot->state, memory_order_acquire);
    known->size = 0;
    if (known->state != CHANNEL_SLOT_LIVE && known->state != CHANNEL_SLOT_ENDED)
        return;
    known->owner = slot->image; // once: the target could change it between two looks
    known->size = peek_slot(drain, index);
    for_each_record(drain, index, known->size, on_announcement);
}

/* A process that was killed in its first instants leaves a slot that was claimed, or filled in, and
 * will never be announced. */
static void clean_up(struct drain *drain, uint32_t index)
{
    enum { PATIENCE = 50 }; // passes
    struct drain_slot *known = &drain->slots[index];
    struct channel_slot *slot = slot_at(drain, index);
    bool announced =
        known->state == CHANNEL_SLOT_FREE ||
        (known->state != CHANNEL_SLOT_CLAIMED && image_list_find(&drain->images, known->owner));
    known->waited = announced ? 0 : known->waited + 1;
    if (known->waited < PATIENCE || !process_is_gone(slot->pid, -1))
        return;
    known->waited = 0;
    atomic_store(&slot->tail, atomic_load(&slot->head));
    atomic_store(&slot->state, CHANNEL_SLOT_FREE);
}

/* A child's announcement may have been read before its parent's, and was put off. */
static void read_put_off(struct drain *drain, uint32_t used)
{
    enum { PATIENCE = 25 }; // passes; the parent's announcement may be lost
    uint32_t before;
    do {
        before = drain->images.count;
        for (uint32_t i = 0; i < used; i++) {
            struct drain_slot *known = &drain->slots[i];
            if (!known->size || image_list_find(&drain->images, known->owner))
                continue;
            drain->images.impatient = known->waited > PATIENCE || drain->last;
            peek_slot(drain, i);
            for_each_record(drain, i, known->size, on_announcement);
            drain->images.impatient = false;
        }
    } while (drain->images.count != before);
}

static void read_samples(struct drain *drain, uint32_t index)
{
    struct drain_slot *known = &drain->slots[index];
    struct channel_slot *slot = slot_at(drain, index);
    if (known->state != CHANNEL_SLOT_LIVE && known->state != CHANNEL_SLOT_ENDED)
        return;
    struct image *image = image_list_find(&drain->images, known->owner);
    if (!image) // not announced yet: next time
        return;
    if (image->ended) {
        // a latecomer of a program that is over: nothing to attach it to
        ring_consume(slot, known->size);
        if (known->state == CHANNEL_SLOT_ENDED)
            atomic_store(&slot->state, CHANNEL_SLOT_FREE);
        return;
    }
    if (!known->active)
        begin_thread(drain, index, image);
    if (known->size) {
        peek_slot(drain, index);
        for_each_record(drain, index, known->size, on_sample);
        ring_consume(slot, known->size);
    }
    put_losses(drain, known, slot);
    if (known->state == CHANNEL_SLOT_ENDED)
        end_thread(drain, index);
    else if (image->pid_known && atomic_load(&drain->header->state) != CHANNEL_STOPPED)
        drain->soon |= clock_keeper_look(&drain->clocks, index, slot, image->pid,
                                         image->start_stack, drain->now_ns);
}

/* A process that runs another program than the one that announced itself, and has not announced
 * that: it called exec, and our library could not come along. */
static void notice_replaced(struct drain *drain, struct image *image)
{
    bool same = !image->pid_known || process_runs(image->pid, image->executable);
    if (same || !image->suspect)
        image->suspect_cpu_ns = image->cpu_ns;
    image->suspect = !same;
    // a program that has just begun announces itself within a few milliseconds of CPU time
    if (image->cpu_ns - image->suspect_cpu_ns > LOADER_CPU_NS && !image->replaced) {
        image->replaced = true;
        recording_writer_put(drain->writer, &(struct recording_record){
                                                .kind = RECORDING_LOSS,
                                                .loss = {.thread = RECORDING_NONE,
                                                         .reason = RECORDING_LOSS_NOT_PRELOADED,
                                                         .samples = 1}});
    }
}

static bool is_gone(const struct image *image)
{
    if (!image->pid_known)
        return image->said_end; // nobody else can tell
    return process_is_gone(image->pid, image->pidfd);
}

/* Looks at every process once; of those that are marked as vanished all has been read. */
static uint32_t end_gone_processes(struct drain *drain)
{
    uint32_t alive = 0;
    for (uint32_t i = 0; i < drain->images.open_count; i++) {
        struct image *image = &drain->images.images[drain->images.open[i]];
        read_cpu_clock(image);
        if (!image->vanished && !image->superseded) {
            alive++;
            continue;
        }
        for (uint32_t s = 0; s < drain->geometry.slot_count; s++) {
            if (drain->slots[s].active && drain->slots[s].image == image->number)
                end_thread(drain, s);
        }
        end_process(drain, image);
    }
    image_list_forget_ended(&drain->images);
    return alive;
}

/* Programs that vanish behind an exec change without a record. */
static void notice_replacements(struct drain *drain)
{
    for (uint32_t i = 0; i < drain->images.open_count; i++) {
        struct image *image = &drain->images.images[drain->images.open[i]];
        if (!image->superseded)
            notice_replaced(drain, image);
    }
}

/* So do the names of threads. */
static void refresh_names(struct drain *drain)
{
    for (uint32_t i = 0; i < drain->geometry.slot_count; i++) {
        if (drain->slots[i].active)
            process_thread_name(drain->slots[i].pid, drain->slots[i].tid, drain->slots[i].name);
    }
}

/* Threads that nobody has told us of. */
static void find_strays(struct drain *drain)
{
    enum { INTERVAL_NS = 50 * 1000000, MANY = 8 };
    uint64_t times = 1 + drain->images.open_count / MANY; // a folder is read for each
    if (drain->now_ns - drain->strays_ns < times * INTERVAL_NS)
        return;
    drain->strays_ns = drain->now_ns;
    stray_threads_begin(&drain->strays);
    for (uint32_t i = 0; i < drain->images.open_count; i++) {
        const struct image *image = &drain->images.images[drain->images.open[i]];
        if (!image->superseded && image->pid_known && !image->replaced)
            stray_threads_look(&drain->strays, image->number, image->pid, drain->now_ns);
    }
}

/* Compilers may begin to write about their code long after they have begun to make it. */
static void look_for_names(struct drain *drain)
{
    for (uint32_t i = 0; i < drain->images.open_count; i++)
        image_keep_names(&drain->images.images[drain->images.open[i]]);
}

/* Slots that were ever claimed, as the target says. */
static uint32_t slots_used(const struct drain *drain)
{
    uint32_t used = atomic_load(&drain->header->slots_used);
    return used < drain->geometry.slot_count ? used : drain->geometry.slot_count;
}

uint32_t drain_pass(struct drain *drain)
{
    drain->pass++;
    drain->now_ns = clock_read_ns(CLOCK_MONOTONIC);
    drain->soon = false;
    drain->samples.pass = drain->pass;
    // who is gone is asked before the rings are read: what it wrote is then certainly in there
    for (uint32_t i = 0; i < drain->images.open_count; i++) {
        struct image *image = &drain->images.images[drain->images.open[i]];
        image->vanished = is_gone(image);
    }
    uint32_t used = slots_used(drain);
    for (uint32_t i = 0; i < used; i++)
        read_announcements(drain, i);
    read_put_off(drain, used);
    for (uint32_t i = 0; i < used; i++)
        read_samples(drain, i);
    for (uint32_t i = 0; i < used; i++)
        clean_up(drain, i);
    find_strays(drain);
    uint32_t alive = end_gone_processes(drain);
    bool seldom = drain->pass % 16 == 0; // a file is opened for each process and thread
    // processes more often while they are few: a short program behind an exec is not to be missed
    if (seldom || drain->images.open_count < 64)
        notice_replacements(drain);
    if (seldom) {
        refresh_names(drain);
        look_for_names(drain);
    }
    return alive;
}

bool drain_all_said_end(const struct drain *drain)
{
    for (uint32_t i = 0; i < drain->images.open_count; i++) {
        if (!drain->images.images[drain->images.open[i]].said_end)
            return false;
    }
    // numbers are given out before a fork: a child that has not announced itself yet is one short
    return drain->images.count > 0 &&
           drain->images.count >= atomic_load(&drain->header->next_image);
}

uint32_t drain_finish(struct drain *drain)
{
    uint64_t no_slot = atomic_load(&drain->header->no_slot);
    uint64_t no_clock = atomic_load(&drain->header->no_clock);
    // the second pass notices that a process which the first one met is already gone
    drain_pass(drain);
    drain->last = true;
    uint32_t alive = drain_pass(drain);
    for (uint32_t i = 0; i < drain->geometry.slot_count; i++) {
        if (drain->slots[i].active)
            end_thread(drain, i);
    }
    for (uint32_t i = 0; i < drain->images.open_count; i++)
        end_process(drain, &drain->images.images[drain->images.open[i]]);
    image_list_forget_ended(&drain->images);
    const struct {
        uint8_t reason;
        uint64_t count;
    } losses[] = {{RECORDING_LOSS_NO_SLOT, no_slot}, {RECORDING_LOSS_NO_CLOCK, no_clock}};
    for (int i = 0; i < 2; i++) {
        if (losses[i].count)
            recording_writer_put(drain->writer,
                                 &(struct recording_record){.kind = RECORDING_LOSS,
                                                            .loss = {.thread = RECORDING_NONE,
                                                                     .reason = losses[i].reason,
                                                                     .samples = losses[i].count}});
    }
    return alive;
}
