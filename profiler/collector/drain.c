/* SPDX-License-Identifier: MIT */
/*
 * drain.c - empties the rings of a segment into a recording.
 */
#include "profiler/collector/drain.h"

#include "profiler/base/bytes.h"
#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "profiler/channel/ring.h"
#include "profiler/collector/deferred.h"
#include "profiler/collector/quote.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert((int)RECORDING_STOP_COMPLETE == CHANNEL_STOP_COMPLETE, "stop reasons");
_Static_assert((int)RECORDING_STOP_NO_CFI == CHANNEL_STOP_NO_CFI, "stop reasons");
_Static_assert((int)RECORDING_STOP_BAD_CFI == CHANNEL_STOP_BAD_CFI, "stop reasons");
_Static_assert((int)RECORDING_STOP_BAD_MEMORY == CHANNEL_STOP_BAD_MEMORY, "stop reasons");
_Static_assert((int)RECORDING_STOP_TRUNCATED == CHANNEL_STOP_TRUNCATED, "stop reasons");
_Static_assert((int)RECORDING_STOP_UNSUPPORTED == CHANNEL_STOP_UNSUPPORTED, "stop reasons");
_Static_assert((int)RECORDING_STOP_NO_PROGRESS == CHANNEL_STOP_NO_PROGRESS, "stop reasons");
_Static_assert((int)RECORDING_STOP_COUNT == CHANNEL_STOP_COUNT, "stop reasons");

enum {
    MAX_FRAMES = 1 << 16,     /* more than any walk has: what is beyond is damage */
    LOADER_CPU_NS = 60000000, /* more than ld.so needs before our constructor runs */
};

/* One sample, addresses innermost first. */
struct drain_sample {
    uint64_t time_ns;
    uint32_t weight;
    uint8_t stop;
    uint32_t count;
    uint64_t address[MAX_FRAMES];
    bool exact[MAX_FRAMES];
};

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void drain_init(struct drain *drain, struct channel_header *header,
                struct recording_writer *writer)
{
    *drain = (struct drain){.header = header, .writer = writer};
    drain->geometry.slot_count = header->slot_count;
    drain->geometry.ring_size = header->ring_size;
    drain->geometry.slots_offset = header->slots_offset;
    drain->geometry.rings_offset = header->rings_offset;
    drain->slots = memory_new(header->slot_count, sizeof *drain->slots);
    drain->bytes = memory_new(header->ring_size, 1);
    drain->scratch = memory_new(1, sizeof *drain->scratch);
    stack_table_init(&drain->table, writer);
}

void drain_release(struct drain *drain)
{
    for (uint32_t i = 0; i < drain->image_count; i++)
        image_release(&drain->images[i]);
    free(drain->images);
    free(drain->slots);
    free(drain->bytes);
    free(drain->scratch);
    hash_map_release(&drain->image_by_number);
    stack_table_release(&drain->table);
    if (drain->deferred)
        deferred_free(drain->deferred);
}

struct image *drain_image_of(struct drain *drain, uint32_t number)
{
    uint32_t index = hash_map_get(&drain->image_by_number, number);
    return index == HASH_MAP_NONE ? NULL : &drain->images[index];
}

static struct channel_slot *slot_at(const struct drain *drain, uint32_t i)
{
    return (struct channel_slot *)((char *)drain->header + drain->geometry.slots_offset) + i;
}

/* CPU time of another process: the clock id that clock_getcpuclockid(3) makes, without its check
 * that fails for processes of other users. */
