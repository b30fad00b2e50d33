/* SPDX-License-Identifier: MIT */
/*
 * test_drain.c - a segment written by hand, and the recording that comes of it.
 *
 * The processes in it are this one, and children that wait until they are killed: drain asks the
 * kernel about every process it is told of.
 */
#include "profiler/channel/ring.h"
#include "profiler/collector/drain.h"
#include "tests/unit/recording/recording_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 4, RING = 4096, MODULE = 0x10000, MODULE_END = 0x20000, START_NS = 1000 };

struct fixture {
    struct channel_header *header;
    struct recording_writer *writer;
    struct drain drain;
    struct record_list list;
    char program[512]; /* this test's own file */
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct channel_header layout = {.magic = CHANNEL_MAGIC, .abi_version = CHANNEL_ABI_VERSION};
    uint64_t size = channel_layout(&layout, SLOTS, RING);
    f->header = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
    memset((void *)f->header, 0, size);
    memcpy((void *)f->header, &layout, sizeof layout);
    atomic_store(&f->header->slots_used, SLOTS);
    folder_begin(NULL);
    f->writer = recording_writer_create(folder_path("prof.data"), NULL);
    drain_init(&f->drain, f->header, f->writer);
    recording_writer_put(f->writer, &(struct recording_record){.kind = RECORDING_SESSION});
    assert_true(readlink("/proc/self/exe", f->program, sizeof f->program - 1) > 0);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    drain_release(&f->drain);
    if (f->writer)
        recording_writer_close(f->writer, NULL);
    record_list_release(&f->list);
    free(f->header);
    free(f);
    return folder_end(NULL);
}

/* A thread of program image `image` takes slot i. */
static void live_slot(struct fixture *f, uint32_t i, uint32_t image, pid_t pid)
{
    struct channel_slot *slot = channel_slot_at(f->header, i);
    slot->image = image;
    slot->pid = pid;
    slot->tid = pid;
    slot->start_ns = START_NS;
    strcpy(slot->name, "worker");
    atomic_store(&slot->state, CHANNEL_SLOT_LIVE);
}

static struct ring_writer record(struct fixture *f, uint32_t slot, unsigned kind)
{
    struct ring_writer w;
    ring_begin(&w, channel_slot_at(f->header, slot), channel_ring_at(f->header, slot), RING, kind);
    return w;
}

static void put_sized(struct ring_writer *w, const char *bytes, size_t size)
{
    ring_put_varint(w, size);
    ring_put_bytes(w, bytes, size);
}

static void put_process(struct fixture *f, uint32_t slot, uint32_t image, uint32_t parent,
                        unsigned flags, pid_t pid)
{
    struct ring_writer w = record(f, slot, CHANNEL_PROCESS);
    const uint64_t numbers[] = {image, parent, flags, (uint64_t)pid, 1, START_NS, 7};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        ring_put_varint(&w, numbers[i]);
    ring_put_varint(&w, 0); // when it was started: not known
    ring_put_varint(&w, 0); // nor where its stack starts
    put_sized(&w, f->program, strlen(f->program));
    put_sized(&w, "run\0a b\0", 8);
    assert_true(ring_commit(&w));
}

static void put_module(struct fixture *f, uint32_t slot, const char *path)
{
    struct ring_writer w = record(f, slot, CHANNEL_MODULE_LOADED);
    ring_put_varint(&w, START_NS);
    ring_put_varint(&w, MODULE);
    ring_put_varint(&w, MODULE_END);
    ring_put_varint(&w, MODULE);
    put_sized(&w, "\x01\x02\x03", 3);
    ring_put_bytes(&w, path, strlen(path));
    assert_true(ring_commit(&w));
}

/* Addresses innermost first, up to a 0; all but the first are return addresses. */
static void put_sample(struct fixture *f, uint32_t slot, uint32_t weight, const uint64_t *addresses,
                       uint8_t stop)
{
    struct ring_writer w = record(f, slot, CHANNEL_SAMPLE);
    uint64_t previous = 0;
    ring_put_varint(&w, 500);
    ring_put_varint(&w, (uint64_t)weight << 1);
    for (int i = 0; addresses[i]; i++) {
        ring_put_varint(&w, ring_zigzag((int64_t)(addresses[i] - previous)) << 1 | (i == 0));
        previous = addresses[i];
    }
    ring_put_byte(&w, stop);
    assert_true(ring_commit(&w));
}

