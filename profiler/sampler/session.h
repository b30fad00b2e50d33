/* SPDX-License-Identifier: MIT */
/*
 * session.h - the shared segment as this process has it mapped, and the identity of this program.
 *
 * Runs in: ordinary code (attach, detach, notify); the fields are read in the signal.
 */
#ifndef PROF_SAMPLER_SESSION_H
#define PROF_SAMPLER_SESSION_H

#include "profiler/channel/channel.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* More chunks than a segment has. */
enum { SESSION_CHUNKS = 512 };

struct session {
    struct channel_header *header; /* and the slots; NULL: this process is not sampled */
    /* copies, because the header can be written by every process of the session */
    uint32_t ring_size, slot_count, chunk_slots, max_frames, unwind;
    uint64_t period_ns, tick_ns;
    uint64_t slots_offset, rings_offset;
    bool perf;                               /* the collector opens perf events on our threads */
    uint8_t *_Atomic chunks[SESSION_CHUNKS]; /* of rings; NULL: not mapped here */
    char path[64];                           /* of the segment */
    uint32_t image;                          /* number of this program image */
    pid_t pid;                               /* of the process that is sampled under this image */
    _Atomic bool silent; /* system calls may be forbidden from now on (seccomp): none of ours */
    _Atomic bool paused; /* the program called prof_stop (prof.h) */
    bool standalone;     /* preloaded without `prof run`: this program started the collector */
};

// static: the handler and the interposers have no other way to it
extern struct session session;

/* Maps the segment named in the environment, or starts a collector of our own when there is none.
 * Returns -1, and the program runs unprofiled, when neither works. */
int session_attach(void);

static inline struct channel_slot *session_slot(uint32_t index)
{
    return (struct channel_slot *)((char *)session.header + session.slots_offset) + index;
}

/* The ring of a slot where it is mapped in this process, or NULL. Async-signal-safe. */
static inline uint8_t *session_ring(uint32_t index)
{
    uint8_t *chunk =
        atomic_load_explicit(&session.chunks[index / session.chunk_slots], memory_order_acquire);
    return chunk ? chunk + (uint64_t)(index % session.chunk_slots) * session.ring_size : NULL;
}

/* The same, and maps it where it is not. NULL when that is not possible: no address space left, or
 * the segment cannot be reached any more (chroot). */
uint8_t *session_map_ring(uint32_t index);

/* Whether the process that empties the rings has ended. Async-signal-safe. */
bool session_collector_is_gone(void);

/* Asks the collector to empty the rings soon. One futex wake; async-signal-safe. */
void session_ring_doorbell(void);

/* The same, and waits until it has, or it is gone, or `timeout_ms`
 * passed. */
void session_drain(int timeout_ms);

#endif
