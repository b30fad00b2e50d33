/* SPDX-License-Identifier: MIT */
/*
 * plt_names.c - decodes PLT stubs and finds whom they call.
 *
 * The stub's own code is read, rather than its position counted, because linkers differ in the
 * order and the size of stubs, and with IBT (.plt.sec) in their number.
 */
#include "symbolizer/plt_names.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/symbol_table.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

struct relocation {
    uint64_t slot;
    uint32_t type, symbol;
    uint64_t addend;
};

struct plt_names {
    const struct elf_image *image;
    struct symbol_table symbols;
    struct hash_map by_slot; /* GOT slot -> index into relocations */
    struct relocation *relocations;
    uint32_t count, capacity;
    uint32_t plt_count; /* the first ones are those of .rela.plt, in its order */
    struct elf_symbol *resolvers;
    uint32_t resolver_count, resolver_capacity;
    bool has_resolvers; /* they have been listed */
};

struct plt_stub plt_stub_decode(struct bytes code, uint64_t address)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    const uint8_t *start = code.at;
    if (bytes_left(&code) >= sizeof endbr64 && memcmp(code.at, endbr64, sizeof endbr64) == 0)
        bytes_skip(&code, sizeof endbr64);
    if (bytes_left(&code) && *code.at == 0xf2) // bnd
        bytes_skip(&code, 1);
    uint8_t opcode = bytes_u8(&code);
    if (opcode == 0x68) // push $index
        return (struct plt_stub){code.failed ? PLT_STUB_UNKNOWN : PLT_STUB_INDEX, bytes_u32(&code)};
    if (opcode != 0xff || bytes_u8(&code) != 0x25) // jmp *offset(%rip)
        return (struct plt_stub){PLT_STUB_UNKNOWN, 0};
    int32_t offset = (int32_t)bytes_u32(&code);
    if (code.failed)
        return (struct plt_stub){PLT_STUB_UNKNOWN, 0};
    return (struct plt_stub){PLT_STUB_SLOT,
                             address + (uint64_t)(code.at - start) + (uint64_t)(int64_t)offset};
}