static const uint64_t one_stack[] = {MODULE + 0x100, MODULE + 0x2000, MODULE + 0x30, 0};

/* This process with one module in slot 0. */
static void put_this_process(struct fixture *f)
{
    live_slot(f, 0, 1, getpid());
    put_process(f, 0, 1, 0, 0, getpid());
    put_module(f, 0, "/lib/a.so");
}

/* Drains to the end and reads the recording back. */
static void finish(struct fixture *f)
{
    char damage[160];
    drain_finish(&f->drain);
    assert_int_equal(recording_writer_close(f->writer, NULL), 0);
    f->writer = NULL;
    record_list_read(&f->list, folder_path("prof.data"), damage);
    assert_string_equal(damage, "");
}

/* The nth record of a kind; NULL when there are fewer. */
static const struct recording_record *nth(const struct fixture *f, enum recording_kind kind,
                                          uint32_t n)
{
    for (uint32_t i = 0; i < f->list.count; i++) {
        if (f->list.records[i].kind == kind && n-- == 0)
            return &f->list.records[i];
    }
    return NULL;
}

static uint32_t count(const struct fixture *f, enum recording_kind kind)
{
    uint32_t n = 0;
    while (nth(f, kind, n))
        n++;
    return n;
}

static const char *string(const struct fixture *f, uint32_t id)
{
    return id ? nth(f, RECORDING_STRING, id - 1)->string.bytes : "";
}

static pid_t start_child(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that fails must not leave it behind
        for (;;)
            pause();
    }
    return pid;
}

static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT); // a zombie, as prof keeps it
}

static void what_is_in_the_ring_comes_out_of_the_recording(void **state)
{
    struct fixture *f = *state;
    put_this_process(f);
    put_sample(f, 0, 3, one_stack, CHANNEL_STOP_NO_CFI);
    assert_int_equal(drain_pass(&f->drain), 1);
    put_sample(f, 0, 1, one_stack, CHANNEL_STOP_COMPLETE);
    finish(f);
    const struct recording_process *process = &nth(f, RECORDING_PROCESS, 0)->process;
    assert_int_equal(process->pid, getpid());
    assert_string_equal(string(f, process->executable), f->program);
    assert_string_equal(string(f, process->command), "run 'a b'");
    assert_int_equal(process->start_cpu_ns, 7);
    const struct recording_module *module = &nth(f, RECORDING_MODULE, 0)->module;
    assert_string_equal(string(f, module->path), "/lib/a.so");
    assert_int_equal(module->build_id_size, 3);
    assert_string_equal(string(f, nth(f, RECORDING_THREAD, 0)->thread.name), "worker");
    assert_int_equal(count(f, RECORDING_SAMPLE), 2);
    const struct recording_sample *sample = &nth(f, RECORDING_SAMPLE, 0)->sample;
    assert_int_equal(sample->weight, 3);
    assert_int_equal(sample->stop, RECORDING_STOP_NO_CFI);
    assert_int_equal(nth(f, RECORDING_SAMPLE, 1)->sample.stack, sample->stack);
    // from the inside out
    uint32_t stack = sample->stack;
    for (int i = 0; one_stack[i]; i++) {
        const struct recording_stack *s = &nth(f, RECORDING_STACK, stack)->stack;
        const struct recording_frame *frame = &nth(f, RECORDING_FRAME, s->frame)->frame;
        assert_int_equal(frame->address, one_stack[i] - MODULE);
        assert_int_equal(frame->flags, i ? RECORDING_FRAME_RETURN : 0);
        stack = s->parent;
    }
    assert_int_equal(stack, RECORDING_NONE);
    assert_int_equal(count(f, RECORDING_THREAD_END), 1);
    assert_int_equal(count(f, RECORDING_PROCESS_END), 1);
}

/* Samples of a second thread may lie in an earlier slot than the process's announcement. */
static void announcement_in_a_later_slot_counts_for_all(void **state)
{
    struct fixture *f = *state;
    live_slot(f, 0, 1, getpid());
    put_sample(f, 0, 1, one_stack, CHANNEL_STOP_COMPLETE);
    live_slot(f, 2, 1, getpid());
    put_process(f, 2, 1, 0, 0, getpid());
    put_module(f, 2, "/lib/a.so");
    drain_pass(&f->drain);
    finish(f);
    assert_int_equal(count(f, RECORDING_SAMPLE), 1);
    assert_int_equal(nth(f, RECORDING_FRAME, 0)->frame.module, 0);
}

