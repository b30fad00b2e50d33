/* SPDX-License-Identifier: MIT */
/*
 * thread.c - a sampled thread: its slot, its memory, its clock.
 */
#include "profiler/sampler/thread.h"

#include "profiler/sampler/mask.h"
#include "profiler/sampler/session.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// initial-exec: reading it in the handler is one instruction, never a call that may allocate
static __thread struct sampler_thread *self __attribute__((tls_model("initial-exec")));

struct sampler_thread *thread_self(void)
{
    return self;
}

// static: threads that begin and threads that end share it. What an ended thread knew of the code
// is true for the next one, too: its rules are tagged with the generation of the modules.
static struct sampler_thread *_Atomic pool[8];

static struct sampler_thread *take_memory(void)
{
    for (size_t i = 0; i < sizeof pool / sizeof *pool; i++) {
        struct sampler_thread *t = atomic_exchange(&pool[i], NULL);
        if (t)
            return t;
    }
    void *fresh = mmap(NULL, sizeof(struct sampler_thread), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return fresh == MAP_FAILED ? NULL : fresh;
}

static void give_memory(struct sampler_thread *t)
{
    t->rests = t->surrendered = false;
    t->stack_low = t->stack_high = 0;
    for (size_t i = 0; i < sizeof pool / sizeof *pool; i++) {
        struct sampler_thread *expected = NULL;
        if (atomic_compare_exchange_strong(&pool[i], &expected, t))
            return;
    }
    munmap(t, sizeof *t);
}

// static: one thread may have to stop the timers of all. By slot, 1 + the timer's number; 0: none
static _Atomic int timers[2048];

static void note_timer(const struct sampler_thread *t, bool armed)
{
    size_t index = (size_t)(t->slot - session_slot(0));
    if (index < sizeof timers / sizeof *timers)
        atomic_store(&timers[index], armed ? 1 + t->clock.timer : 0);
}

static void stop_timers(void)
{
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        struct thread_clock clock = {.timer = atomic_load(&timers[i]) - 1, .armed = true};
        if (clock.timer >= 0)
            clock_disarm(&clock);
    }
}

static bool claim(struct sampler_thread *t, uint32_t index)
{
    struct channel_slot *slot = session_slot(index);
    uint32_t expected = CHANNEL_SLOT_FREE;
    if (!atomic_compare_exchange_strong(&slot->state, &expected, CHANNEL_SLOT_CLAIMED))
        return false;
    slot->pid = (int32_t)getpid(); // at once: whoever is killed now leaves a slot to be cleaned up
    t->slot = slot;
    t->ring = session_map_ring(index);
    if (t->ring) {
        channel_slot_begin(session.header, slot, index);
        return true;
    }
    atomic_store(&slot->state, CHANNEL_SLOT_FREE);
    return false;
}

/* Takes a free slot, from the first chunks if possible: they are mapped. Within one, threads begin
 * their search at different places, so that they seldom meet. */
static bool claim_slot(struct sampler_thread *t, uint32_t tid)
{
    uint32_t ours = session.chunk_slots - CHANNEL_STRAY_SLOTS(session.chunk_slots);
    for (uint32_t chunk = 0; chunk < session.slot_count; chunk += session.chunk_slots) {
        for (uint32_t i = 0; i < ours; i++) {
            if (claim(t, chunk + (tid + i) % ours))
                return true;
            if (!session_ring(chunk))
                break; // cannot be mapped
        }
    }
    atomic_fetch_add(&session.header->no_slot, 1);
    return false;
}

static void fill_slot(struct sampler_thread *t, uint32_t tid)
{
    struct channel_slot *slot = t->slot;
    slot->image = session.image;
    slot->pid = (int32_t)getpid();
    slot->tid = (int32_t)tid;
    slot->start_ns = clock_monotonic_ns();
    syscall(SYS_prctl, PR_GET_NAME, slot->name); // prctl itself is interposed
    atomic_store(&slot->stray, CHANNEL_NO_STRAY);
    atomic_store(&slot->clock_wish, t->surrendered ? CHANNEL_CLOCK_UNWANTED : CHANNEL_CLOCK_WANTED);
    atomic_store_explicit(&slot->state, CHANNEL_SLOT_LIVE, memory_order_release);
}

