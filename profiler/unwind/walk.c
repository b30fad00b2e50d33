/* SPDX-License-Identifier: MIT */
/*
 * walk.c - one frame after the other, from the innermost outwards.
 *
 * Code of the signal handler: no lock, no allocation, no call outside this room.
 */
#include "profiler/unwind/expression.h"
#include "profiler/unwind/unwind.h"

enum rule_kind {
    RULE_NONE, /* no CFI */
    RULE_CFA,  /* CFA = register + offset, everything saved relative to it */
    RULE_FULL, /* evaluate the row each time */
    RULE_END,  /* first frame of the thread */
    RULE_DAMAGED,
    RULE_UNSUPPORTED,
};

static const uint8_t compact_register[UNWIND_COMPACT_COUNT] = UNWIND_COMPACT_REGISTERS;

bool unwind_modules_find(const struct unwind_modules *modules, uint64_t address,
                         struct unwind_module *module)
{
    uint32_t low = 0, high = modules->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (address < modules->modules[middle].start) {
            high = middle;
        } else if (address >= modules->modules[middle].end) {
            low = middle + 1;
        } else {
            *module = modules->modules[middle];
            return true;
        }
    }
    return modules->find_more && modules->find_more(address, module);
}

/* What the walk looks up: a return address may lie behind its function's last instruction (after
 * a call that never returns), so the call before it is meant. */
static uint64_t lookup_address(const struct unwind_walk *walk)
{
    return unwind_walk_address(walk) - (walk->exact ? 0 : 1);
}

/* Reduces a row to a compact rule; RULE_FULL when it does not fit. */
static struct unwind_rule compact(const struct cfi_row *row)
{
    struct unwind_rule full = {.kind = RULE_FULL};
    struct unwind_rule rule = {.kind = RULE_CFA};
    if (row->kind[UNWIND_PROGRAM_COUNTER] == CFI_UNDEFINED)
        return (struct unwind_rule){.kind = RULE_END};
    int64_t return_offset = row->value[UNWIND_PROGRAM_COUNTER];
    if (row->signal_frame || row->cfa_kind != CFI_VAL_OFFSET ||
        row->cfa_value != (int32_t)row->cfa_value ||
        row->kind[UNWIND_PROGRAM_COUNTER] != CFI_OFFSET ||
        return_offset != (int16_t)return_offset || row->kind[UNWIND_STACK_POINTER] != CFI_SAME)
        return full;
    rule.cfa_register = row->cfa_register;
    rule.cfa_offset = (int32_t)row->cfa_value;
    rule.return_offset = (int16_t)return_offset;
    for (int i = 0; i < UNWIND_COMPACT_COUNT; i++) {
        uint8_t kind = row->kind[compact_register[i]];
        int64_t slot = row->value[compact_register[i]] / 8;
        if (kind == CFI_SAME)
            continue;
        if (kind != CFI_OFFSET || slot * 8 != row->value[compact_register[i]] ||
            slot != (int16_t)slot)
            return full;
        rule.saved_mask |= (uint8_t)(1u << i);
        rule.saved[i] = (int16_t)slot;
    }
    return rule;
}

/* False when no module holds the address, which may change with the next dlopen. */
static bool find_rule(const struct unwind_walk *walk, uint64_t pc, struct unwind_rule *rule)
{
    struct unwind_module module;
    struct cfi_entry *entry = &walk->cache->scratch;
    struct cfi_row *row = &walk->cache->row;
    *rule = (struct unwind_rule){.kind = RULE_NONE};
    if (!unwind_modules_find(walk->modules, pc, &module))
        return false;
    switch (cfi_row_find(&module, walk->memory, pc, entry, row)) {
    case CFI_FOUND:
        *rule = compact(row);
        break;
    case CFI_NONE:
        break;
    case CFI_UNSUPPORTED:
        rule->kind = RULE_UNSUPPORTED;
        break;
    default:
        rule->kind = RULE_DAMAGED;
    }
    return true;
}

static const struct unwind_rule *cached_rule(struct unwind_walk *walk, uint64_t pc)
{
    // user addresses leave the upper 16 bits free, so the generation invalidates without a sweep
    uint64_t tag = pc ^ (uint64_t)walk->modules->generation << 48;
    struct unwind_cache_entry *entry =
        &walk->cache->entry[(pc ^ pc >> 10) & (UNWIND_CACHE_SIZE - 1)];
    if (entry->tag != tag)
        entry->tag = find_rule(walk, pc, &entry->rule) ? tag : 0;
    return &entry->rule;
}

