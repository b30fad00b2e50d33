/* SPDX-License-Identifier: MIT */
/*
 * expression.c - evaluates DWARF expressions in call frame information.
 *
 * Code of the signal handler: no lock, no allocation, no call outside this room.
 */
#include "profiler/unwind/expression.h"

enum {
    STACK_DEPTH = 32, /* the deepest seen in glibc, gcc and clang output is 4 */
    MAX_STEPS = 256,  /* branches may loop */
};

enum {
    DW_OP_addr = 0x03,
    DW_OP_deref = 0x06,
    DW_OP_const1u = 0x08,
    DW_OP_const1s,
    DW_OP_const2u,
    DW_OP_const2s,
    DW_OP_const4u,
    DW_OP_const4s,
    DW_OP_const8u,
    DW_OP_const8s,
    DW_OP_constu,
    DW_OP_consts,
    DW_OP_dup = 0x12,
    DW_OP_drop,
    DW_OP_over,
    DW_OP_pick,
    DW_OP_swap,
    DW_OP_rot,
    DW_OP_abs = 0x19,
    DW_OP_and,
    DW_OP_div,
    DW_OP_minus,
    DW_OP_mod,
    DW_OP_mul,
    DW_OP_neg,
    DW_OP_not,
    DW_OP_or,
    DW_OP_plus,
    DW_OP_plus_uconst,
    DW_OP_shl,
    DW_OP_shr,
    DW_OP_shra,
    DW_OP_xor,
    DW_OP_bra,
    DW_OP_eq,
    DW_OP_ge,
    DW_OP_gt,
    DW_OP_le,
    DW_OP_lt,
    DW_OP_ne,
    DW_OP_skip,
    DW_OP_lit0 = 0x30,
    DW_OP_lit31 = 0x4f,
    DW_OP_breg0 = 0x70,
    DW_OP_breg31 = 0x8f,
    DW_OP_bregx = 0x92,
    DW_OP_deref_size = 0x94,
    DW_OP_nop = 0x96,
};

struct machine {
    uint64_t stack[STACK_DEPTH];
    int depth;
    enum expression_result result;
};

static void push(struct machine *m, uint64_t value)
{
    if (m->depth == STACK_DEPTH)
        m->result = EXPRESSION_DAMAGED;
    else
        m->stack[m->depth++] = value;
}

static uint64_t pop(struct machine *m)
{
    if (m->depth == 0) {
        m->result = EXPRESSION_DAMAGED;
        return 0;
    }
    return m->stack[--m->depth];
}

static uint64_t peek(struct machine *m, unsigned from_top)
{
    if (from_top >= (unsigned)m->depth) {
        m->result = EXPRESSION_DAMAGED;
        return 0;
    }
    return m->stack[m->depth - 1 - (int)from_top];
}

static void push_register(struct machine *m, const struct unwind_registers *registers,
                          uint64_t number, int64_t offset)
{
    if (number >= UNWIND_REGISTER_COUNT || !(registers->known & 1u << number))
        m->result = EXPRESSION_UNSUPPORTED;
    else
        push(m, registers->value[number] + (uint64_t)offset);
}

static void dereference(struct machine *m, const struct unwind_memory *memory, size_t size)
{
    uint64_t word = 0;
    uint64_t address = pop(m);
    if (size == 0 || size > sizeof word)
        m->result = EXPRESSION_DAMAGED;
    else if (m->result == EXPRESSION_OK && !unwind_memory_read(memory, address, &word, size))
        m->result = EXPRESSION_BAD_MEMORY;
    push(m, word);
}

/* The operations that push a constant out of the code. */
static bool push_constant(struct machine *m, struct cursor *code, uint8_t op)
{
    switch (op) {
    case DW_OP_const1u:
        push(m, cursor_u8(code));
        return true;
    case DW_OP_const1s:
        push(m, (uint64_t)(int8_t)cursor_u8(code));
        return true;
    case DW_OP_const2u:
        push(m, cursor_u16(code));
        return true;
    case DW_OP_const2s:
        push(m, (uint64_t)(int16_t)cursor_u16(code));
        return true;
    case DW_OP_const4u:
        push(m, cursor_u32(code));
        return true;
    case DW_OP_const4s:
        push(m, (uint64_t)(int32_t)cursor_u32(code));
        return true;
    case DW_OP_addr:
    case DW_OP_const8u:
    case DW_OP_const8s:
        push(m, cursor_u64(code));
        return true;
    case DW_OP_constu:
        push(m, cursor_uleb(code));
        return true;
    case DW_OP_consts:
        push(m, (uint64_t)cursor_sleb(code));
        return true;
    default:
        return false;
    }
}

/* The operations that rearrange the stack. */
static bool shuffle(struct machine *m, struct cursor *code, uint8_t op)
{
    uint64_t a, b, c;
    switch (op) {
    case DW_OP_dup:
        push(m, peek(m, 0));
        return true;
    case DW_OP_drop:
        pop(m);
        return true;
    case DW_OP_over:
        push(m, peek(m, 1));
        return true;
    case DW_OP_pick:
        push(m, peek(m, cursor_u8(code)));
        return true;
    case DW_OP_swap:
        a = pop(m), b = pop(m);
        push(m, a), push(m, b);
        return true;
    case DW_OP_rot:
        a = pop(m), b = pop(m), c = pop(m);
        push(m, a), push(m, c), push(m, b);
        return true;
    default:
        return false;
    }
}

