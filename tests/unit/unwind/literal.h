/* SPDX-License-Identifier: MIT */
/*
 * literal.h - unwind tables, stacks and registers written down as numbers.
 *
 * Memory: one `struct literal` per test, made and released by cmocka's setup and teardown. Its
 *         tables lie in a block of exactly their size, so that AddressSanitizer sees every read
 *         past them.
 */
#ifndef PROF_TESTS_UNWIND_LITERAL_H
#define PROF_TESTS_UNWIND_LITERAL_H

#include "profiler/base/text.h"
#include "profiler/unwind/expression.h"
#include "profiler/unwind/unwind.h"

/* Where things are in the literal process. */
enum {
    CODE = 0x400000,
    CODE_END = 0x410000, /* of the module; its tables lie behind its code */
    TABLES = CODE_END,
    EH_FRAME = TABLES + 0x200, /* room for the search table of 60 functions */
    MODULE_END = 0x420000,
    STACK = 0x7fff0000,
};

/* Instructions, LSB 5.0 section 10.6 and DWARF 5 section 7.24. */
enum {
    CFA_NOP,
    CFA_SET_LOC,
    CFA_ADVANCE1,
    CFA_ADVANCE2,
    CFA_ADVANCE4,
    CFA_OFFSET_EXTENDED,
    CFA_RESTORE_EXTENDED,
    CFA_UNDEFINED,
    CFA_SAME_VALUE,
    CFA_REGISTER,
    CFA_REMEMBER,
    CFA_RECALL,
    CFA_DEF,
    CFA_DEF_REGISTER,
    CFA_DEF_OFFSET,
    CFA_DEF_EXPRESSION,
    CFA_EXPRESSION,
    CFA_OFFSET_EXTENDED_SF,
    CFA_DEF_SF,
    CFA_DEF_OFFSET_SF,
    CFA_VAL_OFFSET,
    CFA_VAL_OFFSET_SF,
    CFA_VAL_EXPRESSION,
    CFA_ARGS_SIZE = 0x2e,
    CFA_NEGATIVE_OFFSET = 0x2f,
};
#define ADVANCE(n)       (0x40 | (n))
#define SAVED(reg, slot) (0x80 | (reg)), (slot) /* at CFA - 8 * slot */
#define RESTORED(reg)    (0xc0 | (reg))

/* Operations, DWARF 5 section 7.7.1. */
enum {
    OP_DEREF = 0x06,
    OP_CONST1U = 0x08,
    OP_AND = 0x1a,
    OP_PLUS = 0x22,
    OP_PLUS_UCONST = 0x23,
    OP_SHL = 0x24,
    OP_GE = 0x2a,
    OP_SKIP = 0x2f,
    OP_LIT0 = 0x30,
    OP_BREG0 = 0x70,
};
#define BREG(reg) (OP_BREG0 + (reg))
#define LIT(n)    (OP_LIT0 + (n))

/* Two arguments: bytes and how many. */
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

struct literal_region {
    uint64_t address;
    const void *bytes;
    size_t size;
};

struct literal {
    struct text entries; /* the contents of .eh_frame */
    uint64_t cie;        /* address of the CIE that FDEs get */
    uint8_t encoding;    /* of its pointers */
    bool has_data;       /* augmentation data ("z...") */
    struct {
        uint64_t begin, fde;
    } function[60];
    uint32_t function_count;

    uint8_t *tables; /* .eh_frame_hdr and .eh_frame, once loaded */
    struct unwind_module module;
    struct unwind_modules modules;
    struct unwind_memory memory;
    struct unwind_registers registers;
    struct unwind_cache cache;
    struct unwind_walk walk;         /* the last one */
    struct literal_region region[4]; /* readable beside the stack; [0] are the tables */
    uint32_t reads;                  /* that went through the reader */
};

int literal_setup(void **state);
int literal_teardown(void **state);

/* How a CIE is written; zeros mean what every compiler does. */
struct cie_form {
    const char *augmentation; /* NULL: "zR" */
    uint8_t version;          /* 0: 1 */
    uint8_t encoding;         /* 0: pcrel sdata4 */
    uint8_t code_alignment;   /* 0: 1 */
    bool wide;                /* a length of 64 bits */
};

/* Appends a CIE that the next FDEs refer to. `code` are its instructions. */
void literal_cie(struct literal *l, const struct cie_form *form, const uint8_t *code, size_t size);

/* What every compiler begins with: CFA=rsp+8, return address at CFA-8. */
void literal_usual_cie(struct literal *l);

/* Appends an FDE; functions may come in any order. */
void literal_fde(struct literal *l, uint64_t begin, uint64_t length, const uint8_t *code,
                 size_t size);

/* Makes the module, with a sorted search table. Afterwards the tables may be damaged in place. */
void literal_load(struct literal *l);

/* From now on the tables are copied through the reader. */
void literal_copy_tables(struct literal *l);

/* These words are the stack from STACK on, and rsp points at the first. */
void literal_stack(struct literal *l, const uint64_t *words, size_t count);

/* The address of a word of the stack. */
#define STACK_WORD(n) ((uint64_t)STACK + 8 * (uint64_t)(n))

/* A region that the reader knows. */
void literal_readable(struct literal *l, uint64_t address, const void *bytes, size_t size);

/* The row of a pc, found in place and by copies; both must agree. */
enum cfi_result literal_row(struct literal *l, uint64_t pc, struct cfi_row *row);

/*
 * Walks from the literal registers: with a cold cache, with a warm one, and with copied tables.
 * Each time these addresses must come, innermost first, and then this stop.
 */
#define assert_walk(l, stop, ...)                                                                  \
    literal_assert_walk(l, stop, (const uint64_t[]){__VA_ARGS__},                                  \
                        sizeof((const uint64_t[]){__VA_ARGS__}) / 8, __FILE__, __LINE__)
void literal_assert_walk(struct literal *l, enum unwind_stop stop, const uint64_t *addresses,
                         size_t count, const char *file, int line);

#endif