static bool stop(struct unwind_walk *walk, enum unwind_stop why)
{
    walk->stop = (uint8_t)why;
    return false;
}

/* Makes the caller's registers current. */
static bool arrive(struct unwind_walk *walk, const struct unwind_registers *caller, bool exact)
{
    if (caller->value[UNWIND_PROGRAM_COUNTER] == 0)
        return stop(walk, UNWIND_COMPLETE);
    walk->registers = *caller;
    walk->exact = exact;
    walk->first = false;
    return true;
}

/* The common case, in place: the caller's registers replace the callee's. */
static bool step_compact(struct unwind_walk *walk, const struct unwind_rule *rule)
{
    struct unwind_registers *r = &walk->registers;
    const struct unwind_memory *memory = walk->memory;
    if (!(r->known & 1u << rule->cfa_register))
        return stop(walk, UNWIND_BAD_CFI);
    uint64_t cfa = r->value[rule->cfa_register] + (uint64_t)(int64_t)rule->cfa_offset;
    if (cfa <= r->value[UNWIND_STACK_POINTER])
        return stop(walk, UNWIND_NO_PROGRESS);
    uint64_t return_address;
    if (!unwind_memory_word(memory, cfa + (uint64_t)(int64_t)rule->return_offset, &return_address))
        return stop(walk, UNWIND_BAD_MEMORY);
    if (return_address == 0)
        return stop(walk, UNWIND_COMPLETE);
    uint32_t known = (r->known & UNWIND_CALLEE_SAVED) | 1u << UNWIND_STACK_POINTER |
                     1u << UNWIND_PROGRAM_COUNTER;
    for (unsigned mask = rule->saved_mask; mask; mask &= mask - 1) {
        int i = __builtin_ctz(mask);
        uint8_t reg = compact_register[i];
        uint64_t slot = cfa + (uint64_t)((int64_t)rule->saved[i] * 8);
        if (unwind_memory_word(memory, slot, &r->value[reg]))
            known |= 1u << reg;
        else
            known &= ~(1u << reg);
    }
    r->value[UNWIND_STACK_POINTER] = cfa;
    r->value[UNWIND_PROGRAM_COUNTER] = return_address;
    r->known = known;
    walk->exact = walk->first = false;
    return true;
}

static enum unwind_stop stop_of_expression(enum expression_result result)
{
    switch (result) {
    case EXPRESSION_BAD_MEMORY:
        return UNWIND_BAD_MEMORY;
    case EXPRESSION_UNSUPPORTED:
        return UNWIND_UNSUPPORTED;
    default:
        return UNWIND_BAD_CFI;
    }
}

static enum expression_result full_cfa(const struct unwind_walk *walk,
                                       const struct cfi_entry *entry, const struct cfi_row *row,
                                       uint64_t *cfa)
{
    const struct unwind_registers *r = &walk->registers;
    if (row->cfa_kind == CFI_VAL_EXPRESSION)
        return expression_evaluate(cfi_expression(entry, row->cfa_value), r, walk->memory, NULL,
                                   cfa);
    if (row->cfa_kind != CFI_VAL_OFFSET || !(r->known & 1u << row->cfa_register))
        return EXPRESSION_DAMAGED;
    *cfa = r->value[row->cfa_register] + (uint64_t)row->cfa_value;
    return EXPRESSION_OK;
}

/* What register `reg` held in the caller. */
static enum expression_result full_register(const struct unwind_walk *walk,
                                            const struct cfi_entry *entry,
                                            const struct cfi_row *row, uint64_t cfa, int reg,
                                            uint64_t *value)
{
    const struct unwind_registers *r = &walk->registers;
    uint64_t address;
    enum expression_result result;
    int64_t source = row->kind[reg] == CFI_REGISTER ? row->value[reg] : reg;
    switch (row->kind[reg]) {
    case CFI_OFFSET:
        address = cfa + (uint64_t)row->value[reg];
        break;
    case CFI_VAL_OFFSET:
        *value = cfa + (uint64_t)row->value[reg];
        return EXPRESSION_OK;
    case CFI_EXPRESSION:
    case CFI_VAL_EXPRESSION:
        result = expression_evaluate(cfi_expression(entry, row->value[reg]), r, walk->memory, &cfa,
                                     &address);
        if (result != EXPRESSION_OK)
            return result;
        if (row->kind[reg] == CFI_VAL_EXPRESSION) {
            *value = address;
            return EXPRESSION_OK;
        }
        break;
    case CFI_SAME:
    case CFI_REGISTER:
        if (source < 0 || source >= UNWIND_REGISTER_COUNT || !(r->known & 1u << source))
            return EXPRESSION_UNSUPPORTED;
        *value = r->value[source];
        return EXPRESSION_OK;
    default:
        return EXPRESSION_DAMAGED;
    }
    return unwind_memory_word(walk->memory, address, value) ? EXPRESSION_OK : EXPRESSION_BAD_MEMORY;
}

