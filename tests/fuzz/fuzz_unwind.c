/* SPDX-License-Identifier: MIT */
/*
 * fuzz_unwind.c - any bytes may be in the unwind tables and on the stack of a program.
 *
 * The input is a module's tables; code and stack are fixed. Walks begin all over the code, with the
 * tables read in place or, by the first byte, copied. The sanitizers see reads out of bounds; that
 * a walk does not go on for ever is checked here. An entry for libFuzzer; test_unwind_mutations
 * drives it too.
 */
#include "tests/fuzz/fuzz_unwind.h"

#include "profiler/unwind/unwind.h"

#include <stdlib.h>
#include <string.h>

enum { STACK = 0x7fff0000, STACK_WORDS = 64, MAX_STEPS = 200 };

uint32_t fuzz_unwind_steps;

struct input {
    const uint8_t *tables;
    size_t size;
};

static bool read_tables(void *context, uint64_t address, void *bytes, size_t size)
{
    const struct input *input = context;
    if (address < FUZZ_TABLES || address - FUZZ_TABLES > input->size ||
        input->size - (address - FUZZ_TABLES) < size)
        return false;
    memcpy(bytes, input->tables + (address - FUZZ_TABLES), size);
    return true;
}

/* Words that look like a stack: return addresses into the code, and pointers to other words. */
static void fill_stack(uint64_t stack[STACK_WORDS])
{
    for (unsigned i = 0; i < STACK_WORDS; i++)
        stack[i] = i % 3 == 2 ? STACK + 8 * (i + 2) : FUZZ_CODE + 1 + i * 37 % (FUZZ_CODE_SIZE - 1);
}

static void walk_from(const struct unwind_modules *modules, const struct unwind_memory *memory,
                      struct unwind_cache *cache, uint64_t pc)
{
    struct unwind_registers registers = {.known = (1u << UNWIND_REGISTER_COUNT) - 1};
    struct unwind_walk walk;
    for (unsigned i = 0; i < UNWIND_REGISTER_COUNT; i++)
        registers.value[i] = STACK + 16 + 8 * i;
    registers.value[UNWIND_RSP] = STACK;
    registers.value[UNWIND_RIP] = pc;
    unwind_walk_begin(&walk, modules, memory, cache, &registers);
    for (int step = 0; step < MAX_STEPS; step++) {
        uint64_t sp = walk.registers.value[UNWIND_STACK_POINTER];
        bool exact = walk.exact;
        if (!unwind_walk_step(&walk)) {
            if (walk.stop >= UNWIND_STOP_COUNT)
                abort();
            return;
        }
        fuzz_unwind_steps++;
        // outwards, but for a signal frame, which makes the next frame exact
        uint64_t next = walk.registers.value[UNWIND_STACK_POINTER];
        if (!walk.exact && (exact ? next < sp : next <= sp))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct unwind_cache cache;
    uint64_t stack[STACK_WORDS];
    fuzz_unwind_steps = 0;
    if (size < 1)
        return 0;
    uint8_t *tables = malloc(size - 1 ? size - 1 : 1); // no byte more, for the sanitizer
    if (!tables)
        return 0;
    memcpy(tables, data + 1, size - 1);
    struct input input = {tables, size - 1};
    struct unwind_module module = {
        .start = FUZZ_CODE,
        .end = FUZZ_TABLES + input.size,
        .eh_frame_hdr = FUZZ_TABLES,
        .tables = {FUZZ_TABLES, tables, input.size},
    };
    if (data[0] & 1)
        module.tables = (struct unwind_view){0};
    struct unwind_modules modules = {.modules = &module, .count = 1};
    struct unwind_memory memory = {
        .stack_low = STACK,
        .stack_high = STACK + sizeof stack,
        .stack = (const uint8_t *)stack,
        .read = read_tables,
        .context = &input,
    };
    fill_stack(stack);
    memset(&cache, 0, sizeof cache);
    for (uint64_t pc = FUZZ_CODE; pc < FUZZ_CODE + FUZZ_CODE_SIZE; pc += 5)
        walk_from(&modules, &memory, &cache, pc);
    free(tables);
    return 0;
}