static bool unary(struct machine *m, struct cursor *code, uint8_t op)
{
    uint64_t a;
    switch (op) {
    case DW_OP_abs:
        a = pop(m);
        push(m, (int64_t)a < 0 ? 0 - a : a);
        return true;
    case DW_OP_neg:
        push(m, 0 - pop(m));
        return true;
    case DW_OP_not:
        push(m, ~pop(m));
        return true;
    case DW_OP_plus_uconst:
        push(m, pop(m) + cursor_uleb(code));
        return true;
    default:
        return false;
    }
}

static bool binary(struct machine *m, uint8_t op)
{
    if (op < DW_OP_and || op > DW_OP_ne || op == DW_OP_neg || op == DW_OP_not ||
        op == DW_OP_plus_uconst || op == DW_OP_bra)
        return false;
    uint64_t b = pop(m), a = pop(m), r = 0;
    int64_t sa = (int64_t)a, sb = (int64_t)b;
    if ((op == DW_OP_div || op == DW_OP_mod) && b == 0)
        m->result = EXPRESSION_DAMAGED;
    else
        switch (op) {
        case DW_OP_and:
            r = a & b;
            break;
        case DW_OP_div:
            r = sb == -1 ? 0 - a : (uint64_t)(sa / sb);
            break;
        case DW_OP_minus:
            r = a - b;
            break;
        case DW_OP_mod:
            r = a % b;
            break;
        case DW_OP_mul:
            r = a * b;
            break;
        case DW_OP_or:
            r = a | b;
            break;
        case DW_OP_plus:
            r = a + b;
            break;
        case DW_OP_shl:
            r = b < 64 ? a << b : 0;
            break;
        case DW_OP_shr:
            r = b < 64 ? a >> b : 0;
            break;
        case DW_OP_shra:
            r = (uint64_t)(sa >> (b < 64 ? b : 63));
            break;
        case DW_OP_xor:
            r = a ^ b;
            break;
        case DW_OP_eq:
            r = sa == sb;
            break;
        case DW_OP_ge:
            r = sa >= sb;
            break;
        case DW_OP_gt:
            r = sa > sb;
            break;
        case DW_OP_le:
            r = sa <= sb;
            break;
        case DW_OP_lt:
            r = sa < sb;
            break;
        case DW_OP_ne:
            r = sa != sb;
            break;
        }
    push(m, r);
    return true;
}

static bool branch(struct machine *m, struct cursor *code, const uint8_t *begin, uint8_t op)
{
    if (op != DW_OP_bra && op != DW_OP_skip)
        return false;
    int64_t distance = (int16_t)cursor_u16(code);
    if (op == DW_OP_bra && pop(m) == 0)
        return true;
    if (distance < begin - code->at || distance > code->end - code->at)
        m->result = EXPRESSION_DAMAGED;
    else
        code->at += distance;
    return true;
}

static void step(struct machine *m, struct cursor *code, const uint8_t *begin,
                 const struct unwind_registers *registers, const struct unwind_memory *memory)
{
    uint8_t op = cursor_u8(code);
    if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
        push(m, op - DW_OP_lit0);
    else if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
        push_register(m, registers, op - DW_OP_breg0, cursor_sleb(code));
    else if (op == DW_OP_bregx) {
        uint64_t number = cursor_uleb(code);
        push_register(m, registers, number, cursor_sleb(code));
    } else if (op == DW_OP_deref)
        dereference(m, memory, sizeof(uint64_t));
    else if (op == DW_OP_deref_size)
        dereference(m, memory, cursor_u8(code));
    else if (op != DW_OP_nop && !push_constant(m, code, op) && !shuffle(m, code, op) &&
             !unary(m, code, op) && !binary(m, op) && !branch(m, code, begin, op))
        m->result = EXPRESSION_UNSUPPORTED;
}

enum expression_result expression_evaluate(struct cursor code,
                                           const struct unwind_registers *registers,
                                           const struct unwind_memory *memory,
                                           const uint64_t *initial, uint64_t *value)
{
    struct machine m;
    m.depth = 0;
    m.result = EXPRESSION_OK;
    if (initial)
        push(&m, *initial);
    const uint8_t *begin = code.at;
    for (int steps = 0; code.at < code.end && m.result == EXPRESSION_OK; steps++) {
        if (steps == MAX_STEPS)
            return EXPRESSION_DAMAGED;
        step(&m, &code, begin, registers, memory);
    }
    uint64_t top = m.result == EXPRESSION_OK ? peek(&m, 0) : 0;
    if (m.result == EXPRESSION_OK && code.failed)
        m.result = EXPRESSION_DAMAGED;
    if (m.result == EXPRESSION_OK)
        *value = top;
    return m.result;
}