/* Evaluates the whole row: every rule kind, every register. */
static bool step_full(struct unwind_walk *walk, uint64_t pc)
{
    struct unwind_module module;
    struct cfi_entry *entry = &walk->cache->scratch;
    struct cfi_row *row = &walk->cache->row;
    struct unwind_registers *caller = &walk->cache->caller;
    uint64_t cfa;
    if (!unwind_modules_find(walk->modules, pc, &module) ||
        cfi_row_find(&module, walk->memory, pc, entry, row) != CFI_FOUND)
        return stop(walk, UNWIND_BAD_CFI);
    enum expression_result result = full_cfa(walk, entry, row, &cfa);
    if (result != EXPRESSION_OK)
        return stop(walk, stop_of_expression(result));

    caller->known = 0;
    for (int reg = 0; reg < UNWIND_REGISTER_COUNT; reg++) {
        bool kept = UNWIND_CALLEE_SAVED >> reg & 1;
        if (row->kind[reg] == CFI_UNDEFINED || (row->kind[reg] == CFI_SAME && !kept))
            continue;
        result = full_register(walk, entry, row, cfa, reg, &caller->value[reg]);
        if (result == EXPRESSION_OK)
            caller->known |= 1u << reg;
        else if (reg == UNWIND_PROGRAM_COUNTER)
            return stop(walk, stop_of_expression(result));
    }
    if (row->kind[UNWIND_STACK_POINTER] == CFI_SAME) {
        caller->value[UNWIND_STACK_POINTER] = cfa;
        caller->known |= 1u << UNWIND_STACK_POINTER;
    }
    if (!(caller->known & 1u << UNWIND_PROGRAM_COUNTER) ||
        !(caller->known & 1u << UNWIND_STACK_POINTER))
        return stop(walk, UNWIND_UNSUPPORTED);
    // a signal frame may lead to another stack (sigaltstack), anything else only outwards; but the
    // interrupted function may have popped its return address into a register (vfork, longjmp)
    uint64_t sp = walk->registers.value[UNWIND_STACK_POINTER] + !walk->exact;
    if (!row->signal_frame && caller->value[UNWIND_STACK_POINTER] < sp)
        return stop(walk, UNWIND_NO_PROGRESS);
    return arrive(walk, caller, row->signal_frame);
}

/* Whether an instruction that ends at `address` is a call: e8 rel32, or ff /2 with any operand
 * (Intel SDM volume 2, CALL). Only such an address can be a return address. */
static bool follows_call(const struct unwind_memory *memory, uint64_t address)
{
    uint8_t code[7];
    if (!unwind_memory_read(memory, address - sizeof code, code, sizeof code))
        return false;
    if (code[2] == 0xe8)
        return true;
    for (int length = 2; length <= 7; length++) {
        const uint8_t *at = code + sizeof code - length;
        if (at[0] == 0xff && (at[1] >> 3 & 7) == 2)
            return true;
    }
    return false;
}

/* A return address that code without CFI may have left: it must follow a call. From generated code
 * to generated code that is not asked, because there it would be a system call for each frame; but
 * the code that a module brings without CFI is called from there, too (V8's builtins). */
static bool believable(const struct unwind_walk *walk, uint64_t address)
{
    struct unwind_module module;
    return (!unwind_modules_find(walk->modules, address - 1, &module) &&
            !unwind_modules_find(walk->modules, unwind_walk_address(walk), &module)) ||
           follows_call(walk->memory, address);
}