/*
 * The kernel puts nothing else into the 128 MiB below the top of the main stack (mmap_base in
 * arch/x86/mm/mmap.c keeps that gap at least), so everything from the stack pointer up to the top
 * is stack when the pointer is in there. Asking the C library would read /proc/self/maps.
 */
static void main_stack(struct sampler_thread *t)
{
    // ld.so keeps the stack pointer that the kernel gave the program; looked up, because a symbol
    // that must be there would keep the library from loading beside another C library
    void **end = dlsym(RTLD_DEFAULT, "__libc_stack_end");
    if (!end)
        return; // bounds 0, 0: every word is probed
    t->stack_high = (uint64_t)(uintptr_t)*end;
    t->stack_low = t->stack_high - ((uint64_t)128 << 20);
}

/*
 * glibc puts a thread's control block at the top of its stack (nptl/allocatestack.c), and
 * thread-local variables below that; the bottom is a guard. Where exactly is not for us to know, so
 * the lower quarter is taken for foreign, and a small stack as a whole: it is read with more care
 * then, which is slower, and right. pthread_getattr_np would know, but calls malloc.
 */
static void thread_stack(struct sampler_thread *t, size_t size)
{
    enum { SMALL = 256 * 1024 };
    t->stack_low = t->stack_high = 0;
    if (size < SMALL)
        return; // bounds 0, 0: every word is probed
    t->stack_high = (uint64_t)(uintptr_t)pthread_self();
    t->stack_low = t->stack_high - size / 4 * 3;
}

bool thread_process_is_ours(void)
{
    return session.header && !atomic_load(&session.silent) && session.pid == getpid();
}

bool thread_rests(void)
{
    return self && self->rests;
}

void thread_rest(bool rest)
{
    struct sampler_thread *t = self;
    if (!t || t->rests == rest || atomic_load(&session.silent))
        return;
    if (!rest)
        clock_note_usage(&t->clock);
    t->rests = rest;
    if (rest)
        clock_disarm(&t->clock);
    else
        clock_rearm(&t->clock);
}

void thread_surrender(void)
{
    struct sampler_thread *t = self;
    thread_rest(true);
    if (!t || t->surrendered || !session.perf || atomic_load(&session.silent))
        return;
    t->surrendered = true;
    atomic_store(&t->slot->clock_wish, CHANNEL_CLOCK_UNWANTED);
    session_drain(1000);
    t->clock.perf = false;
}

void thread_surrender_all(void)
{
    uint32_t used = atomic_load(&session.header->slots_used);
    for (uint32_t i = 0; i < used && i < session.slot_count; i++) {
        struct channel_slot *slot = session_slot(i);
        if (atomic_load(&slot->state) == CHANNEL_SLOT_LIVE && slot->image == session.image)
            atomic_store(&slot->clock_wish, CHANNEL_CLOCK_NEVER);
    }
    stop_timers();
    if (session.perf)
        session_drain(1000);
}

/* So that the collector soon puts its clock on the new thread; once a millisecond is enough, since
 * it comes back by itself as long as there are new ones. */
static void ring_for_clock(const struct channel_slot *slot)
{
    enum { AGAIN_NS = 1000000 };
    uint64_t before = atomic_load(&session.header->rung_ns);
    if (session.perf && slot->start_ns - before > AGAIN_NS &&
        atomic_compare_exchange_strong(&session.header->rung_ns, &before, slot->start_ns))
        session_ring_doorbell();
}

