/* SPDX-License-Identifier: MIT */
/*
 * literal.c - unwind tables, stacks and registers written down as numbers.
 */
#include "tests/unit/unwind/literal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PCREL_SDATA4 = 0x1b, HEADER_SIZE = 12 };

static bool read_regions(void *context, uint64_t address, void *bytes, size_t size)
{
    struct literal *l = context;
    l->reads++;
    for (size_t i = 0; i < sizeof l->region / sizeof *l->region; i++) {
        const struct literal_region *r = &l->region[i];
        if (address >= r->address && address - r->address <= r->size &&
            r->size - (address - r->address) >= size) {
            memcpy(bytes, (const uint8_t *)r->bytes + (address - r->address), size);
            return true;
        }
    }
    return false;
}

int literal_setup(void **state)
{
    struct literal *l = calloc(1, sizeof *l);
    for (unsigned i = 0; i < UNWIND_REGISTER_COUNT; i++)
        l->registers.value[i] = 0xbad000 + i; // nothing that could be an address by chance
    l->registers.known = (1u << UNWIND_REGISTER_COUNT) - 1;
    l->memory.read = read_regions;
    l->memory.context = l;
    l->modules.modules = &l->module;
    l->modules.count = 1;
    *state = l;
    return 0;
}

int literal_teardown(void **state)
{
    struct literal *l = *state;
    text_release(&l->entries);
    free(l->tables);
    free(l);
    return 0;
}

static uint64_t here(const struct literal *l)
{
    return EH_FRAME + l->entries.length;
}

static void put(struct literal *l, uint64_t value, size_t size)
{
    text_append(&l->entries, &value, size); // little-endian, as the tables are
}

/* A pointer to code in the CIE's encoding; `size` is a length, which is never relative. */
static void put_pointer(struct literal *l, uint64_t value, bool length)
{
    uint8_t encoding = l->encoding;
    if ((encoding & 0x70) == 0x10 && !length)
        value -= here(l);
    switch (encoding & 0x0f) {
    case 0x01:
        text_append_varint(&l->entries, value);
        break;
    case 0x09: // a signed LEB128 is written as a padded one of ten bytes
        for (int i = 0; i < 9; i++)
            put(l, (uint64_t)((int64_t)value >> 7 * i) | 0x80, 1);
        put(l, (uint64_t)((int64_t)value >> 63) & 0x7f, 1);
        break;
    case 0x02:
    case 0x0a:
        put(l, value, 2);
        break;
    case 0x03:
    case 0x0b:
        put(l, value, 4);
        break;
    default:
        put(l, value, 8);
    }
}

/* Begins an entry; returns where its length field is. */
static size_t begin_entry(struct literal *l, bool wide)
{
    if (wide)
        put(l, 0xffffffff, 4);
    put(l, 0, wide ? 8 : 4);
    return l->entries.length - (wide ? 8 : 4);
}

/* Pads the entry to a multiple of four and writes its length. */
static void end_entry(struct literal *l, size_t length_at, bool wide)
{
    size_t size = wide ? 8 : 4;
    while (l->entries.length % 4)
        put(l, CFA_NOP, 1);
    uint64_t length = l->entries.length - length_at - size;
    memcpy(l->entries.data + length_at, &length, size);
}

static void put_augmentation_data(struct literal *l, const char *letters)
{
    struct text data = TEXT_INIT;
    uint64_t personality = 0x402000;
    for (; *letters; letters++) {
        if (*letters == 'R')
            text_append_char(&data, (char)l->encoding);
        else if (*letters == 'L')
            text_append_char(&data, 0x1b);
        else if (*letters == 'P') {
            text_append_char(&data, 0); // absptr
            text_append(&data, &personality, 8);
        }
    }
    text_append_varint(&l->entries, data.length);
    text_append(&l->entries, data.data, data.length);
    text_release(&data);
}

void literal_cie(struct literal *l, const struct cie_form *form, const uint8_t *code, size_t size)
{
    const char *letters = form->augmentation ? form->augmentation : "zR";
    l->cie = here(l);
    l->encoding = form->encoding ? form->encoding : PCREL_SDATA4;
    l->has_data = letters[0] == 'z';
    size_t length_at = begin_entry(l, form->wide);
    put(l, 0, 4);
    put(l, form->version ? form->version : 1, 1);
    text_append(&l->entries, letters, strlen(letters) + 1);
    put(l, form->code_alignment ? form->code_alignment : 1, 1);
    put(l, 0x78, 1); // data alignment -8
    put(l, UNWIND_RIP, 1);
    if (l->has_data)
        put_augmentation_data(l, letters + 1);
    text_append(&l->entries, code, size);
    end_entry(l, length_at, form->wide);
}

void literal_usual_cie(struct literal *l)
{
    literal_cie(l, &(struct cie_form){0}, BYTES(CFA_DEF, UNWIND_RSP, 8, SAVED(UNWIND_RIP, 1)));
}

