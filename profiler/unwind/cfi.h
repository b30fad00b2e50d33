/* SPDX-License-Identifier: MIT */
/*
 * cfi.h - finds the call frame information of an address and evaluates it to one row.
 *
 * Runs in: signal handler. Reads the tables in place; no allocation; about 300 bytes of stack.
 * Source:  LSB 5.0 core, section 10.6 (.eh_frame, .eh_frame_hdr); DWARF 5, section 6.4.
 */
#ifndef PROF_UNWIND_CFI_H
#define PROF_UNWIND_CFI_H

#include "profiler/unwind/cursor.h"
#include "profiler/unwind/memory.h"
#include "profiler/unwind/registers_x86_64.h"

/*
 * A loaded object and where its unwind tables are. tables.bytes == NULL: the object may be unloaded
 * at any time, its tables are copied through the memory reader before they are looked at.
 */
struct unwind_module {
    uint64_t start, end;       /* addresses of its loaded segments: [start, end) */
    uint64_t eh_frame_hdr;     /* address of .eh_frame_hdr; 0 when it has none */
    struct unwind_view tables; /* the segment that holds .eh_frame_hdr and .eh_frame */
};

enum cfi_rule_kind {
    CFI_SAME,           /* the register still holds it */
    CFI_UNDEFINED,      /* cannot be recovered; for the return address: first frame of the thread */
    CFI_OFFSET,         /* saved at CFA + value */
    CFI_VAL_OFFSET,     /* is CFA + value */
    CFI_REGISTER,       /* is in register number value */
    CFI_EXPRESSION,     /* saved at the address the expression gives */
    CFI_VAL_EXPRESSION, /* is what the expression gives */
};

/* For the expression kinds `value` is the target address of the expression's block (length in
 * ULEB128, then code). */
struct cfi_row {
    uint8_t cfa_kind; /* CFI_VAL_OFFSET: register + offset; CFI_VAL_EXPRESSION */
    uint8_t cfa_register;
    bool signal_frame; /* the frame below was interrupted here, not called ('S' augmentation) */
    uint8_t kind[UNWIND_REGISTER_COUNT];
    int64_t cfa_value;
    int64_t value[UNWIND_REGISTER_COUNT];
};

/*
 * What finding a row takes besides it, too much for the stacks that a signal may find. The entries
 * of one function, in place or copied: the copies hold what glibc, libstdc++, libLLVM and openssl
 * need (longest FDE there: 700 bytes); a longer one is CFI_UNSUPPORTED. And the rows to go back to.
 */
#define CFI_REMEMBER_DEPTH 4 /* gcc and clang nest remember_state once at most, assembly twice */
struct cfi_entry {
    struct unwind_view fde, cie;
    uint8_t fde_copy[1024], cie_copy[128];
    struct cfi_row initial, remembered[CFI_REMEMBER_DEPTH];
};

enum cfi_result {
    CFI_FOUND,
    CFI_NONE, /* no entry covers the address */
    CFI_DAMAGED,
    CFI_UNSUPPORTED, /* a table encoding or an instruction we do not know */
};

/* The row that holds at `pc`, an address inside the module. `entry` keeps what the row's
 * expressions point into. */
enum cfi_result cfi_row_find(const struct unwind_module *module, const struct unwind_memory *memory,
                             uint64_t pc, struct cfi_entry *entry, struct cfi_row *row);

/* The code of an expression rule. */
struct cursor cfi_expression(const struct cfi_entry *entry, int64_t value);

#endif