static void read_cpu_clock(struct image *image)
{
    struct timespec time;
    clockid_t id = (clockid_t)(~(unsigned)image->pid << 3 | 2);
    if (image->pid_known && !image->superseded && clock_gettime(id, &time) == 0)
        image->cpu_ns = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void end_process(struct drain *drain, struct image *image)
{
    if (image->ended)
        return;
    recording_writer_put(drain->writer, &(struct recording_record){
        .kind = RECORDING_PROCESS_END,
        .process_end = {.process = image->process, .end_ns = now_ns(),
                        .cpu_ns = image->cpu_ns}});
    image->ended = true;
    image_release(image);
}

/* What a slot's counters say beyond what was written of them. */
static void put_loss(struct drain *drain, struct drain_slot *known, uint8_t reason,
                     uint64_t samples, uint64_t weight)
{
    uint64_t *counted = known->counted[reason];
    if (samples <= counted[0] || weight < counted[1])
        return;
    recording_writer_put(drain->writer, &(struct recording_record){
        .kind = RECORDING_LOSS,
        .loss = {.thread = known->thread, .reason = reason, .samples = samples - counted[0],
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
    bool told = atomic_load(&slot->state) == CHANNEL_SLOT_ENDED;
    char name[sizeof known->name + 1] = "";
    memcpy(name, told ? slot->name : known->name, sizeof known->name);
    recording_writer_put(drain->writer, &(struct recording_record){
        .kind = RECORDING_THREAD_END,
        .thread_end = {.thread = known->thread,
                       .name = stack_table_string(&drain->table, name, strlen(name)),
                       .end_ns = told ? slot->end_ns : now_ns(),
                       .cpu_ns = told ? slot->cpu_ns : 0}});
    known->active = false;
    uint64_t head = atomic_load(&slot->head);
    atomic_store(&slot->tail, head);
    atomic_store(&slot->state, CHANNEL_SLOT_FREE);
}

/* A live thread's name, as the kernel has it now. */
static void refresh_name(struct drain_slot *known)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)known->pid, (int)known->tid);
    FILE *file = fopen(path, "re");
    char name[32];
    if (file && fgets(name, sizeof name, file)) {
        name[strcspn(name, "\n")] = '\0';
        snprintf(known->name, sizeof known->name, "%.15s", name);
    }
    if (file)
        fclose(file);
}

static void begin_thread(struct drain *drain, uint32_t index, const struct image *image)
{
    struct drain_slot *known = &drain->slots[index];
    const struct channel_slot *slot = slot_at(drain, index);
    *known = (struct drain_slot){.active = true, .state = known->state, .size = known->size,
                                 .thread = drain->thread_count++, .image = slot->image,
                                 .start_ns = slot->start_ns, .pid = slot->pid,
                                 .tid = slot->tid};
    memcpy(known->name, slot->name, sizeof known->name - 1);
    recording_writer_put(drain->writer, &(struct recording_record){
        .kind = RECORDING_THREAD,
        .thread = {.process = image->process, .tid = (uint32_t)known->tid,
                   .name = stack_table_string(&drain->table, known->name, strlen(known->name)),
                   .start_ns = known->start_ns}});
}

/* A program called exec: what ran in this process before is over. */
static void supersede_earlier_images(struct drain *drain, const struct image *now)
{
    for (uint32_t i = 0; i < drain->image_count; i++) {
        struct image *image = &drain->images[i];
        if (image != now && image->pid == now->pid && image->pid_known && now->pid_known &&
            !image->ended) {
            image->superseded = true;
            image->cpu_ns = now->cpu_ns;
        }
    }
}

static struct bytes take_sized(struct bytes *b)
{
    uint64_t size = bytes_varint(b);
    const uint8_t *at = bytes_take(b, size);
    return bytes_of(at, at ? size : 0);
}

/* Whether the process of that number, as we count, is the one that announced itself, by the time it
 * was started (proc(5), /proc/PID/stat, field 22): it may be one of another PID namespace, or gone
 * and its number taken by somebody else. True also where that cannot be told. */
static bool is_same_process(int32_t pid, uint64_t start_ticks)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[size] = '\0';
    const char *at = strrchr(text, ')'); // the name may contain anything
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return !at || !start_ticks || strtoull(at, NULL, 10) == start_ticks;
}

