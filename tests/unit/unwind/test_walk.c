/* SPDX-License-Identifier: MIT */
/*
 * test_walk.c - literal stacks of code with CFI, each with its picture.
 *
 * Words of a stack are listed from rsp upwards. Return addresses lie behind the call: the row that
 * counts is that of the byte before.
 */
#include "tests/unit/unwind/literal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The thread's first function, as glibc's _start and clone mark it: no return address. */
#define START 0x40f000
static void put_start(struct literal *l)
{
    literal_fde(l, START, 0x20, BYTES(CFA_UNDEFINED, UNWIND_RIP));
}

static void interrupt(struct literal *l, uint64_t pc)
{
    l->registers.value[UNWIND_RIP] = pc;
}

/*
 *     401000 leaf:  ret                  CFA=rsp+8
 *     401100 body:  push %rbx            CFA=rsp+8
 *     401101        sub $16, %rsp        CFA=rsp+16, rbx at CFA-16
 *     401105        call leaf            CFA=rsp+32
 *     40110a        ...
 */
static void frameless_leaf_is_walked_by_its_return_address(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {
        0x40110a,        // rsp: return to body
        0x11,      0x22, // body's locals
        0x1234,          // the caller's rbx
        START + 5,       // return to start
        0x33,
    };
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 1, BYTES(CFA_NOP));
    literal_fde(l, 0x401100, 0x20,
                BYTES(ADVANCE(1), CFA_DEF_OFFSET, 16, SAVED(UNWIND_RBX, 2), ADVANCE(4),
                      CFA_DEF_OFFSET, 32));
    put_start(l);
    literal_load(l);
    literal_stack(l, stack, 6);
    interrupt(l, 0x401000);
    assert_walk(l, UNWIND_COMPLETE, 0x401000, 0x40110a, START + 5);
    assert_int_equal(l->walk.registers.value[UNWIND_RBX], 0x1234);
    assert_int_equal(l->walk.registers.value[UNWIND_RSP], STACK_WORD(5));
}

/*
 *     401000 push %rbp        CFA=rsp+8
 *     401001 mov %rsp, %rbp   CFA=rsp+16, rbp at CFA-16
 *     401004 push %rbx        CFA=rbp+16
 *     401005 sub $8, %rsp                 rbx at CFA-24
 *     401009 body
 *     401010 add $8, %rsp
 *     401014 pop %rbx
 *     401015 pop %rbp
 *     401016 ret              CFA=rsp+8
 *
 *     word 0: local   1: caller's rbx   2: caller's rbp   3: return to start
 */
static void every_instruction_of_a_frame_gives_the_same_caller(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11, 0xb0b0, 0xb9b9, START + 5, 0x22};
    // what rsp, rbp and rbx are before each instruction runs; 0: the caller's
    const struct {
        uint64_t pc;
        int rsp;
        uint64_t rbp, rbx;
    } moments[] = {
        {0x401000, 3, 0xb9b9, 0xb0b0},        {0x401001, 2, 0xb9b9, 0xb0b0},
        {0x401004, 2, STACK_WORD(2), 0xb0b0}, {0x401005, 1, STACK_WORD(2), 0xb0b0},
        {0x401009, 0, STACK_WORD(2), 0xdead}, {0x401010, 0, STACK_WORD(2), 0xdead},
        {0x401014, 1, STACK_WORD(2), 0xdead}, {0x401015, 2, STACK_WORD(2), 0xb0b0},
        {0x401016, 3, 0xb9b9, 0xb0b0},
    };
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x17,
                BYTES(ADVANCE(1), CFA_DEF_OFFSET, 16, SAVED(UNWIND_RBP, 2), ADVANCE(3),
                      CFA_DEF_REGISTER, UNWIND_RBP, ADVANCE(1), SAVED(UNWIND_RBX, 3), ADVANCE(0x11),
                      CFA_DEF, UNWIND_RSP, 8));
    put_start(l);
    literal_load(l);
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        literal_stack(l, stack, 5);
        interrupt(l, moments[i].pc);
        l->registers.value[UNWIND_RSP] = STACK_WORD(moments[i].rsp);
        l->registers.value[UNWIND_RBP] = moments[i].rbp;
        l->registers.value[UNWIND_RBX] = moments[i].rbx;
        assert_walk(l, UNWIND_COMPLETE, moments[i].pc, START + 5);
        assert_int_equal(l->walk.registers.value[UNWIND_RSP], STACK_WORD(4));
        assert_int_equal(l->walk.registers.value[UNWIND_RBP], 0xb9b9);
        assert_int_equal(l->walk.registers.value[UNWIND_RBX], 0xb0b0);
    }
}