static void start(struct sampler_thread *t, uint32_t tid)
{
    t->clock.perf = false;
    t->clock.armed = false; // timers are not inherited
    fill_slot(t, tid);
    t->start_cpu_ns = clock_thread_cpu_ns();
    self = t;
    clock_note_usage(&t->clock);
    if (clock_arm(&t->clock, t->slot, (int)tid) < 0)
        atomic_fetch_add(&session.header->no_clock, 1);
    note_timer(t, t->clock.armed);
    if (t->rests)
        clock_disarm(&t->clock);
    ring_for_clock(t->slot);
}

void thread_begin(bool main_thread, size_t stack_size)
{
    if (!session.header || self || atomic_load(&session.silent) ||
        atomic_load(&session.header->state) == CHANNEL_STOPPED)
        return;
    uint32_t tid = (uint32_t)syscall(SYS_gettid);
    struct sampler_thread *t = take_memory();
    if (!t) {
        atomic_fetch_add(&session.header->no_slot, 1);
        return;
    }
    t->rests = main_thread;
    if (main_thread)
        main_stack(t);
    else
        thread_stack(t, stack_size);
    if (!claim_slot(t, tid)) {
        give_memory(t);
        return;
    }
    start(t, tid);
}

void thread_end(void)
{
    struct sampler_thread *t = self;
    if (!t)
        return;
    if (atomic_load(&session.silent)) {
        self = NULL; // the rest would be system calls; the thread's timer goes with the thread
        return;
    }
    if (!thread_process_is_ours())
        return;
    // the timer first: a signal that is still pending then finds `self` gone and is ignored
    note_timer(t, false);
    clock_release(&t->clock);
    self = NULL;
    atomic_signal_fence(memory_order_seq_cst);
    struct channel_slot *slot = t->slot;
    slot->cpu_ns = clock_thread_cpu_ns() - t->start_cpu_ns;
    slot->end_ns = clock_monotonic_ns();
    syscall(SYS_prctl, PR_GET_NAME, slot->name); // prctl itself is interposed
    atomic_store_explicit(&slot->state, CHANNEL_SLOT_ENDED, memory_order_release);
    give_memory(t);
}

void thread_begin_again(void)
{
    struct sampler_thread *t = self;
    self = NULL;
    memset(timers, 0, sizeof timers); // the parent's
    if (!t) {                         // forked by a thread that was not sampled
        thread_begin(false, 0);
        return;
    }
    uint32_t tid = (uint32_t)syscall(SYS_gettid);
    if (claim_slot(t, tid))
        start(t, tid);
    else
        give_memory(t);
}

void thread_forget(void)
{
    struct sampler_thread *t = self;
    self = NULL;
    if (t)
        give_memory(t);
}

static bool put_once(struct sampler_thread *t, enum channel_record kind,
                     void (*fill)(struct ring_writer *, const void *), const void *what)
{
    struct ring_writer w;
    ring_begin(&w, t->slot, t->ring, session.ring_size, kind);
    fill(&w, what);
    return ring_commit(&w);
}

void thread_put(enum channel_record kind, void (*fill)(struct ring_writer *, const void *),
                const void *what)
{
    struct sampler_thread *t = self;
    if (!t || !thread_process_is_ours())
        return;
    // one writer at a time: the handler writes to this ring, too
    bool was_blocked = mask_block_ours();
    bool done = put_once(t, kind, fill, what);
    // about two seconds of a collector that does not drain, then the record is given up
    for (int tries = 0; !done && tries < 20; tries++) {
        session_drain(100);
        done = put_once(t, kind, fill, what);
    }
    if (!done)
        atomic_fetch_add(&t->slot->lost_samples, 1);
    mask_unblock_ours(was_blocked);
}

void thread_put_now(enum channel_record kind, void (*fill)(struct ring_writer *, const void *),
                    const void *what)
{
    struct sampler_thread *t = self;
    if (!t || !thread_process_is_ours())
        return;
    bool was_blocked = mask_block_ours();
    put_once(t, kind, fill, what);
    mask_unblock_ours(was_blocked);
}