void literal_fde(struct literal *l, uint64_t begin, uint64_t length, const uint8_t *code,
                 size_t size)
{
    uint32_t i = l->function_count++;
    assert_true(i < sizeof l->function / sizeof *l->function);
    l->function[i].begin = begin;
    l->function[i].fde = here(l);
    size_t length_at = begin_entry(l, false);
    put(l, here(l) - l->cie, 4);
    put_pointer(l, begin, false);
    put_pointer(l, length, true);
    if (l->has_data)
        put(l, 0, 1);
    text_append(&l->entries, code, size);
    end_entry(l, length_at, false);
}

static int by_begin(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* .eh_frame_hdr: version 1, pointer pcrel sdata4, count udata4, table datarel sdata4. */
static void fill_header(struct literal *l)
{
    int32_t head[3] = {0x3b031b01, EH_FRAME - TABLES - 4, (int32_t)l->function_count};
    memcpy(l->tables, head, sizeof head);
    qsort(l->function, l->function_count, sizeof *l->function, by_begin);
    for (uint32_t i = 0; i < l->function_count; i++) {
        int32_t pair[2] = {(int32_t)((int64_t)l->function[i].begin - TABLES),
                           (int32_t)(l->function[i].fde - TABLES)};
        memcpy(l->tables + HEADER_SIZE + i * sizeof pair, pair, sizeof pair);
    }
}

void literal_load(struct literal *l)
{
    size_t size = EH_FRAME - TABLES + l->entries.length;
    l->tables = calloc(1, size);
    memcpy(l->tables + EH_FRAME - TABLES, l->entries.data, l->entries.length);
    fill_header(l);
    l->module = (struct unwind_module){
        .start = CODE,
        .end = MODULE_END,
        .eh_frame_hdr = TABLES,
        .tables = {TABLES, l->tables, size},
    };
    l->region[0] = (struct literal_region){TABLES, l->tables, size};
}

void literal_copy_tables(struct literal *l)
{
    l->module.tables = (struct unwind_view){0};
}

void literal_stack(struct literal *l, const uint64_t *words, size_t count)
{
    l->memory.stack_low = STACK;
    l->memory.stack_high = STACK + count * sizeof *words;
    l->memory.stack = (const uint8_t *)words;
    l->registers.value[UNWIND_RSP] = STACK;
}

void literal_readable(struct literal *l, uint64_t address, const void *bytes, size_t size)
{
    for (size_t i = 1; i < sizeof l->region / sizeof *l->region; i++) {
        if (!l->region[i].bytes) {
            l->region[i] = (struct literal_region){address, bytes, size};
            return;
        }
    }
    fail_msg("no room for another region");
}

enum cfi_result literal_row(struct literal *l, uint64_t pc, struct cfi_row *row)
{
    struct cfi_entry entry;
    struct cfi_row copied_row;
    struct unwind_module copied = l->module;
    copied.tables = (struct unwind_view){0};
    enum cfi_result result = cfi_row_find(&l->module, &l->memory, pc, &entry, row);
    assert_int_equal(cfi_row_find(&copied, &l->memory, pc, &entry, &copied_row), result);
    if (result == CFI_FOUND)
        assert_memory_equal(row, &copied_row, sizeof *row);
    return result;
}

static void check_walk(struct literal *l, enum unwind_stop stop, const uint64_t *addresses,
                       size_t count, const char *how, const char *where)
{
    struct unwind_walk *walk = &l->walk;
    unwind_walk_begin(walk, &l->modules, &l->memory, &l->cache, &l->registers);
    for (size_t i = 0;; i++) {
        uint64_t address = unwind_walk_address(walk);
        if (i == count)
            fail_msg("%s: %s: frame %zu too many: %#llx", where, how, i,
                     (unsigned long long)address);
        if (address != addresses[i])
            fail_msg("%s: %s: frame %zu is %#llx, not %#llx", where, how, i,
                     (unsigned long long)address, (unsigned long long)addresses[i]);
        if (unwind_walk_step(walk))
            continue;
        if (walk->stop != stop || i + 1 != count)
            fail_msg("%s: %s: ends with %d after %zu frames, not with %d after %zu", where, how,
                     walk->stop, i + 1, (int)stop, count);
        return;
    }
}

void literal_assert_walk(struct literal *l, enum unwind_stop stop, const uint64_t *addresses,
                         size_t count, const char *file, int line)
{
    char where[256];
    struct unwind_view tables = l->module.tables;
    snprintf(where, sizeof where, "%s:%d", file, line);
    check_walk(l, stop, addresses, count, "cold", where);
    check_walk(l, stop, addresses, count, "cached", where);
    literal_copy_tables(l);
    l->modules.generation++;
    check_walk(l, stop, addresses, count, "copied tables", where);
    l->module.tables = tables;
    l->modules.generation++;
}
