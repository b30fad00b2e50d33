/* SPDX-License-Identifier: MIT */
/*
 * expression.h - evaluates the DWARF expressions that occur in call frame information.
 *
 * Runs in: signal handler. Bounded work, no recursion, about 300 bytes of stack.
 * Source:  DWARF 5, section 2.5; the operations allowed in CFI are those of section 6.4.2.
 */
#ifndef PROF_UNWIND_EXPRESSION_H
#define PROF_UNWIND_EXPRESSION_H

#include "profiler/unwind/cursor.h"
#include "profiler/unwind/memory.h"
#include "profiler/unwind/registers_x86_64.h"

enum expression_result {
    EXPRESSION_OK,
    EXPRESSION_DAMAGED,     /* runs off its end, under- or overflows its stack, never ends */
    EXPRESSION_UNSUPPORTED, /* an operation we do not know, or a register not known here */
    EXPRESSION_BAD_MEMORY,
};

/* Evaluates the bytes of `code`. `initial` is pushed first when it is not NULL (the CFA, for
 * register rules). The top of the stack goes to *value, which stays untouched on failure. */
enum expression_result expression_evaluate(struct cursor code,
                                           const struct unwind_registers *registers,
                                           const struct unwind_memory *memory,
                                           const uint64_t *initial, uint64_t *value);

#endif