/*
 * The outermost of three functions has its CFA in r12 (as tests/targets/assembly does); the one it
 * calls leaves r12 alone, and only the innermost saves it.
 *
 *     401000 inner, 401010: CFA=rsp+24, r12 at CFA-16     words 0..2
 *     401100 middle:        CFA=rsp+16                    words 3..4
 *     401200 outer:         CFA=r12+16                    words 5..8
 */
static void saved_registers_come_back_over_several_frames(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {
        0x11, STACK_WORD(7), 0x401105,            // inner: local, saved r12, return to middle
        0x22, 0x401205,                           // middle
        0x33, 0x44,          0x55,     START + 9, // outer, at a depth that only r12 knows
    };
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x20, BYTES(CFA_DEF_OFFSET, 24, SAVED(UNWIND_R12, 2)));
    literal_fde(l, 0x401100, 0x20, BYTES(CFA_DEF_OFFSET, 16));
    literal_fde(l, 0x401200, 0x20, BYTES(CFA_DEF, UNWIND_R12, 16));
    put_start(l);
    literal_load(l);
    literal_stack(l, stack, 9);
    interrupt(l, 0x401010);
    assert_walk(l, UNWIND_COMPLETE, 0x401010, 0x401105, 0x401205, START + 9);
}

/* Those a frame has saved come from the stack, the others stay as they were. Saved at CFA-16 on, in
 * the order of the list, by a frame of eight words. */
static void each_set_of_saved_registers_comes_back(void **state)
{
    static const uint8_t registers[UNWIND_COMPACT_COUNT] = UNWIND_COMPACT_REGISTERS;
    const uint64_t stack[] = {0x11, 0x106, 0x105, 0x104, 0x103, 0x102, 0x101, START + 5, 0x22};
    (void)state;
    for (unsigned set = 0; set < 1u << UNWIND_COMPACT_COUNT; set++) {
        void *fresh = NULL;
        assert_int_equal(literal_setup(&fresh), 0);
        struct literal *l = fresh;
        uint8_t code[2 + 2 * UNWIND_COMPACT_COUNT] = {CFA_DEF_OFFSET, 64};
        for (uint8_t i = 0; i < UNWIND_COMPACT_COUNT; i++) {
            const uint8_t saved[] = {SAVED(registers[i], (uint8_t)(i + 2))};
            if (set >> i & 1)
                memcpy(code + 2 + 2 * i, saved, 2); // no save: two CFA_NOP
        }
        literal_usual_cie(l);
        literal_fde(l, 0x401000, 0x20, code, sizeof code);
        put_start(l);
        literal_load(l);
        literal_stack(l, stack, 9);
        interrupt(l, 0x401010);
        for (int i = 0; i < UNWIND_COMPACT_COUNT; i++)
            l->registers.value[registers[i]] = 0xabc0 + (uint64_t)i;
        assert_walk(l, UNWIND_COMPLETE, 0x401010, START + 5);
        for (int i = 0; i < UNWIND_COMPACT_COUNT; i++) {
            uint64_t expected = set >> i & 1 ? 0x101 + (uint64_t)i : 0xabc0 + (uint64_t)i;
            assert_int_equal(l->walk.registers.value[registers[i]], expected);
            assert_true(l->walk.registers.known >> registers[i] & 1);
        }
        assert_int_equal(literal_teardown(&fresh), 0);
    }
}