static void on_process(struct drain *drain, struct bytes payload)
{
    uint32_t number = (uint32_t)bytes_varint(&payload);
    uint32_t parent_number = (uint32_t)bytes_varint(&payload);
    uint64_t flags = bytes_varint(&payload);
    int32_t pid = (int32_t)bytes_varint(&payload);
    uint32_t parent_pid = (uint32_t)bytes_varint(&payload);
    uint64_t time = bytes_varint(&payload), cpu = bytes_varint(&payload);
    uint64_t start_ticks = bytes_varint(&payload);
    struct bytes executable = take_sized(&payload), arguments = take_sized(&payload);
    if (payload.failed || drain_image_of(drain, number))
        return;
    uint32_t index = drain->image_count;
    struct image *image = array_push(&drain->images, &drain->image_count,
                                     &drain->image_capacity);
    *hash_map_at(&drain->image_by_number, number) = index;
    image->number = number;
    image->process = drain->process_count++;
    image->pid = pid;
    image->cpu_ns = cpu;
    image->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    image->pid_known = is_same_process(pid, start_ticks);
    image->executable = memory_new(1, bytes_left(&executable) + 1);
    if (executable.at)
        memcpy(image->executable, executable.at, bytes_left(&executable));
    struct text command = TEXT_INIT;
    quote_arguments(&command, (const char *)arguments.at, bytes_left(&arguments));
    recording_writer_put(drain->writer, &(struct recording_record){
        .kind = RECORDING_PROCESS,
        .process = {.pid = (uint32_t)pid, .parent_pid = parent_pid,
                    .executable = stack_table_string(&drain->table, (const char *)executable.at,
                                                     bytes_left(&executable)),
                    .command = stack_table_string(&drain->table, command.data ? command.data : "",
                                                  command.length),
                    .start_ns = time, .start_cpu_ns = cpu}});
    text_release(&command);
    struct image *parent = drain_image_of(drain, parent_number);
    if (flags & CHANNEL_PROCESS_FORKED && parent)
        image_inherit(image, parent);
    supersede_earlier_images(drain, image);
}

static void on_module(struct drain *drain, struct image *image, struct bytes payload)
{
    struct image_mapping mapping = {.loaded_ns = bytes_varint(&payload)};
    mapping.start = bytes_varint(&payload);
    mapping.end = bytes_varint(&payload);
    mapping.bias = bytes_varint(&payload);
    struct bytes id = take_sized(&payload);
    if (payload.failed)
        return;
    const char *path = (const char *)payload.at;
    size_t size = bytes_left(&payload);
    uint8_t kind = size == 6 && memcmp(path, "[vdso]", 6) == 0 ? RECORDING_MODULE_VDSO
                                                               : RECORDING_MODULE_ELF;
    mapping.module = stack_table_module(&drain->table, path, size, kind, id.at, bytes_left(&id));
    image_load(image, &drain->table, &mapping);
}

/* Frames to a stack, from the outermost inwards. */
static uint32_t stack_of(struct drain *drain, struct image *image, const struct drain_sample *sample)
{
    uint32_t stack = RECORDING_NONE;
    for (uint32_t i = sample->count; i-- > 0;) {
        uint32_t frame;
        if (!image_frame(image, &drain->table, sample->address[i], sample->exact[i],
                         sample->time_ns, &frame) &&
            image->maps_pass != drain->pass) {
            // once a pass: something was loaded that the target has not announced yet
            image->maps_pass = drain->pass;
            image_read_maps(image, &drain->table, sample->time_ns);
            image_frame(image, &drain->table, sample->address[i], sample->exact[i],
                        sample->time_ns, &frame);
        }
        stack = stack_table_stack(&drain->table, stack, frame);
    }
    return stack;
}

static void put_sample(struct drain *drain, const struct drain_slot *known, struct image *image,
                       const struct drain_sample *sample)
{
    recording_writer_put(drain->writer, &(struct recording_record){
        .kind = RECORDING_SAMPLE,
        .sample = {.thread = known->thread, .stack = stack_of(drain, image, sample),
                   .weight = sample->weight, .stop = sample->stop,
                   .time_ns = sample->time_ns}});
    drain->samples++;
}

static void on_sample(struct drain *drain, const struct drain_slot *known, struct image *image,
                      struct bytes payload)
{
    struct drain_sample *sample = drain->scratch;
    sample->time_ns = known->start_ns + bytes_varint(&payload);
    sample->weight = (uint32_t)bytes_varint(&payload);
    sample->count = 0;
    uint64_t address = 0;
    while (bytes_left(&payload) > 1 && sample->count < MAX_FRAMES) {
        uint64_t value = bytes_varint(&payload);
        uint64_t delta = value >> 1;
        address += (delta >> 1) ^ (0 - (delta & 1));
        sample->exact[sample->count] = value & 1;
        sample->address[sample->count++] = address;
    }
    sample->stop = bytes_u8(&payload);
    if (!payload.failed && sample->weight && sample->stop < CHANNEL_STOP_COUNT)
        put_sample(drain, known, image, sample);
}