/* Hand-written assembly without CFI is most often a leaf that has pushed nothing. */
static bool step_leaf(struct unwind_walk *walk)
{
    struct unwind_registers caller = walk->registers;
    uint64_t sp = caller.value[UNWIND_STACK_POINTER], address;
    struct unwind_module module;
    if (!walk->first || !unwind_memory_word(walk->memory, sp, &address) ||
        !unwind_modules_find(walk->modules, address - 1, &module) || !believable(walk, address))
        return false;
    caller.known = (caller.known & UNWIND_CALLEE_SAVED) | 1u << UNWIND_STACK_POINTER |
                   1u << UNWIND_PROGRAM_COUNTER;
    caller.value[UNWIND_STACK_POINTER] = sp + 8;
    caller.value[UNWIND_PROGRAM_COUNTER] = address;
    return arrive(walk, &caller, false);
}

/* Whether the frame returns to the first byte of a function, with no function and no call before
 * it: nobody called from there. makecontext(3) puts such an address under a coroutine's first
 * frame (glibc's __start_context). */
static bool returns_to_start(const struct unwind_walk *walk)
{
    struct unwind_module module;
    struct unwind_cache *cache = walk->cache;
    uint64_t address = unwind_walk_address(walk);
    return !walk->exact && unwind_modules_find(walk->modules, address, &module) &&
           cfi_row_find(&module, walk->memory, address, &cache->scratch, &cache->row) ==
               CFI_FOUND &&
           !follows_call(walk->memory, address);
}

static bool step_frame_pointer(struct unwind_walk *walk)
{
    const struct unwind_registers *r = &walk->registers;
    uint64_t fp = r->value[UNWIND_FRAME_POINTER], outer_fp, address;
    if (!(r->known & 1u << UNWIND_FRAME_POINTER) || fp % 8 != 0 ||
        fp < r->value[UNWIND_STACK_POINTER] || !unwind_memory_word(walk->memory, fp, &outer_fp) ||
        !unwind_memory_word(walk->memory, fp + 8, &address))
        return stop(walk, UNWIND_NO_CFI);
    if (address == 0 && outer_fp == 0)
        return stop(walk, UNWIND_COMPLETE); // the ABI's mark of the outermost frame
    if (!believable(walk, address))
        return stop(walk, UNWIND_NO_CFI);
    struct unwind_registers caller = {
        .known =
            1u << UNWIND_FRAME_POINTER | 1u << UNWIND_STACK_POINTER | 1u << UNWIND_PROGRAM_COUNTER,
    };
    caller.value[UNWIND_FRAME_POINTER] = outer_fp;
    caller.value[UNWIND_STACK_POINTER] = fp + 16;
    caller.value[UNWIND_PROGRAM_COUNTER] = address;
    return arrive(walk, &caller, false);
}

/* The kernel puts a program's first stack pointer where the stack ends; what begins there and calls
 * aligns it (x86-64 psABI, 3.4.1). ld.so's _dl_start_user has no CFI, and calls constructors. */
static bool stack_is_used_up(const struct unwind_walk *walk)
{
    uint64_t high = walk->memory->stack_high, sp = walk->registers.value[UNWIND_STACK_POINTER];
    return !walk->first && sp <= high && high - sp < 16;
}

static bool step_without_cfi(struct unwind_walk *walk)
{
    if (stack_is_used_up(walk) || returns_to_start(walk))
        return stop(walk, UNWIND_COMPLETE);
    return step_leaf(walk) || step_frame_pointer(walk);
}

void unwind_walk_begin(struct unwind_walk *walk, const struct unwind_modules *modules,
                       const struct unwind_memory *memory, struct unwind_cache *cache,
                       const struct unwind_registers *registers)
{
    walk->modules = modules;
    walk->memory = memory;
    walk->cache = cache;
    walk->registers = *registers;
    walk->exact = walk->first = true;
    walk->stop = UNWIND_COMPLETE;
}

bool unwind_walk_step(struct unwind_walk *walk)
{
    uint64_t pc = lookup_address(walk);
    const struct unwind_rule *rule = cached_rule(walk, pc);
    switch (rule->kind) {
    case RULE_CFA:
        return step_compact(walk, rule);
    case RULE_FULL:
        return step_full(walk, pc);
    case RULE_END:
        return stop(walk, UNWIND_COMPLETE);
    case RULE_NONE:
        return step_without_cfi(walk);
    case RULE_DAMAGED:
        return stop(walk, UNWIND_BAD_CFI);
    default:
        return stop(walk, UNWIND_UNSUPPORTED);
    }
}

bool unwind_walk_step_frame_pointer(struct unwind_walk *walk)
{
    return step_frame_pointer(walk);
}
