/* SPDX-License-Identifier: MIT */
/*
 * strays.c - stands in for threads that did not begin here.
 */
#include "profiler/sampler/strays.h"

#include "profiler/sampler/session.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* At the same time. They are rare: a program's own threads come through pthread_create. */
enum { STAND_INS = 16 };

// static: the handler has no other way to it
static struct {
    struct sampler_thread *stand_ins; /* untouched, and then no memory, until there is a stray */
    int tid[STAND_INS];               /* whom each one stands for; 0: nobody yet */
    uint32_t seen;                    /* of header->strays */
} strays;

void strays_prepare(void)
{
    void *memory = mmap(NULL, STAND_INS * sizeof *strays.stand_ins, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    strays.stand_ins = memory == MAP_FAILED ? NULL : memory;
}

void strays_forget(void)
{
    for (int i = 0; i < STAND_INS; i++) {
        if (strays.tid[i])
            strays.stand_ins[i].clock.armed = false; // timers are not inherited
        strays.tid[i] = 0;
    }
}

static bool is_stray(const struct channel_slot *slot, int tid)
{
    return atomic_load(&slot->state) == CHANNEL_SLOT_LIVE && slot->image == session.image &&
           slot->tid == tid && atomic_load(&slot->stray) != CHANNEL_NO_STRAY;
}

/* The number of the slot that the collector has claimed for this thread. */
static int find_slot(int tid)
{
    uint32_t used = atomic_load(&session.header->slots_used);
    for (uint32_t i = 0; i < used && i < session.slot_count; i++) {
        if (is_stray(session_slot(i), tid))
            return (int)i;
    }
    return -1;
}

static bool has_ended(int tid)
{
    return syscall(SYS_tgkill, session.pid, tid, 0) != 0;
}

/* One that stands for nobody, or for a thread that is gone. */
static struct sampler_thread *hire(int tid)
{
    for (int i = 0; i < STAND_INS; i++) {
        int before = __atomic_load_n(&strays.tid[i], __ATOMIC_RELAXED);
        if ((before == 0 || has_ended(before)) &&
            __atomic_compare_exchange_n(&strays.tid[i], &before, tid, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
            struct sampler_thread *t = &strays.stand_ins[i];
            clock_release(&t->clock); // of the one before
            t->slot = NULL;
            t->clock = (struct thread_clock){.first_tick = true};
            return t;
        }
    }
    return NULL;
}

static struct sampler_thread *stand_in_of(int tid)
{
    for (int i = 0; i < STAND_INS; i++) {
        if (__atomic_load_n(&strays.tid[i], __ATOMIC_RELAXED) == tid)
            return &strays.stand_ins[i];
    }
    return hire(tid);
}

/* Nobody is left to stand in. */
static void count_loss(struct channel_slot *slot)
{
    atomic_fetch_add(&slot->lost_samples, 1);
    atomic_fetch_add(&slot->lost_weight, 1);
}

struct sampler_thread *strays_find(const struct clock_signal *signal)
{
    int tid = (int)syscall(SYS_gettid), index = strays.stand_ins ? find_slot(tid) : -1;
    struct channel_slot *slot = index >= 0 ? session_slot((uint32_t)index) : NULL;
    bool is_its =
        slot && (signal->perf ? atomic_load(&slot->clock_fd) == signal->fd : signal->slot == slot);
    if (!is_its)
        return NULL;
    uint8_t *ring = session_ring((uint32_t)index);
    struct sampler_thread *t = ring ? stand_in_of(tid) : NULL;
    if (t) {
        t->slot = slot;
        t->ring = ring;
    } else {
        count_loss(slot);
    }
    return t;
}

/* The timer is the stand-in's: it is freed when that one is needed for another thread. */
static void arm(struct channel_slot *slot)
{
    uint32_t expected = CHANNEL_STRAY_WANTS_TIMER;
    if (atomic_load(&slot->state) != CHANNEL_SLOT_LIVE || slot->image != session.image ||
        !atomic_compare_exchange_strong(&slot->stray, &expected, CHANNEL_STRAY))
        return;
    struct sampler_thread *t = stand_in_of(slot->tid);
    if (!t || clock_arm(&t->clock, slot, slot->tid) < 0)
        atomic_fetch_add(&session.header->no_clock, 1);
}

void strays_arm(void)
{
    uint32_t now = atomic_load_explicit(&session.header->strays, memory_order_acquire);
    if (now == strays.seen || !strays.stand_ins)
        return;
    strays.seen = now;
    uint32_t used = atomic_load(&session.header->slots_used);
    for (uint32_t i = 0; i < used && i < session.slot_count; i++)
        arm(session_slot(i));
}