/* A register that the ABI lets every function destroy is not known in its caller. */
static void caller_does_not_know_registers_that_a_call_destroys(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401105, 0x11, START + 5};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x20, BYTES(CFA_NOP));
    literal_fde(l, 0x401100, 0x20, BYTES(CFA_DEF, UNWIND_R11, 16));
    literal_load(l);
    literal_stack(l, stack, 3);
    interrupt(l, 0x401000);
    l->registers.value[UNWIND_R11] = STACK_WORD(1);
    assert_walk(l, UNWIND_BAD_CFI, 0x401000, 0x401105);
}

/*
 *     401000 fails:  sub $8, %rsp; call abort      CFA=rsp+16
 *     401009 next:   push...                       CFA=rsp+8
 *
 * abort never returns, so the return address is already `next`, whose row is another one.
 */
static void return_address_behind_a_noreturn_call_belongs_to_the_caller(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401009, 0x11, START + 5};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 9, BYTES(ADVANCE(4), CFA_DEF_OFFSET, 16));
    literal_fde(l, 0x401009, 0x10, BYTES(CFA_NOP));
    literal_fde(l, 0x402000, 0x10, BYTES(CFA_NOP)); // abort
    put_start(l);
    literal_load(l);
    literal_stack(l, stack, 3);
    interrupt(l, 0x402000);
    assert_walk(l, UNWIND_COMPLETE, 0x402000, 0x401009, START + 5);
}

/* Between two functions there is no row, not that of the function before. */
static void gap_between_functions_has_no_cfi(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {START + 5, 0x11};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10, BYTES(CFA_NOP));
    literal_fde(l, 0x401020, 0x10, BYTES(CFA_NOP));
    put_start(l);
    literal_load(l);
    literal_stack(l, stack, 2);
    const uint64_t without[] = {0x400fff, 0x401010, 0x40101f, 0x401030};
    for (int i = 0; i < 4; i++) {
        interrupt(l, without[i]);
        assert_walk(l, UNWIND_NO_CFI, without[i]);
    }
    interrupt(l, 0x401020);
    assert_walk(l, UNWIND_COMPLETE, 0x401020, START + 5);
}

static void return_address_0_ends_a_stack(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401105, 0x11, 0};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x20, BYTES(CFA_NOP));
    literal_fde(l, 0x401100, 0x20, BYTES(CFA_DEF_OFFSET, 16));
    literal_load(l);
    literal_stack(l, stack, 3);
    interrupt(l, 0x401000);
    assert_walk(l, UNWIND_COMPLETE, 0x401000, 0x401105);
}

/*
 * ld's lazy PLT: PLT0 pushes the link map, each entry pushes its index at its 11th byte.
 *
 *     401020 push GOT+8     CFA=rsp+16
 *     401026 jmp *GOT+16    CFA=rsp+24
 *     401030 jmp *f@GOT     CFA = rsp + 8 + ((rip & 15) >= 11) * 8
 *     401036 push $0
 *     40103b jmp PLT0
 */
static void plt_entry_is_walked_before_and_after_its_push(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {7, START + 5, 0x11};
    literal_usual_cie(l);
    literal_fde(l, 0x401020, 0x40,
                BYTES(CFA_DEF_OFFSET, 16, ADVANCE(6), CFA_DEF_OFFSET, 24, ADVANCE(10),
                      CFA_DEF_EXPRESSION, 11, BREG(UNWIND_RSP), 8, BREG(UNWIND_RIP), 0, LIT(15),
                      OP_AND, LIT(11), OP_GE, LIT(3), OP_SHL, OP_PLUS));
    put_start(l);
    literal_load(l);
    for (uint64_t pc = 0x401030; pc < 0x401060; pc++) {
        bool pushed = (pc & 15) >= 11;
        literal_stack(l, stack, 3);
        l->registers.value[UNWIND_RSP] = STACK_WORD(pushed ? 0 : 1);
        interrupt(l, pc);
        assert_walk(l, UNWIND_COMPLETE, pc, START + 5);
        assert_int_equal(l->walk.registers.value[UNWIND_RSP], STACK_WORD(2));
    }
}

/*
 * gcc realigns a frame with r10 as pointer to the arguments:
 *
 *     401000 lea 8(%rsp), %r10   CFA=rsp+8
 *     401005 and $-64, %rsp      CFA=r10
 *     401009 push -8(%r10)       a copy of the return address
 *     40100d push %rbp
 *     40100e mov %rsp, %rbp      rbp at the address in rbp (expression breg6 0)
 *     401011 push %r10
 *     401013 body                CFA = *(rbp - 8)
 *
 *     word 0: r10   1: caller's rbp   2: copy   3..5: made by the alignment   6: return to start
 */