/* Nothing of a slot is lost while its process has not been announced. */
static void slot_waits_for_its_announcement(void **state)
{
    struct fixture *f = *state;
    live_slot(f, 0, 1, getpid());
    put_sample(f, 0, 1, one_stack, CHANNEL_STOP_COMPLETE);
    drain_pass(&f->drain);
    put_process(f, 0, 1, 0, 0, getpid());
    put_module(f, 0, "/lib/a.so");
    drain_pass(&f->drain);
    finish(f);
    assert_int_equal(count(f, RECORDING_SAMPLE), 1);
}

static void losses_are_written_as_they_grow(void **state)
{
    struct fixture *f = *state;
    put_this_process(f);
    struct channel_slot *slot = channel_slot_at(f->header, 0);
    atomic_store(&slot->lost_samples, 5);
    atomic_store(&slot->lost_weight, 9);
    drain_pass(&f->drain);
    drain_pass(&f->drain); // no more, so nothing again
    atomic_store(&slot->lost_samples, 6);
    atomic_store(&slot->lost_weight, 11);
    atomic_store(&slot->paused_samples, 2);
    atomic_store(&slot->paused_weight, 2);
    atomic_store(&f->header->no_slot, 3);
    atomic_store(&f->header->no_clock, 1);
    finish(f);
    uint64_t samples[RECORDING_LOSS_COUNT] = {0}, weight[RECORDING_LOSS_COUNT] = {0};
    for (uint32_t i = 0; i < count(f, RECORDING_LOSS); i++) {
        const struct recording_loss *loss = &nth(f, RECORDING_LOSS, i)->loss;
        samples[loss->reason] += loss->samples;
        weight[loss->reason] += loss->weight;
    }
    assert_int_equal(samples[RECORDING_LOSS_RING_FULL], 6);
    assert_int_equal(weight[RECORDING_LOSS_RING_FULL], 11);
    assert_int_equal(samples[RECORDING_LOSS_PAUSED], 2);
    assert_int_equal(samples[RECORDING_LOSS_NO_SLOT], 3);
    assert_int_equal(samples[RECORDING_LOSS_NO_CLOCK], 1);
}

/* A thread ends with its last samples still in the ring; the slot then takes another thread. */
static void ended_thread_gives_its_slot_back(void **state)
{
    struct fixture *f = *state;
    put_this_process(f);
    live_slot(f, 1, 1, getpid());
    put_sample(f, 1, 1, one_stack, CHANNEL_STOP_COMPLETE);
    struct channel_slot *slot = channel_slot_at(f->header, 1);
    strcpy(slot->name, "renamed");
    slot->cpu_ns = 77;
    slot->end_ns = 9000;
    atomic_store(&slot->state, CHANNEL_SLOT_ENDED);
    drain_pass(&f->drain);
    assert_int_equal(atomic_load(&slot->state), CHANNEL_SLOT_FREE);
    live_slot(f, 1, 1, getpid());
    put_sample(f, 1, 1, one_stack, CHANNEL_STOP_COMPLETE);
    finish(f);
    assert_int_equal(count(f, RECORDING_SAMPLE), 2);
    assert_int_equal(count(f, RECORDING_THREAD), 3);
    const struct recording_thread_end *end_ = &nth(f, RECORDING_THREAD_END, 0)->thread_end;
    assert_string_equal(string(f, end_->name), "renamed");
    assert_int_equal(end_->cpu_ns, 77);
    assert_true(nth(f, RECORDING_SAMPLE, 0)->sample.thread !=
                nth(f, RECORDING_SAMPLE, 1)->sample.thread);
}

/* exec: a new image in the same process ends the one before; its samples stay. */
static void exec_supersedes_the_image_before(void **state)
{
    struct fixture *f = *state;
    put_this_process(f);
    put_sample(f, 0, 1, one_stack, CHANNEL_STOP_COMPLETE);
    assert_int_equal(drain_pass(&f->drain), 1);
    live_slot(f, 1, 2, getpid());
    put_process(f, 1, 2, 0, 0, getpid());
    put_sample(f, 1, 1, one_stack, CHANNEL_STOP_COMPLETE);
    assert_int_equal(drain_pass(&f->drain), 1);
    assert_int_equal(atomic_load(&channel_slot_at(f->header, 0)->state), CHANNEL_SLOT_FREE);
    finish(f);
    assert_int_equal(count(f, RECORDING_PROCESS), 2);
    assert_int_equal(count(f, RECORDING_PROCESS_END), 2);
    assert_int_equal(nth(f, RECORDING_PROCESS_END, 0)->process_end.process, 0);
    assert_int_equal(count(f, RECORDING_SAMPLE), 2);
    assert_true(nth(f, RECORDING_SAMPLE, 0)->sample.stack !=
                nth(f, RECORDING_SAMPLE, 1)->sample.stack); // image 2 has no modules
}

