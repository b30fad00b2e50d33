/* SPDX-License-Identifier: MIT */
/*
 * memory.h - how the unwinder sees memory: a stack it may read directly, and a reader for the rest.
 *
 * Runs in:   signal handler.
 * Memory:    borrows everything.
 *
 * In the target `stack` points at the thread's own stack (the address itself) and `read` probes
 * (process_vm_readv); in a test both are literal bytes; nothing else differs.
 */
#ifndef PROF_UNWIND_MEMORY_H
#define PROF_UNWIND_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct unwind_memory {
    uint64_t stack_low, stack_high; /* addresses whose bytes `stack` holds: [low, high) */
    const uint8_t *stack;
    /* Copies `size` bytes from anywhere else. False when they cannot be read. May be NULL. */
    bool (*read)(void *context, uint64_t address, void *bytes, size_t size);
    void *context;
};

static inline bool unwind_memory_read(const struct unwind_memory *memory, uint64_t address,
                                      void *bytes, size_t size)
{
    if (address >= memory->stack_low && address < memory->stack_high &&
        memory->stack_high - address >= size) {
        memcpy(bytes, memory->stack + (address - memory->stack_low), size);
        return true;
    }
    return memory->read && memory->read(memory->context, address, bytes, size);
}

static inline bool unwind_memory_word(const struct unwind_memory *memory, uint64_t address,
                                      uint64_t *word)
{
    return unwind_memory_read(memory, address, word, sizeof *word);
}

#endif