static void realigned_frame_is_walked_by_its_expressions(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {STACK_WORD(7), 0xb9b9, START + 5, 0x11, 0x22, 0x33, START + 5, 0x44};
    const struct {
        uint64_t pc;
        int rsp;
        uint64_t r10, rbp;
    } moments[] = {
        {0x401000, 6, 0xdead, 0xb9b9},
        {0x401005, 6, STACK_WORD(7), 0xb9b9},
        {0x401009, 3, STACK_WORD(7), 0xb9b9},
        {0x40100d, 2, STACK_WORD(7), 0xb9b9},
        {0x401011, 1, STACK_WORD(7), STACK_WORD(1)},
        {0x401013, 0, 0xdead, STACK_WORD(1)},
    };
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x40,
                BYTES(ADVANCE(5), CFA_DEF, UNWIND_R10, 0, ADVANCE(12), CFA_EXPRESSION, UNWIND_RBP,
                      2, BREG(UNWIND_RBP), 0, ADVANCE(2), CFA_DEF_EXPRESSION, 3, BREG(UNWIND_RBP),
                      0x78, OP_DEREF));
    put_start(l);
    literal_load(l);
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        literal_stack(l, stack, 8);
        interrupt(l, moments[i].pc);
        l->registers.value[UNWIND_RSP] = STACK_WORD(moments[i].rsp);
        l->registers.value[UNWIND_R10] = moments[i].r10;
        l->registers.value[UNWIND_RBP] = moments[i].rbp;
        assert_walk(l, UNWIND_COMPLETE, moments[i].pc, START + 5);
        assert_int_equal(l->walk.registers.value[UNWIND_RSP], STACK_WORD(7));
        assert_int_equal(l->walk.registers.value[UNWIND_RBP], 0xb9b9);
    }
}

/* Offsets in the signal frame that the trampoline's rsp points at: struct ucontext, uc_mcontext. */
enum { UC_R12 = 72, UC_RBP = 120, UC_RBX = 128, UC_RSP = 160, UC_RIP = 168 };

/* The expression that every register of glibc's __restore_rt has: breg7 offset (two LEB bytes). */
#define AT_RSP(offset) BREG(UNWIND_RSP), ((offset)&0x7f) | 0x80, (offset) >> 7

/* __restore_rt (CIE "zRS"); its FDE begins one byte early, for those who look up address - 1. */
static void put_trampoline(struct literal *l)
{
    literal_cie(l, &(struct cie_form){.augmentation = "zRS"}, BYTES(CFA_NOP));
    literal_fde(l, 0x403fff, 0x11,
                BYTES(CFA_DEF_EXPRESSION, 4, AT_RSP(UC_RSP), OP_DEREF, CFA_EXPRESSION, UNWIND_R12,
                      3, AT_RSP(UC_R12), CFA_EXPRESSION, UNWIND_RBP, 3, AT_RSP(UC_RBP),
                      CFA_EXPRESSION, UNWIND_RBX, 3, AT_RSP(UC_RBX), CFA_EXPRESSION, UNWIND_RSP, 3,
                      AT_RSP(UC_RSP), CFA_EXPRESSION, UNWIND_RIP, 3, AT_RSP(UC_RIP)));
}

/*
 * A handler on the thread's own stack; the interrupted function has rbx as CFA and stands at its
 * first byte, whose row is not that of the byte before.
 */