/* Slots are read in the order of their numbers, which is not that of time: here a program that a
 * forked child has executed, then the child, then its parent. */
static void a_later_image_is_not_superseded_by_an_earlier_one(void **state)
{
    struct fixture *f = *state;
    pid_t child = start_child();
    live_slot(f, 0, 3, child);
    put_process(f, 0, 3, 0, 0, child);
    put_module(f, 0, "/bin/executed");
    live_slot(f, 1, 2, child);
    put_process(f, 1, 2, 1, CHANNEL_PROCESS_FORKED, child);
    live_slot(f, 2, 1, getpid());
    put_process(f, 2, 1, 0, 0, getpid());
    assert_int_equal(drain_pass(&f->drain), 2);
    put_sample(f, 0, 1, one_stack, CHANNEL_STOP_COMPLETE); // by the one that runs now
    assert_int_equal(drain_pass(&f->drain), 2);
    end_child(child);
    finish(f);
    waitpid(child, NULL, 0);
    assert_int_equal(count(f, RECORDING_SAMPLE), 1);
    assert_int_equal(count(f, RECORDING_PROCESS), 3);
}

/* fork: the child has the modules of its parent without being told of them. */
static void forked_child_inherits_modules(void **state)
{
    struct fixture *f = *state;
    pid_t child = start_child();
    put_this_process(f);
    live_slot(f, 1, 2, child);
    put_process(f, 1, 2, 1, CHANNEL_PROCESS_FORKED, child);
    put_sample(f, 1, 1, one_stack, CHANNEL_STOP_COMPLETE);
    assert_int_equal(drain_pass(&f->drain), 2);
    end_child(child);
    assert_int_equal(drain_pass(&f->drain), 1);
    finish(f);
    waitpid(child, NULL, 0);
    assert_int_equal(nth(f, RECORDING_FRAME, 0)->frame.module, 0);
    assert_int_equal(nth(f, RECORDING_PROCESS_END, 0)->process_end.process, 1);
}

/* SIGKILL: what was in the ring is kept, and the slot is free for others. */
static void killed_process_leaves_its_samples(void **state)
{
    struct fixture *f = *state;
    pid_t child = start_child();
    live_slot(f, 3, 1, child);
    put_process(f, 3, 1, 0, 0, child);
    put_module(f, 3, "/lib/a.so");
    drain_pass(&f->drain);
    put_sample(f, 3, 1, one_stack, CHANNEL_STOP_COMPLETE);
    end_child(child);
    assert_int_equal(drain_pass(&f->drain), 0);
    assert_int_equal(atomic_load(&channel_slot_at(f->header, 3)->state), CHANNEL_SLOT_FREE);
    finish(f);
    waitpid(child, NULL, 0);
    assert_int_equal(count(f, RECORDING_SAMPLE), 1);
    assert_int_equal(count(f, RECORDING_THREAD_END), 1);
}

static void time_in_the_kernel_has_a_frame_of_its_own(void **state)
{
    struct fixture *f = *state;
    put_this_process(f);
    struct ring_writer w = record(f, 0, CHANNEL_SAMPLE);
    ring_put_varint(&w, 500);
    ring_put_varint(&w, 4 << 1 | 1);
    ring_put_varint(&w, ring_zigzag(MODULE + 0x10) << 1 | 1);
    ring_put_byte(&w, CHANNEL_STOP_COMPLETE);
    assert_true(ring_commit(&w));
    finish(f);
    const struct recording_sample *sample = &nth(f, RECORDING_SAMPLE, 0)->sample;
    assert_int_equal(sample->weight, 4);
    const struct recording_stack *stack = &nth(f, RECORDING_STACK, sample->stack)->stack;
    const struct recording_frame *leaf = &nth(f, RECORDING_FRAME, stack->frame)->frame;
    const struct recording_module *kernel = &nth(f, RECORDING_MODULE, leaf->module)->module;
    assert_int_equal(kernel->kind, RECORDING_MODULE_KERNEL);
    assert_string_equal(string(f, kernel->path), "[kernel]");
    const struct recording_stack *caller = &nth(f, RECORDING_STACK, stack->parent)->stack;
    assert_int_equal(nth(f, RECORDING_FRAME, caller->frame)->frame.address, 0x10);
}