static void on_deferred(struct drain *drain, const struct drain_slot *known, struct image *image,
                        struct bytes payload)
{
    struct drain_sample *sample = drain->scratch;
    struct deferred_walk walk = {.image = image, .table = &drain->table};
    sample->time_ns = known->start_ns + bytes_varint(&payload);
    sample->weight = (uint32_t)bytes_varint(&payload);
    walk.stack_pointer = bytes_varint(&payload);
    for (int i = 0; i < DEFERRED_REGISTERS; i++)
        walk.registers[i] = bytes_u64(&payload);
    walk.stack = payload.at;
    walk.stack_size = bytes_left(&payload);
    if (payload.failed || !sample->weight)
        return;
    if (!drain->deferred)
        drain->deferred = deferred_new();
    sample->count = deferred_run(drain->deferred, &walk, sample->address, &sample->stop);
    for (uint32_t i = 0; i < sample->count; i++)
        sample->exact[i] = i == 0;
    put_sample(drain, known, image, sample);
}

/* First go: what samples may refer to. A process announces itself and its modules in the ring of
 * one thread, while samples that need them may lie in the rings of others. */
static void on_announcement(struct drain *drain, uint32_t index, uint8_t kind,
                            struct bytes payload)
{
    if (kind == CHANNEL_PROCESS)
        on_process(drain, payload);
    struct image *image = drain_image_of(drain, slot_at(drain, index)->image);
    if (!image || image->ended)
        return;
    if (kind == CHANNEL_MODULE_LOADED) {
        on_module(drain, image, payload);
    } else if (kind == CHANNEL_MODULE_UNLOADED) {
        uint64_t time = bytes_varint(&payload);
        image_unload(image, &drain->table, bytes_varint(&payload), time);
    } else if (kind == CHANNEL_PROCESS_END) {
        image->cpu_ns = bytes_varint(&payload);
        image->said_end = true;
    }
}

/* Second go. */
static void on_measurement(struct drain *drain, uint32_t index, uint8_t kind,
                           struct bytes payload)
{
    struct drain_slot *known = &drain->slots[index];
    struct image *image = drain_image_of(drain, known->image);
    if (kind == CHANNEL_SAMPLE)
        on_sample(drain, known, image, payload);
    else if (kind == CHANNEL_DEFERRED_SAMPLE)
        on_deferred(drain, known, image, payload);
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
    known->size = peek_slot(drain, index);
    for_each_record(drain, index, known->size, on_announcement);
}

static void read_measurements(struct drain *drain, uint32_t index)
{
    struct drain_slot *known = &drain->slots[index];
    struct channel_slot *slot = slot_at(drain, index);
    if (known->state != CHANNEL_SLOT_LIVE && known->state != CHANNEL_SLOT_ENDED)
        return;
    struct image *image = drain_image_of(drain, slot->image);
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
        for_each_record(drain, index, known->size, on_measurement);
        ring_consume(slot, known->size);
    }
    put_losses(drain, known, slot);
    if (known->state == CHANNEL_SLOT_ENDED)
        end_thread(drain, index);
}

/* A process that runs another program than the one that announced itself, and has not announced
 * that: it called exec, and our library could not come along. */
static void notice_replaced(struct drain *drain, struct image *image)
{
    char path[64], now[4096];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)image->pid);
    ssize_t length = readlink(path, now, sizeof now - 1);
    if (length <= 0 || !image->pid_known)
        return;
    now[length] = '\0';
    bool same = strncmp(now, image->executable, strlen(image->executable)) == 0;
    read_cpu_clock(image);
    if (same || !image->suspect)
        image->suspect_cpu_ns = image->cpu_ns;
    image->suspect = !same;
    // a program that has just begun announces itself within a few milliseconds of CPU time
    if (image->cpu_ns - image->suspect_cpu_ns > LOADER_CPU_NS && !image->replaced) {
        image->replaced = true;
        recording_writer_put(drain->writer, &(struct recording_record){
            .kind = RECORDING_LOSS,
            .loss = {.thread = RECORDING_NONE, .reason = RECORDING_LOSS_NOT_PRELOADED,
                     .samples = 1}});
    }
}