static void signal_frame_hands_over_every_register(void **state)
{
    struct literal *l = *state;
    uint64_t stack[32] = {0x404000}; // handler's return address: __restore_rt
    uint64_t *frame = stack + 1;     // the ucontext
    frame[UC_RIP / 8] = 0x402000;
    frame[UC_RSP / 8] = STACK_WORD(28);
    frame[UC_RBX / 8] = STACK_WORD(28);
    frame[UC_RBP / 8] = 0xb9b9;
    frame[UC_R12 / 8] = 0x1212;
    stack[29] = START + 5;
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x20, BYTES(CFA_NOP)); // handler
    literal_fde(l, 0x401ff0, 0x10, BYTES(CFA_DEF_OFFSET, 64));
    literal_fde(l, 0x402000, 0x10, BYTES(CFA_DEF, UNWIND_RBX, 16));
    put_start(l);
    put_trampoline(l);
    literal_load(l);
    literal_stack(l, stack, 32);
    interrupt(l, 0x401000);
    assert_walk(l, UNWIND_COMPLETE, 0x401000, 0x404000, 0x402000, START + 5);
    assert_int_equal(l->walk.registers.value[UNWIND_R12], 0x1212);
    assert_int_equal(l->walk.registers.value[UNWIND_RBP], 0xb9b9);
}

/* sigaltstack: the interrupted stack lies below the handler's, and is read through the reader. */
static void signal_frame_may_lead_to_another_stack(void **state)
{
    struct literal *l = *state;
    const uint64_t thread_stack[] = {0x402105, START + 5};
    uint64_t stack[24] = {0x404000};
    uint64_t *frame = stack + 1;
    frame[UC_RIP / 8] = 0x402000;
    frame[UC_RSP / 8] = 0x100000;
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x20, BYTES(CFA_NOP));
    literal_fde(l, 0x402000, 0x10, BYTES(CFA_NOP));
    literal_fde(l, 0x402100, 0x10, BYTES(CFA_NOP));
    put_start(l);
    put_trampoline(l);
    literal_load(l);
    literal_stack(l, stack, 24);
    literal_readable(l, 0x100000, thread_stack, sizeof thread_stack);
    interrupt(l, 0x401000);
    assert_walk(l, UNWIND_COMPLETE, 0x401000, 0x404000, 0x402000, 0x402105, START + 5);
}

/*
 * glibc's vfork takes its return address off the stack for the system call, so that the child may
 * overwrite the word: pop %rdi, then CFA=rsp+0 and the return address in rdi.
 */
static void return_address_may_be_in_a_register(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11, START + 5};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10,
                BYTES(ADVANCE(1), CFA_DEF_OFFSET, 0, CFA_REGISTER, UNWIND_RIP, UNWIND_RDI));
    literal_fde(l, 0x401100, 0x10, BYTES(CFA_DEF_OFFSET, 16));
    put_start(l);
    literal_load(l);
    literal_stack(l, stack, 2);
    interrupt(l, 0x401001);
    l->registers.value[UNWIND_RDI] = 0x401105;
    assert_walk(l, UNWIND_COMPLETE, 0x401001, 0x401105, START + 5);
}

/*
 * glibc's __longjmp once the registers are demangled: rdi is the jmp_buf and the CFA, and rsp has a
 * rule of its own.
 *     CFA=rdi+0  rbx at CFA+0  rbp=r9  rsp=r8  rip=rdx
 */
static void stack_pointer_may_have_a_rule_of_its_own(void **state)
{
    struct literal *l = *state;
    const uint64_t jump_buffer[] = {0xb0b0};
    const uint64_t stack[] = {0x11, 0x22, 0x33, START + 5};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10,
                BYTES(CFA_DEF, UNWIND_RDI, 0, CFA_OFFSET_EXTENDED_SF, UNWIND_RBX, 0, CFA_REGISTER,
                      UNWIND_RBP, UNWIND_R9, CFA_REGISTER, UNWIND_RSP, UNWIND_R8, CFA_REGISTER,
                      UNWIND_RIP, UNWIND_RDX));
    literal_fde(l, 0x401100, 0x10, BYTES(CFA_DEF_OFFSET, 16));
    put_start(l);
    literal_load(l);
    literal_stack(l, stack, 4);
    literal_readable(l, 0x300000, jump_buffer, sizeof jump_buffer);
    interrupt(l, 0x401000);
    l->registers.value[UNWIND_RDI] = 0x300000;
    l->registers.value[UNWIND_RDX] = 0x401105;
    l->registers.value[UNWIND_R8] = STACK_WORD(2);
    l->registers.value[UNWIND_R9] = 0xb9b9;
    assert_walk(l, UNWIND_COMPLETE, 0x401000, 0x401105, START + 5);
    assert_int_equal(l->walk.registers.value[UNWIND_RBX], 0xb0b0);
    assert_int_equal(l->walk.registers.value[UNWIND_RBP], 0xb9b9);
}