/* Kinds from a later version, payloads that end too early, weight 0, an impossible stop. */
static void records_that_mean_nothing_are_skipped(void **state)
{
    struct fixture *f = *state;
    put_this_process(f);
    for (unsigned kind = 0; kind < 256; kind++) {
        struct ring_writer w = record(f, 0, kind);
        if (kind == CHANNEL_SAMPLE)
            ring_put_byte(&w, 0x80);
        assert_true(ring_commit(&w));
    }
    put_sample(f, 0, 0, one_stack, CHANNEL_STOP_COMPLETE);
    put_sample(f, 0, 1, one_stack, CHANNEL_STOP_COUNT);
    put_sample(f, 0, 2, one_stack, CHANNEL_STOP_COMPLETE);
    finish(f);
    assert_int_equal(count(f, RECORDING_SAMPLE), 1);
    assert_int_equal(nth(f, RECORDING_SAMPLE, 0)->sample.weight, 2);
}

/* A size that leads out of the ring, positions that cannot be, a slot state that is none. */
static void scribbled_slots_do_no_harm(void **state)
{
    struct fixture *f = *state;
    put_this_process(f);
    drain_pass(&f->drain);
    put_sample(f, 0, 1, one_stack, CHANNEL_STOP_COMPLETE);
    struct channel_slot *slot = channel_slot_at(f->header, 0);
    uint64_t tail = atomic_load(&slot->tail);
    memset(channel_ring_at(f->header, 0) + tail % RING, 0xff, 4);
    drain_pass(&f->drain);
    put_sample(f, 0, 1, one_stack, CHANNEL_STOP_COMPLETE); // whole again
    drain_pass(&f->drain);
    atomic_store(&slot->head, atomic_load(&slot->head) + 10 * RING);
    drain_pass(&f->drain);
    atomic_store(&channel_slot_at(f->header, 1)->state, 99);
    f->header->slot_count = 1000000; // the collector goes by its own copy
    f->header->ring_size = 1 << 30;
    f->header->rings_offset = 0;
    drain_pass(&f->drain);
    finish(f);
    assert_int_equal(count(f, RECORDING_SAMPLE), 1);
}

/* Whatever bytes a target leaves in its ring: the recording stays readable. */
static void random_rings_do_no_harm(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 99;
    put_this_process(f);
    drain_pass(&f->drain);
    for (int turn = 0; turn < 400; turn++) {
        struct channel_slot *slot = channel_slot_at(f->header, 0);
        uint8_t *ring = channel_ring_at(f->header, 0);
        uint64_t head = atomic_load(&slot->head);
        for (int records = 0; records < 20; records++) {
            uint32_t size = (uint32_t)rand_r(&seed) % 150;
            uint32_t header = (1 + (uint32_t)rand_r(&seed) % 6) | size << 8;
            for (uint32_t i = 0; i < 4; i++)
                ring[head++ % RING] = (uint8_t)(header >> 8 * i);
            for (uint32_t i = 0; i < size; i++)
                ring[head++ % RING] = (uint8_t)(rand_r(&seed) >> (rand_r(&seed) % 9));
        }
        atomic_store(&slot->head, head);
        drain_pass(&f->drain);
    }
    finish(f);
    assert_true(count(f, RECORDING_SAMPLE) > 0);
}

#define DRAIN_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DRAIN_TEST(what_is_in_the_ring_comes_out_of_the_recording),
        DRAIN_TEST(announcement_in_a_later_slot_counts_for_all),
        DRAIN_TEST(slot_waits_for_its_announcement),
        DRAIN_TEST(losses_are_written_as_they_grow),
        DRAIN_TEST(ended_thread_gives_its_slot_back),
        DRAIN_TEST(exec_supersedes_the_image_before),
        DRAIN_TEST(a_later_image_is_not_superseded_by_an_earlier_one),
        DRAIN_TEST(forked_child_inherits_modules),
        DRAIN_TEST(killed_process_leaves_its_samples),
        DRAIN_TEST(time_in_the_kernel_has_a_frame_of_its_own),
        DRAIN_TEST(records_that_mean_nothing_are_skipped),
        DRAIN_TEST(scribbled_slots_do_no_harm),
        DRAIN_TEST(random_rings_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
