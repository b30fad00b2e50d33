/* SPDX-License-Identifier: MIT */
/*
 * registers_x86_64.h - the register set of x86-64 as unwinding sees it.
 *
 * Numbers are those of the System V ABI, AMD64 supplement, figure 3.36 ("DWARF Register Number
 * Mapping"). Another CPU gets a file of this shape beside this one.
 */
#ifndef PROF_UNWIND_REGISTERS_X86_64_H
#define PROF_UNWIND_REGISTERS_X86_64_H

#include <stdint.h>
#include <ucontext.h>

enum {
    UNWIND_RAX,
    UNWIND_RDX,
    UNWIND_RCX,
    UNWIND_RBX,
    UNWIND_RSI,
    UNWIND_RDI,
    UNWIND_RBP,
    UNWIND_RSP,
    UNWIND_R8,
    UNWIND_R9,
    UNWIND_R10,
    UNWIND_R11,
    UNWIND_R12,
    UNWIND_R13,
    UNWIND_R14,
    UNWIND_R15,
    UNWIND_RIP, /* the return address column */
    UNWIND_REGISTER_COUNT,

    UNWIND_STACK_POINTER = UNWIND_RSP,
    UNWIND_FRAME_POINTER = UNWIND_RBP,
    UNWIND_PROGRAM_COUNTER = UNWIND_RIP,
};

/* Registers that a function hands back unchanged: what the caller of a frame still knows. */
#define UNWIND_CALLEE_SAVED                                                                        \
    (1u << UNWIND_RBX | 1u << UNWIND_RBP | 1u << UNWIND_R12 | 1u << UNWIND_R13 |                   \
     1u << UNWIND_R14 | 1u << UNWIND_R15)

/* The order in which a compact rule lists them. */
#define UNWIND_COMPACT_REGISTERS                                                                   \
    {                                                                                              \
        UNWIND_RBX, UNWIND_RBP, UNWIND_R12, UNWIND_R13, UNWIND_R14, UNWIND_R15                     \
    }
#define UNWIND_COMPACT_COUNT 6

struct unwind_registers {
    uint64_t value[UNWIND_REGISTER_COUNT];
    uint32_t known; /* bit n: value[n] is what the register held in this frame */
};

/* The registers at the instruction that a signal interrupted. */
static inline void unwind_registers_from_ucontext(struct unwind_registers *registers,
                                                  const ucontext_t *context)
{
    static const uint8_t greg[UNWIND_REGISTER_COUNT] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
        REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
    };
    for (int i = 0; i < UNWIND_REGISTER_COUNT; i++)
        registers->value[i] = (uint64_t)context->uc_mcontext.gregs[greg[i]];
    registers->known = (1u << UNWIND_REGISTER_COUNT) - 1;
}

#endif