/* A callee that takes its arguments off the stack: rsp is CFA+16, not the CFA. */
static void callee_may_pop_its_arguments(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401105, 0x11, 0x22, 0x33, START + 5};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10, BYTES(CFA_VAL_OFFSET_SF, UNWIND_RSP, 0x7e));
    literal_fde(l, 0x401100, 0x10, BYTES(CFA_DEF_OFFSET, 16));
    put_start(l);
    literal_load(l);
    literal_stack(l, stack, 5);
    interrupt(l, 0x401000);
    assert_walk(l, UNWIND_COMPLETE, 0x401000, 0x401105, START + 5);
}

/* Where the row says "is CFA + n" (val_offset) or "is what the expression gives". */
static void registers_may_be_values_instead_of_slots(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x11, 0x401105, 0x22, START + 5};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10,
                BYTES(CFA_DEF_OFFSET, 16, CFA_VAL_OFFSET, UNWIND_RBX, 3, CFA_VAL_OFFSET_SF,
                      UNWIND_RBP, 0x7e, CFA_VAL_EXPRESSION, UNWIND_R12, 2, OP_PLUS_UCONST, 0x20));
    literal_fde(l, 0x401100, 0x10, BYTES(CFA_DEF_OFFSET, 16));
    put_start(l);
    literal_load(l);
    literal_stack(l, stack, 4);
    interrupt(l, 0x401000);
    assert_walk(l, UNWIND_COMPLETE, 0x401000, 0x401105, START + 5);
    assert_int_equal(l->walk.registers.value[UNWIND_RBX], STACK_WORD(2) - 24);
    assert_int_equal(l->walk.registers.value[UNWIND_RBP], STACK_WORD(2) + 16);
    assert_int_equal(l->walk.registers.value[UNWIND_R12], STACK_WORD(2) + 0x20);
}

/*
 * makecontext puts __start_context under the coroutine's function as if it had called it, at its
 * first byte; before that byte there is padding.
 */
static void return_to_a_functions_first_byte_ends_a_coroutine(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x404000, 0x11, 0x22};
    uint8_t code[16] = {0};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10, BYTES(CFA_NOP));
    literal_fde(l, 0x404000, 0x1a, BYTES(CFA_NOP)); // __start_context
    literal_load(l);
    literal_stack(l, stack, 3);
    literal_readable(l, 0x403ff0, code, sizeof code);
    interrupt(l, 0x401000);
    assert_walk(l, UNWIND_COMPLETE, 0x401000, 0x404000);

    // a call there makes it the end of a function without CFI, which is something else
    code[11] = 0xe8;
    assert_walk(l, UNWIND_NO_CFI, 0x401000, 0x404000);
}

static void interrupted_first_byte_is_no_end(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401000, 0x11};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10, BYTES(CFA_NOP));
    literal_load(l);
    literal_stack(l, stack, 2);
    interrupt(l, 0x402000); // nothing there
    assert_walk(l, UNWIND_NO_CFI, 0x402000);
}