/* adrp x16, page; ldr x17, [x16, #offset]; maybe after bti c. */
struct plt_stub plt_stub_decode_arm64(struct bytes code, uint64_t address)
{
    enum { BTI_C = 0xd503245f, INSTRUCTION = 4, PAGE = 4096 };
    uint32_t adrp = bytes_u32(&code);
    if (adrp == BTI_C) {
        address += INSTRUCTION;
        adrp = bytes_u32(&code);
    }
    uint32_t ldr = bytes_u32(&code);
    if (code.failed || (adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400211)
        return (struct plt_stub){PLT_STUB_UNKNOWN, 0};
    uint64_t pages = (uint64_t)((adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3));
    pages |= pages >> 20 ? ~(uint64_t)0 << 21 : 0; // 21 bits with a sign
    return (struct plt_stub){PLT_STUB_SLOT,
                             address / PAGE * PAGE + pages * PAGE + (ldr >> 10 & 0xfff) * 8};
}

static bool names_a_slot(uint16_t machine, uint32_t type)
{
    if (machine == EM_AARCH64)
        return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT ||
               type == R_AARCH64_IRELATIVE;
    return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || type == R_X86_64_IRELATIVE;
}

static void read_relocations(struct plt_names *names, const char *section)
{
    struct bytes b = elf_image_bytes(names->image, elf_image_section(names->image, section));
    while (bytes_left(&b) >= 24) {
        struct relocation *r = array_push(&names->relocations, &names->count, &names->capacity);
        r->slot = bytes_u64(&b);
        uint64_t info = bytes_u64(&b);
        r->addend = bytes_u64(&b);
        r->type = (uint32_t)info;
        r->symbol = (uint32_t)(info >> 32);
        if (names_a_slot(names->image->machine, r->type))
            *hash_map_at(&names->by_slot, r->slot) = names->count - 1;
    }
}

static int compare_resolvers(const void *left, const void *right)
{
    const struct elf_symbol *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return elf_symbol_is_better(a, b) ? -1 : elf_symbol_is_better(b, a);
}

/* By address, the best name of each first. */
static void list_resolvers(struct plt_names *names)
{
    names->has_resolvers = true;
    for (uint32_t i = 1; i < names->symbols.count; i++) {
        struct elf_symbol symbol = symbol_table_get(&names->symbols, i);
        if (symbol.type == STT_GNU_IFUNC && *symbol.name)
            *array_push(&names->resolvers, &names->resolver_count, &names->resolver_capacity) =
                symbol;
    }
    if (names->resolver_count)
        qsort(names->resolvers, names->resolver_count, sizeof *names->resolvers, compare_resolvers);
}

/* The exported function whose resolver an IRELATIVE relocation calls ("memcpy" inside of libc). */
static const char *resolver_name(struct plt_names *names, uint64_t resolver)
{
    if (!names->has_resolvers)
        list_resolvers(names);
    uint32_t low = 0, high = names->resolver_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (names->resolvers[middle].value < resolver)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_known = low < names->resolver_count && names->resolvers[low].value == resolver;
    return is_known ? names->resolvers[low].name : NULL;
}

static const char *stub_name(struct plt_names *names, struct plt_stub stub)
{
    uint32_t index = HASH_MAP_NONE;
    if (stub.kind == PLT_STUB_SLOT)
        index = hash_map_get(&names->by_slot, stub.value);
    else if (stub.kind == PLT_STUB_INDEX && stub.value < names->plt_count)
        index = (uint32_t)stub.value;
    if (index == HASH_MAP_NONE)
        return NULL;
    const struct relocation *r = &names->relocations[index];
    bool is_arm64 = names->image->machine == EM_AARCH64;
    if (r->type == (is_arm64 ? R_AARCH64_IRELATIVE : R_X86_64_IRELATIVE))
        return resolver_name(names, r->addend);
    const char *name = symbol_table_get(&names->symbols, r->symbol).name;
    return *name ? name : NULL;
}

static struct plt_stub stub_at(const struct plt_names *names, const struct elf_section *section,
                               uint64_t into)
{
    uint64_t stub_size = section->entry_size ? section->entry_size : 16;
    uint64_t start = into - into % stub_size;
    struct bytes code = elf_image_bytes(names->image, section);
    bytes_skip(&code, start);
    if (bytes_left(&code) > stub_size)
        code.end = code.at + stub_size;
    return plt_stub_decode(code, section->address + start);
}

/* Stubs have four instructions, or six with branch protection, behind a header of eight: the place
 * tells nothing of where one begins, but its first instruction does. */
static struct plt_stub stub_around(const struct plt_names *names, const struct elf_section *section,
                                   uint64_t into)
{
    enum { INSTRUCTION = 4, FARTHEST = 5 * INSTRUCTION };
    struct plt_stub stub = {PLT_STUB_UNKNOWN, 0};
    into -= into % INSTRUCTION;
    for (uint64_t back = 0; back <= FARTHEST && back <= into && !stub.kind; back += INSTRUCTION) {
        struct bytes code = elf_image_bytes(names->image, section);
        bytes_skip(&code, into - back);
        stub = plt_stub_decode_arm64(code, section->address + into - back);
    }
    return stub;
}

static void name_lookup(struct plt_names *names, const struct elf_section *section,
                        struct lookup *lookup, struct string_table *strings)
{
    uint64_t into = lookup->address - section->address;
    const char *name =
        stub_name(names, names->image->machine == EM_AARCH64 ? stub_around(names, section, into)
                                                             : stub_at(names, section, into));
    if (!name)
        return;
    struct text text = TEXT_INIT;
    size_t size = strnlen(name, SYMBOL_NAME_MAX);
    const char *version = memchr(name, '@', size);
    text_append(&text, name, version ? (size_t)(version - name) : size);
    text_append_string(&text, "@plt");
    lookup->symbol = string_table_get(strings, string_table_add(strings, text.data, text.length));
    lookup->is_plt = true;
    text_release(&text);
}

/* Reads the relocations only when there is something to name. */
static void resolve_section(struct plt_names *names, const struct elf_section *section,
                            struct lookup_batch *batch)
{
    uint32_t i = lookup_first(batch->lookups, batch->count, section->address);
    for (; i < batch->count && batch->lookups[i].address - section->address < section->size; i++) {
        if (batch->lookups[i].symbol)
            continue;
        if (!names->count) {
            symbol_table_init(&names->symbols, names->image, SHT_DYNSYM);
            read_relocations(names, ".rela.plt");
            names->plt_count = names->count;
            read_relocations(names, ".rela.dyn");
        }
        name_lookup(names, section, &batch->lookups[i], batch->strings);
    }
}

void plt_names_resolve(const struct elf_image *image, struct lookup_batch *batch)
{
    static const char *const sections[] = {".plt", ".plt.sec", ".plt.got"};
    struct plt_names names = {.image = image};
    if ((image->machine != EM_X86_64 && image->machine != EM_AARCH64) || !image->is_64)
        return;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        const struct elf_section *section = elf_image_section(image, sections[i]);
        if (section)
            resolve_section(&names, section, batch);
    }
    hash_map_release(&names.by_slot);
    free(names.relocations);
    free(names.resolvers);
}
