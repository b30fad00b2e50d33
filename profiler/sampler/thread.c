/* SPDX-License-Identifier: MIT */
/*
 * thread.c - a sampled thread: its slot, its memory, its clock.
 */
#include "profiler/sampler/thread.h"

#include "profiler/sampler/mask.h"
#include "profiler/sampler/session.h"

#include <dlfcn.h>
#include <pthread.h>
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

/* Takes a free slot. Threads begin their search at different places, so that they seldom meet. */
static bool claim_slot(struct sampler_thread *t, uint32_t tid)
{
    struct channel_header *header = session.header;
    for (uint32_t i = 0; i < session.slot_count; i++) {
        uint32_t index = (tid + i) % session.slot_count;
        struct channel_slot *slot = channel_slot_at(header, index);
        uint32_t expected = CHANNEL_SLOT_FREE;
        if (atomic_compare_exchange_strong(&slot->state, &expected, CHANNEL_SLOT_CLAIMED)) {
            t->slot = slot;
            t->ring = channel_ring_at(header, index);
            return true;
        }
    }
    atomic_fetch_add(&header->no_slot, 1);
    return false;
}

static void fill_slot(struct sampler_thread *t, uint32_t tid)
{
    struct channel_slot *slot = t->slot;
    slot->image = session.image;
    slot->pid = (int32_t)getpid();
    slot->tid = (int32_t)tid;
    slot->start_ns = clock_monotonic_ns();
    slot->cpu_ns = slot->end_ns = 0;
    syscall(SYS_prctl, PR_GET_NAME, slot->name); // prctl itself is interposed
    atomic_store(&slot->lost_samples, 0);
    atomic_store(&slot->lost_weight, 0);
    atomic_store(&slot->paused_samples, 0);
    atomic_store(&slot->paused_weight, 0);
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

static void thread_stack(struct sampler_thread *t)
{
    pthread_attr_t attributes;
    void *address;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return; // bounds 0, 0: every word is probed
    if (pthread_attr_getstack(&attributes, &address, &size) == 0) {
        t->stack_low = (uint64_t)(uintptr_t)address;
        t->stack_high = t->stack_low + size;
    }
    pthread_attr_destroy(&attributes);
}

bool thread_process_is_ours(void)
{
    return session.header && session.pid == getpid();
}

bool thread_rests(void)
{
    return self && self->rests;
}

void thread_rest(bool rest)
{
    struct sampler_thread *t = self;
    if (!t || t->rests == rest)
        return;
    t->rests = rest;
    if (rest)
        clock_disarm(&t->clock);
    else
        clock_rearm(&t->clock, session.period_ns);
}

static void start(struct sampler_thread *t, uint32_t tid)
{
    fill_slot(t, tid);
    t->start_cpu_ns = clock_thread_cpu_ns();
    t->rests = false;
    self = t;
    if (clock_arm(&t->clock, session.period_ns) < 0)
        atomic_fetch_add(&session.header->no_clock, 1);
}

void thread_begin(bool main_thread)
{
    if (!session.header || self || atomic_load(&session.header->state) != CHANNEL_RUNNING)
        return;
    uint32_t tid = (uint32_t)syscall(SYS_gettid);
    struct sampler_thread *t =
        mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (t == MAP_FAILED) {
        atomic_fetch_add(&session.header->no_slot, 1);
        return;
    }
    if (main_thread)
        main_stack(t);
    else
        thread_stack(t);
    if (!claim_slot(t, tid)) {
        munmap(t, sizeof *t);
        return;
    }
    start(t, tid);
}

void thread_end(void)
{
    struct sampler_thread *t = self;
    if (!t || !thread_process_is_ours())
        return;
    if (atomic_load(&session.silent)) {
        self = NULL; // the rest would be system calls; the thread's timer goes with the thread
        return;
    }
    // the timer first: a signal that is still pending then finds `self` gone and is ignored
    clock_release(&t->clock);
    self = NULL;
    atomic_signal_fence(memory_order_seq_cst);
    struct channel_slot *slot = t->slot;
    slot->cpu_ns = clock_thread_cpu_ns() - t->start_cpu_ns;
    slot->end_ns = clock_monotonic_ns();
    syscall(SYS_prctl, PR_GET_NAME, slot->name); // prctl itself is interposed
    atomic_store_explicit(&slot->state, CHANNEL_SLOT_ENDED, memory_order_release);
    munmap(t, sizeof *t);
}

void thread_begin_again(void)
{
    struct sampler_thread *t = self;
    self = NULL;
    if (!t) { // forked by a thread that was not sampled
        thread_begin(false);
        return;
    }
    uint32_t tid = (uint32_t)syscall(SYS_gettid);
    t->clock.armed = false; // timers are not inherited
    if (claim_slot(t, tid))
        start(t, tid);
    else
        munmap(t, sizeof *t);
}

void thread_forget(void)
{
    struct sampler_thread *t = self;
    self = NULL;
    if (t)
        munmap(t, sizeof *t);
}

void thread_put(enum channel_record kind, void (*fill)(struct ring_writer *, const void *),
                const void *what)
{
    struct sampler_thread *t = self;
    if (!t || !thread_process_is_ours())
        return;
    struct ring_writer w;
    bool done = false;
    // one writer at a time: the handler writes to this ring, too
    bool was_blocked = mask_block_ours();
    // about two seconds of a collector that does not drain, then the record is given up
    for (int tries = 0; !done && tries < 20; tries++) {
        ring_begin(&w, t->slot, t->ring, session.ring_size, kind);
        fill(&w, what);
        done = ring_commit(&w);
        if (!done)
            session_drain(100);
    }
    if (!done)
        atomic_fetch_add(&t->slot->lost_samples, 1);
    mask_unblock_ours(was_blocked);
}
