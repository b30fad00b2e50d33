/* SPDX-License-Identifier: MIT */
/*
 * channel.h - the shared memory between sampled programs and the collector.
 *
 * One segment (a memfd of the prof process) serves every process of a session: a header, an array
 * of slots, and one ring of bytes per slot. A sampled thread owns one slot from its start to its
 * end; the collector empties the ring and frees the slot. The segment outlives the target, so what
 * was sampled before a SIGKILL is kept.
 *
 * A process maps header and slots, and the rings in chunks as it needs them: a program whose
 * address space is limited must not pay for threads that it does not have.
 *
 * Clocks: every thread has a timer of its own (profiler/sampler/clock.h). Where the kernel permits,
 * the collector opens a perf event on it besides, which counts its user time at the full rate and
 * sends it SIGPROF; so the target owns no descriptor.
 *
 * Runs in:   the target (constructor, signal handler) and the collector.
 * ABI:       both sides may be built at different times; `magic` and `abi_version` must agree,
 *            and the layout is pinned by the assertions at the end.
 * Trust:     the collector treats everything in here as untrusted bytes.
 */
#ifndef PROF_CHANNEL_CHANNEL_H
#define PROF_CHANNEL_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNEL_MAGIC       0x6c656e6e61684370ULL /* "pChannel" in memory */
#define CHANNEL_ABI_VERSION 2

/* Environment: where the segment can be opened, e.g. "/proc/123/fd/4". */
#define CHANNEL_ENVIRONMENT "PROF_SESSION"

enum channel_flag {
    CHANNEL_FOLLOW_CHILDREN = 1, /* forked and executed programs are sampled too */
    CHANNEL_PERF = 2,            /* the collector opens perf events on the threads */
};

enum channel_state {
    CHANNEL_RUNNING = 0,
    CHANNEL_STOPPED = 1, /* sampling is over; a thread that notices disarms its clock */
    CHANNEL_PAUSED = 2,  /* no samples for now; what would have been one is counted */
};

/* How stacks are walked. */
enum channel_unwind {
    CHANNEL_UNWIND_AUTO = 0, /* unwind tables; what they leave open is for libunwind to finish */
    CHANNEL_UNWIND_CFI = 1,  /* unwind tables only */
    CHANNEL_UNWIND_LIBUNWIND = 2, /* every walk is the collector's, on a copy of the stack */
    CHANNEL_UNWIND_FP = 3,        /* the chain of frame pointers only */
};

struct channel_header {
    uint64_t magic;
    uint32_t abi_version;
    uint32_t slot_count;
    uint32_t ring_size;    /* bytes per slot, a power of two */
    uint32_t flags;        /* enum channel_flag */
    uint64_t period_ns;    /* CPU time between samples of a thread */
    uint64_t slots_offset; /* from the start of the segment */
    uint64_t rings_offset;
    uint64_t segment_size;
    uint32_t max_frames; /* deepest walk */
    int32_t collector_pid;
    uint32_t chunk_slots; /* rings per chunk; slot_count is a multiple of it */
    uint32_t unwind;      /* enum channel_unwind */
    uint64_t tick_ns;     /* how often the kernel looks at CPU timers */

    _Atomic uint32_t state;      /* enum channel_state */
    _Atomic uint32_t next_image; /* numbers program images (a process after fork or exec) */
    _Atomic uint32_t doorbell;   /* futex: the target bumps and wakes it to be drained now */
    _Atomic uint32_t drained;    /* futex: the collector bumps and wakes it after each pass */
    _Atomic uint32_t waiters;    /* threads that wait on `drained` */
    _Atomic uint32_t slots_used; /* slots from this one on were never claimed */
    _Atomic uint32_t strays;     /* counts slots that the collector has claimed for a thread */
    _Atomic uint32_t unused;
    _Atomic uint64_t rung_ns;  /* when a new thread last rang the doorbell */
    _Atomic uint64_t no_slot;  /* threads not sampled: every slot was taken */
    _Atomic uint64_t no_clock; /* threads not sampled: no timer could be had */
};

enum channel_slot_state {
    CHANNEL_SLOT_FREE = 0,
    CHANNEL_SLOT_CLAIMED = 1, /* being filled in */
    CHANNEL_SLOT_LIVE = 2,
    CHANNEL_SLOT_ENDED = 3, /* the thread is gone; what is in the ring is the rest */
};

/*
 * What the owner of a slot wants of the collector's clock for it.
 *
 * A signal to a program that has no handler ends it, and the program may call exec at any moment.
 * So a clock starts in steps: the collector opens the event, which exec takes off from then on, and
 * publishes its descriptor (clock_fd); it makes sure that no exec came before, by the address at
 * which the process's stack starts, which is another one in each program (proc(5), startstack); and
 * starts the event. Where that cannot be told, it waits until the next tick's handler has repeated
 * the descriptor (clock_ack), which only the program that we know can do.
 */
enum channel_clock_wish {
    CHANNEL_CLOCK_WANTED = 0,
    CHANNEL_CLOCK_UNWANTED = 1, /* for good */
    CHANNEL_CLOCK_NEVER = 2,    /* nor on any other thread of this process, however it came */
};

struct channel_slot {
    /* set by the thread before LIVE, constant until FREE */
    _Atomic uint32_t state; /* enum channel_slot_state */
    uint32_t image;
    int32_t pid, tid;
    uint64_t start_ns;
    char name[16];               /* comm, at LIVE and again at ENDED */
    uint64_t cpu_ns;             /* at ENDED: CPU time since the slot was claimed */
    uint64_t end_ns;             /* at ENDED */
    _Atomic uint32_t clock_wish; /* enum channel_clock_wish */
    /* A stray: a thread that the collector has found and claimed the slot for. Handlers of its
     * process write to the ring on its behalf. Values of enum channel_stray. */
    _Atomic uint32_t stray;