static bool process_gone(const struct image *image)
{
    struct pollfd poll_fd = {.fd = image->pidfd, .events = POLLIN};
    if (!image->pid_known) // said to have ended, or never known to have
        return image->said_end;
    if (image->pidfd < 0) // no descriptor left, or a kernel before 5.3
        return kill(image->pid, 0) < 0 && errno == ESRCH;
    return poll(&poll_fd, 1, 0) == 1;
}

/* Looks at every process once; those that are gone have been read to their last byte. */
static uint32_t end_gone_processes(struct drain *drain, const bool *gone)
{
    uint32_t alive = 0;
    for (uint32_t i = 0; i < drain->image_count; i++) {
        struct image *image = &drain->images[i];
        if (image->ended)
            continue;
        read_cpu_clock(image);
        if (!gone[i] && !image->superseded) {
            alive++;
            continue;
        }
        for (uint32_t s = 0; s < drain->geometry.slot_count; s++) {
            if (drain->slots[s].active && drain->slots[s].image == image->number)
                end_thread(drain, s);
        }
        end_process(drain, image);
    }
    return alive;
}

/* What changes without a record: names of threads, programs that vanish behind an exec. */
static void look_around(struct drain *drain)
{
    for (uint32_t i = 0; i < drain->image_count; i++) {
        struct image *image = &drain->images[i];
        if (!image->ended && !image->superseded)
            notice_replaced(drain, image);
    }
    for (uint32_t i = 0; i < drain->geometry.slot_count; i++) {
        if (drain->slots[i].active)
            refresh_name(&drain->slots[i]);
    }
}

uint32_t drain_pass(struct drain *drain)
{
    drain->pass++;
    // who is gone is asked before the rings are read: what it wrote is then certainly in there
    uint32_t known = drain->image_count;
    bool *gone = memory_new(known + 1, sizeof *gone);
    for (uint32_t i = 0; i < known; i++)
        gone[i] = !drain->images[i].ended && process_gone(&drain->images[i]);
    for (uint32_t i = 0; i < drain->geometry.slot_count; i++)
        read_announcements(drain, i);
    for (uint32_t i = 0; i < drain->geometry.slot_count; i++)
        read_measurements(drain, i);
    gone = memory_resize(gone, drain->image_count + 1, sizeof *gone);
    for (uint32_t i = known; i < drain->image_count; i++)
        gone[i] = false;
    // more often while it is cheap: a short program behind an exec should not be missed
    if (drain->pass % 16 == 0 || drain->image_count < 64)
        look_around(drain);
    uint32_t alive = end_gone_processes(drain, gone);
    free(gone);
    return alive;
}

bool drain_all_said_end(const struct drain *drain)
{
    for (uint32_t i = 0; i < drain->image_count; i++) {
        if (!drain->images[i].ended && !drain->images[i].said_end)
            return false;
    }
    return drain->image_count > 0;
}

uint32_t drain_finish(struct drain *drain)
{
    uint64_t no_slot = atomic_load(&drain->header->no_slot);
    uint64_t no_clock = atomic_load(&drain->header->no_clock);
    // the second pass notices that a process which the first one met is already gone
    drain_pass(drain);
    uint32_t alive = drain_pass(drain);
    for (uint32_t i = 0; i < drain->geometry.slot_count; i++) {
        if (drain->slots[i].active)
            end_thread(drain, i);
    }
    for (uint32_t i = 0; i < drain->image_count; i++)
        end_process(drain, &drain->images[i]);
    const struct { uint8_t reason; uint64_t count; } losses[] = {
        {RECORDING_LOSS_NO_SLOT, no_slot}, {RECORDING_LOSS_NO_CLOCK, no_clock}};
    for (int i = 0; i < 2; i++) {
        if (losses[i].count)
            recording_writer_put(drain->writer, &(struct recording_record){
                .kind = RECORDING_LOSS,
                .loss = {.thread = RECORDING_NONE, .reason = losses[i].reason,
                         .samples = losses[i].count}});
    }
    return alive;
}
