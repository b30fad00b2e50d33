/* SPDX-License-Identifier: MIT */
/*
 * handler.c - takes one sample: walk the stack, put one record into the thread's ring.
 *
 * Rules for everything here and below it (unwind, ring): no lock, no allocation, no stdio, no
 * loader call but _dl_find_object, no write to a descriptor, errno as it was.
 * One record or one counted loss, whatever happens.
 */
#include "profiler/sampler/handler.h"

#include "profiler/sampler/guard.h"
#include "profiler/sampler/modules.h"
#include "profiler/sampler/session.h"
#include "profiler/sampler/strays.h"
#include "profiler/sampler/thread.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert((int)UNWIND_COMPLETE == CHANNEL_STOP_COMPLETE, "stop reasons");
_Static_assert((int)UNWIND_NO_CFI == CHANNEL_STOP_NO_CFI, "stop reasons");
_Static_assert((int)UNWIND_BAD_CFI == CHANNEL_STOP_BAD_CFI, "stop reasons");
_Static_assert((int)UNWIND_BAD_MEMORY == CHANNEL_STOP_BAD_MEMORY, "stop reasons");
_Static_assert((int)UNWIND_TRUNCATED == CHANNEL_STOP_TRUNCATED, "stop reasons");
_Static_assert((int)UNWIND_UNSUPPORTED == CHANNEL_STOP_UNSUPPORTED, "stop reasons");
_Static_assert((int)UNWIND_NO_PROGRESS == CHANNEL_STOP_NO_PROGRESS, "stop reasons");
_Static_assert((int)UNWIND_STOP_COUNT == CHANNEL_STOP_COUNT, "stop reasons");

/* Reads what may not be there: the kernel answers EFAULT where a load would be a SIGSEGV. */
static size_t probe(uint64_t address, void *bytes, size_t size)
{
    struct iovec local = {bytes, size};
    struct iovec remote = {(void *)(uintptr_t)address, size};
    ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    return got > 0 ? (size_t)got : 0;
}

/* Copies the stack from `address` on, as far as it goes and fits. */
static void copy_stack(struct sampler_thread *t, uint64_t address)
{
    size_t got = probe(address, t->window, sizeof t->window);
    if (got == 0) // the last page may be cut by the end of the mapping
        got = probe(address, t->window, 4096 - address % 4096);
    t->memory.stack_low = address;
    t->memory.stack_high = address + got;
    t->memory.stack = t->window;
}

/* Further up the same stack the window follows; a word each would be a system call per word, and a
 * deep walk would take longer than the clock's period. */
static bool read_elsewhere(void *context, uint64_t address, void *bytes, size_t size)
{
    enum { SAME_STACK = 1 << 20 };
    struct sampler_thread *t = context;
    bool ahead = t->memory.stack == t->window && address >= t->memory.stack_low &&
                 address - t->memory.stack_low < SAME_STACK;
    if (!ahead)
        return probe(address, bytes, size) == size;
    copy_stack(t, address);
    if (t->memory.stack_high - address < size)
        return false;
    memcpy(bytes, t->window, size);
    return true;
}

/* The stack the thread was on: its own is read in place; another one (sigaltstack, coroutine) is
 * copied, so that a wrong guess costs an error, not a fault. */
static void see_stack(struct sampler_thread *t)
{
    uint64_t sp = t->registers.value[UNWIND_STACK_POINTER];
    t->memory.read = read_elsewhere;
    t->memory.context = t;
    if (sp < t->stack_low || sp >= t->stack_high) {
        copy_stack(t, sp);
        return;
    }
    t->memory.stack_low = sp;
    t->memory.stack_high = t->stack_high;
    t->memory.stack = (const uint8_t *)(uintptr_t)sp;
}

static void put_frames(struct ring_writer *w, struct unwind_walk *walk)
{
    uint64_t previous = 0;
    bool pointers = session.unwind == CHANNEL_UNWIND_FP;
    for (uint32_t depth = 1;; depth++) {
        uint64_t address = unwind_walk_address(walk);
        ring_put_varint(w, ring_zigzag((int64_t)(address - previous)) << 1 | walk->exact);
        previous = address;
        if (!(pointers ? unwind_walk_step_frame_pointer(walk) : unwind_walk_step(walk)))
            break;
        if (depth == session.max_frames) {
            walk->stop = UNWIND_TRUNCATED;
            break;
        }
    }
    ring_put_byte(w, walk->stop);
}

/* A rule that the walk does not evaluate: registers and stack bytes go to the collector, which
 * asks libunwind. Replaces the record begun in `w`. */
static void put_deferred(struct ring_writer *w, struct sampler_thread *t)
{
    enum { STACK_BYTES = 12 * 1024 }; // with the registers under half of the smallest ring
    see_stack(t);
    uint64_t size = t->memory.stack_high - t->memory.stack_low;
    ring_put_varint(w, t->registers.value[UNWIND_STACK_POINTER]);
    ring_put_bytes(w, t->registers.value, sizeof t->registers.value);
    ring_put_bytes(w, t->memory.stack, size < STACK_BYTES ? size : STACK_BYTES);
}