    /* written by the thread and its handler */
    _Alignas(64) _Atomic uint64_t head; /* bytes ever written */
    _Atomic uint64_t lost_samples;      /* whole records dropped: ring full */
    _Atomic uint64_t lost_weight;
    _Atomic uint64_t paused_samples; /* not taken: the program had switched sampling off */
    _Atomic uint64_t paused_weight;
    _Atomic int32_t clock_ack; /* the clock_fd that was seen */

    /* written by the collector */
    _Alignas(64) _Atomic uint64_t tail; /* bytes ever read */
    /* descriptor, in the collector, of the perf event on this thread: si_fd of its signals; 0 while
     * there is none */
    _Atomic int32_t clock_fd;
};

enum channel_stray {
    CHANNEL_NO_STRAY = 0,
    CHANNEL_STRAY = 1,
    CHANNEL_STRAY_WANTS_TIMER = 2, /* whichever thread of its process sees this makes it one */
};

/* The first byte of a record in the ring; then its payload's size (3 bytes), then the payload.
 * Integers are varints (unsigned LEB128) unless said otherwise. */
enum channel_record {
    /* image, parent image (0: none), flags, pid, parent pid, time ns, process CPU ns so far,
     * start of the process in clock ticks since boot (0: not known), start of its stack (0: not
     * known, or the same in each program), executable (size, bytes),
     * arguments (size, bytes, NUL-separated) */
    CHANNEL_PROCESS = 1,
    /* time ns, start, end, bias, build-id (size, bytes), path (the rest) */
    CHANNEL_MODULE_LOADED = 2,
    /* time ns, start */
    CHANNEL_MODULE_UNLOADED = 3,
    /* time ns since the slot's start_ns, weight << 1 | in the kernel, frames innermost first, then
     * one byte: stop. A frame is zigzag(address - previous address) << 1 | exact; the first
     * previous is 0. */
    CHANNEL_SAMPLE = 4,
    /* time ns since start_ns, weight << 1 | in the kernel, stack pointer, DWARF registers 0..16
     * (8 bytes each), stack bytes from the stack pointer on (the rest): a walk for the collector */
    CHANNEL_DEFERRED_SAMPLE = 5,
    /* process CPU ns, as the program ends */
    CHANNEL_PROCESS_END = 6,
};

enum {
    CHANNEL_PROCESS_FORKED = 1, /* has the parent image's modules; otherwise it begins with none */
    CHANNEL_RECORD_HEADER = 4,
    CHANNEL_RECORD_MAX = (1 << 24) - 1,
};

/* Why a walk stopped, as the last byte of a sample. The same numbers as enum unwind_stop (the
 * sampler asserts it) and as the recording's (the collector asserts it). */
enum channel_stop {
    CHANNEL_STOP_COMPLETE,
    CHANNEL_STOP_NO_CFI,
    CHANNEL_STOP_BAD_CFI,
    CHANNEL_STOP_BAD_MEMORY,
    CHANNEL_STOP_TRUNCATED,
    CHANNEL_STOP_UNSUPPORTED,
    CHANNEL_STOP_NO_PROGRESS,
    CHANNEL_STOP_COUNT
};

#define CHANNEL_CHUNK_SIZE ((uint32_t)512 * 1024)

/* The last slots of a chunk are the collector's, for threads that it finds by itself. */
#define CHANNEL_STRAY_SLOTS(chunk_slots) ((chunk_slots) / 4)

/* Layout: fills in the geometry fields for these sizes and returns the segment's size. A chunk of
 * rings has about CHANNEL_CHUNK_SIZE bytes; the number of slots is rounded up to whole chunks. */
uint64_t channel_layout(struct channel_header *header, uint32_t slot_count, uint32_t ring_size);

/* Whether a mapped header of `size` bytes is ours, of our version, and fits its own segment. */
bool channel_valid(const struct channel_header *header, uint64_t size);

static inline struct channel_slot *channel_slot_at(struct channel_header *header, uint32_t i)
{
    return (struct channel_slot *)((char *)header + header->slots_offset) + i;
}

/* A slot that was claimed, before it is filled in: tells the collector how far to look, and counts
 * from nothing. */
static inline void channel_slot_begin(struct channel_header *header, struct channel_slot *slot,
                                      uint32_t index)
{
    uint32_t used = atomic_load(&header->slots_used);
    while (used <= index && !atomic_compare_exchange_weak(&header->slots_used, &used, index + 1)) {
    }
    slot->cpu_ns = slot->end_ns = 0;
    atomic_store(&slot->lost_samples, 0);
    atomic_store(&slot->lost_weight, 0);
    atomic_store(&slot->paused_samples, 0);
    atomic_store(&slot->paused_weight, 0);
}

static inline uint8_t *channel_ring_at(struct channel_header *header, uint32_t i)
{
    return (uint8_t *)header + header->rings_offset + (uint64_t)i * header->ring_size;
}

static inline uint64_t channel_chunk_size(const struct channel_header *header)
{
    return (uint64_t)header->chunk_slots * header->ring_size;
}

_Static_assert(sizeof(struct channel_header) == 136, "channel ABI");
_Static_assert(offsetof(struct channel_header, state) == 80, "channel ABI");
_Static_assert(sizeof(struct channel_slot) == 192, "channel ABI");
_Static_assert(offsetof(struct channel_slot, head) == 64, "channel ABI");
_Static_assert(offsetof(struct channel_slot, tail) == 128, "channel ABI");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics must be lock-free in a handler");

#endif
