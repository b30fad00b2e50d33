/* SPDX-License-Identifier: MIT */
/*
 * unwind.h - walks a stack: registers and a memory reader in, return addresses out.
 *
 * Runs in:   signal handler. No lock, no allocation, no system call of its own, errno untouched.
 * Memory:    borrows everything; the cache is the caller's, one per thread.
 * When stuck: the walk ends and says why; what was found so far stands.
 *
 * The truth is .eh_frame. The row that holds at an address is reduced to a compact rule of 24
 * bytes, kept in a direct-mapped cache, so that a frame costs one look-up and a few loads once its
 * address was seen. Rows that do not fit (CFA expressions of realigned frames, PLT entries, signal
 * trampolines) are evaluated in full each time. Code without CFI is walked by return address and
 * frame pointer, where both stand a check.
 *
 *     unwind_walk_begin(&walk, modules, memory, cache, registers);
 *     do
 *         use(unwind_walk_address(&walk), walk.exact);
 *     while (unwind_walk_step(&walk));
 *     use(walk.stop);
 */
#ifndef PROF_UNWIND_UNWIND_H
#define PROF_UNWIND_UNWIND_H

#include "profiler/unwind/cfi.h"
#include "profiler/unwind/memory.h"
#include "profiler/unwind/registers_x86_64.h"

/* Why a walk ended. */
enum unwind_stop {
    UNWIND_COMPLETE,    /* the thread's first frame: its return address is undefined or 0 */
    UNWIND_NO_CFI,      /* no unwind information, and no believable frame pointer */
    UNWIND_BAD_CFI,     /* unwind information that is damaged or contradicts itself */
    UNWIND_BAD_MEMORY,  /* a stack word that could not be read */
    UNWIND_TRUNCATED,   /* set by callers that limit the depth */
    UNWIND_UNSUPPORTED, /* a rule outside what this walker evaluates */
    UNWIND_NO_PROGRESS, /* the stack pointer did not move outwards */
    UNWIND_STOP_COUNT
};

/* The loaded objects, sorted by address, not overlapping. Another set has another generation. */
struct unwind_modules {
    const struct unwind_module *modules;
    uint32_t count;
    volatile uint16_t generation;
    /* Modules that are not in the list: fills *module for one that holds the address. May be NULL;
     * runs in the signal. */
    bool (*find_more)(uint64_t address, struct unwind_module *module);
};

struct unwind_rule {
    uint8_t kind; /* private to walk.c */
    uint8_t cfa_register;
    uint8_t saved_mask; /* bit i: compact register i is saved at CFA + 8 * saved[i] */
    uint8_t unused;
    int32_t cfa_offset;
    int16_t return_offset; /* in bytes from the CFA */
    int16_t saved[UNWIND_COMPACT_COUNT];
    int16_t unused2;
};
_Static_assert(sizeof(struct unwind_rule) == 24, "two cache entries share a cache line");

#define UNWIND_CACHE_SIZE 512 /* 16 KiB a thread */
struct unwind_cache {
    struct unwind_cache_entry {
        uint64_t tag; /* 0: empty */
        struct unwind_rule rule;
    } entry[UNWIND_CACHE_SIZE];
    /* here and not on the stack, which may be a small one */
    struct cfi_entry scratch;
    struct cfi_row row;
    struct unwind_registers caller;
};

struct unwind_walk {
    const struct unwind_modules *modules;
    const struct unwind_memory *memory;
    struct unwind_cache *cache;
    struct unwind_registers registers;
    bool exact;   /* the address is an interrupted instruction, not a return address */
    bool first;   /* the frame that was interrupted, none came before it */
    uint8_t stop; /* enum unwind_stop, once unwind_walk_step returned false */
};

/* `registers` are those of the innermost frame. The cache may start as zeros. */
void unwind_walk_begin(struct unwind_walk *walk, const struct unwind_modules *modules,
                       const struct unwind_memory *memory, struct unwind_cache *cache,
                       const struct unwind_registers *registers);

static inline uint64_t unwind_walk_address(const struct unwind_walk *walk)
{
    return walk->registers.value[UNWIND_PROGRAM_COUNTER];
}

/* Moves to the caller's frame. False when there is none to be found; walk->stop says why, and the
 * registers are still those of the last frame. */
bool unwind_walk_step(struct unwind_walk *walk);

/* The same, by the chain of frame pointers alone, whatever the tables say: what a program without
 * them, or a profiler that knows nothing else, would see. */
bool unwind_walk_step_frame_pointer(struct unwind_walk *walk);

/* Fills *module with the one that holds the address. */
bool unwind_modules_find(const struct unwind_modules *modules, uint64_t address,
                         struct unwind_module *module);

#endif