static void begin_record(struct ring_writer *w, struct sampler_thread *t, enum channel_record kind,
                         uint64_t time, struct clock_weight weight)
{
    ring_begin(w, t->slot, t->ring, session.ring_size, kind);
    ring_put_varint(w, time);
    ring_put_varint(w, (uint64_t)weight.periods << 1 | weight.in_kernel);
}

/* A ring that stays full may mean that nobody empties it any more (prof was killed): then the clock
 * stops, too. Asked seldom, since a collector that is only slow is the usual case. */
static void count_loss(struct sampler_thread *t, uint32_t weight)
{
    enum { ASK_AFTER = 256 };
    uint64_t before = atomic_fetch_add_explicit(&t->slot->lost_samples, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->slot->lost_weight, weight, memory_order_relaxed);
    if (before % ASK_AFTER == ASK_AFTER - 1 && session_collector_is_gone())
        clock_disarm(&t->clock);
}

static void sample(struct sampler_thread *t, const ucontext_t *context, struct clock_weight weight)
{
    struct ring_writer w;
    uint64_t time = clock_monotonic_ns() - t->slot->start_ns;
    bool deferred = session.unwind == CHANNEL_UNWIND_LIBUNWIND;
    unwind_registers_from_ucontext(&t->registers, context);
    if (!deferred) {
        see_stack(t);
        unwind_walk_begin(&t->walk, modules_current(), &t->memory, &t->cache, &t->registers);
        begin_record(&w, t, CHANNEL_SAMPLE, time, weight);
        put_frames(&w, &t->walk);
        deferred = t->walk.stop == UNWIND_UNSUPPORTED && session.unwind == CHANNEL_UNWIND_AUTO;
    }
    if (deferred) {
        begin_record(&w, t, CHANNEL_DEFERRED_SAMPLE, time, weight);
        put_deferred(&w, t);
    }
    bool was_roomy = w.limit - w.begin > session.ring_size / 2;
    if (ring_commit(&w)) {
        if (was_roomy && w.limit - w.at <= session.ring_size / 2)
            session_ring_doorbell(); // once as it becomes half full, not at every sample after
    } else {
        count_loss(t, weight.periods);
    }
}

/* The calling thread's own signal, or that of a thread which shares its storage or has none. */
static struct sampler_thread *thread_of(const struct clock_signal *signal)
{
    struct sampler_thread *t = thread_self();
    if (t &&
        (signal->perf ? atomic_load_explicit(&t->slot->clock_fd, memory_order_relaxed) == signal->fd
                      : signal->slot == t->slot))
        return t;
    return atomic_load_explicit(&session.header->strays, memory_order_relaxed) ? strays_find(signal)
                                                                               : NULL;
}

/* What passes while the program has switched sampling off is told by ticks alone. */
static void count_paused(struct sampler_thread *t, const struct clock_signal *signal)
{
    uint32_t periods = clock_pass(&t->clock, signal);
    if (periods == 0)
        return;
    atomic_fetch_add_explicit(&t->slot->paused_samples, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->slot->paused_weight, periods, memory_order_relaxed);
}

/* See enum channel_clock_wish. */
static void acknowledge_clock(struct channel_slot *slot)
{
    int32_t fd = atomic_load_explicit(&slot->clock_fd, memory_order_acquire);
    if (fd == atomic_load_explicit(&slot->clock_ack, memory_order_relaxed))
        return;
    atomic_store(&slot->clock_ack, fd);
    session_ring_doorbell();
}

static void take(const struct clock_signal *signal, ucontext_t *context)
{
    // a program that may make no system calls any more must not meet any of ours
    bool silent = atomic_load_explicit(&session.silent, memory_order_relaxed);
    struct sampler_thread *t = silent ? thread_self() : thread_of(signal);
    uint32_t state = atomic_load_explicit(&session.header->state, memory_order_relaxed);
    if (!t || t->rests)
        return;
    if (silent || state == CHANNEL_PAUSED ||
        (state == CHANNEL_RUNNING && atomic_load_explicit(&session.paused, memory_order_relaxed))) {
        count_paused(t, signal);
    } else if (state != CHANNEL_RUNNING) {
        clock_disarm(&t->clock);
    } else {
        struct clock_weight weight = clock_weigh(&t->clock, signal, context);
        if (weight.periods)
            sample(t, context, weight);
        if (session.perf && !signal->perf)
            acknowledge_clock(t->slot);
        strays_arm();
    }
}

/*
 * A call that one of our signals has broken off is made again, where nothing else can have done
 * that: a program with handlers of its own may have been told by one that ran during the call, and
 * would wait for ever for what has happened. It knows EINTR anyway.
 */
static void repair(ucontext_t *context)
{
    if (interrupted_with_eintr(context) &&
        !atomic_load_explicit(&session.silent, memory_order_relaxed) && !guard_has_handlers())
        interrupted_repeat_syscall(context);
}

void handler_on_signal(int signal, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    struct clock_signal ours;
    if (clock_identify(info, &ours)) {
        take(&ours, context);
        repair(context);
    } else {
        guard_forward(signal, info, context);
    }
    errno = saved_errno;
}