static const struct {
    const char *why;
    enum unwind_stop stop;
    uint8_t code[12];
    size_t size;
} stuck[] = {
    {"CFA below rsp", UNWIND_NO_PROGRESS, {CFA_DEF_SF, UNWIND_RSP, 1}, 3},
    {"CFA at rsp", UNWIND_NO_PROGRESS, {CFA_DEF_OFFSET, 0}, 2},
    {"CFA at rsp and the return address in rbx",
     UNWIND_NO_PROGRESS,
     {CFA_DEF_OFFSET, 0, CFA_REGISTER, UNWIND_RIP, UNWIND_RBX},
     5},
    {"return address out of reach", UNWIND_BAD_MEMORY, {CFA_DEF_OFFSET, 0xc0, 0x3e}, 3},
    {"CFA expression reads what is not there",
     UNWIND_BAD_MEMORY,
     {CFA_DEF_EXPRESSION, 2, LIT(0), OP_DEREF},
     4},
    {"CFA expression without result", UNWIND_BAD_CFI, {CFA_DEF_EXPRESSION, 0}, 2},
    {"CFA expression with an operation we do not know",
     UNWIND_UNSUPPORTED,
     {CFA_DEF_EXPRESSION, 1, 0xe0},
     3},
    {"return address by the register's own value",
     UNWIND_UNSUPPORTED,
     {CFA_SAME_VALUE, UNWIND_RIP},
     2},
    {"return address in a vector register", UNWIND_UNSUPPORTED, {CFA_REGISTER, UNWIND_RIP, 20}, 3},
    {"an instruction we do not know", UNWIND_UNSUPPORTED, {0x3f}, 1},
    {"CFA in a vector register", UNWIND_BAD_CFI, {CFA_DEF_REGISTER, 20}, 2},
};

/* From a return address, as any frame but the first is. */
static void walk_that_is_stuck_says_why(void **state)
{
    const uint64_t stack[] = {0x401105, START + 5, 0x11};
    for (size_t i = 0; i < sizeof stuck / sizeof *stuck; i++) {
        literal_setup(state);
        struct literal *l = *state;
        literal_usual_cie(l);
        literal_fde(l, 0x401000, 0x10, BYTES(CFA_NOP));
        literal_fde(l, 0x401100, 0x10, stuck[i].code, stuck[i].size);
        put_start(l);
        literal_load(l);
        literal_stack(l, stack, 3);
        interrupt(l, 0x401000);
        print_message("%s\n", stuck[i].why);
        assert_walk(l, stuck[i].stop, 0x401000, 0x401105);
        literal_teardown(state);
    }
}

/* A saved register that cannot be read is unknown; that alone does not end a walk. */
static void unreadable_slot_of_a_saved_register_is_no_end(void **state)
{
    struct literal *l = *state;
    const uint64_t stack[] = {0x401105, 0x11, START + 5};
    literal_usual_cie(l);
    literal_fde(l, 0x401000, 0x10, BYTES(CFA_OFFSET_EXTENDED, UNWIND_RBX, 0x80, 0x10));
    literal_fde(l, 0x401100, 0x10, BYTES(CFA_DEF_OFFSET, 16));
    put_start(l);
    literal_load(l);
    literal_stack(l, stack, 3);
    interrupt(l, 0x401000);
    assert_walk(l, UNWIND_COMPLETE, 0x401000, 0x401105, START + 5);
    assert_int_equal(l->walk.registers.known & 1u << UNWIND_RBX, 0);
}

#define WALK_TEST(name) cmocka_unit_test_setup_teardown(name, literal_setup, literal_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WALK_TEST(frameless_leaf_is_walked_by_its_return_address),
        WALK_TEST(every_instruction_of_a_frame_gives_the_same_caller),
        WALK_TEST(saved_registers_come_back_over_several_frames),
        WALK_TEST(each_set_of_saved_registers_comes_back),
        WALK_TEST(caller_does_not_know_registers_that_a_call_destroys),
        WALK_TEST(return_address_behind_a_noreturn_call_belongs_to_the_caller),
        WALK_TEST(gap_between_functions_has_no_cfi),
        WALK_TEST(return_address_0_ends_a_stack),
        WALK_TEST(plt_entry_is_walked_before_and_after_its_push),
        WALK_TEST(realigned_frame_is_walked_by_its_expressions),
        WALK_TEST(signal_frame_hands_over_every_register),
        WALK_TEST(signal_frame_may_lead_to_another_stack),
        WALK_TEST(return_address_may_be_in_a_register),
        WALK_TEST(stack_pointer_may_have_a_rule_of_its_own),
        WALK_TEST(callee_may_pop_its_arguments),
        WALK_TEST(registers_may_be_values_instead_of_slots),
        WALK_TEST(return_to_a_functions_first_byte_ends_a_coroutine),
        WALK_TEST(interrupted_first_byte_is_no_end),
        cmocka_unit_test(walk_that_is_stuck_says_why),
        WALK_TEST(unreadable_slot_of_a_saved_register_is_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
