/* SPDX-License-Identifier: MIT */
/*
 * symbol_table.c - walks a symbol table once per batch.
 */
#include "symbolizer/symbol_table.h"

#include "profiler/base/memory.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* What is known for one address while the table is walked. */
struct candidate {
    struct elf_symbol covering; /* the best one with a size; name NULL: none yet */
    struct elf_symbol nearest;  /* the last one to begin at or before the address */
};

void symbol_table_init(struct symbol_table *table, const struct elf_image *image, uint32_t type)
{
    const struct elf_section *section = elf_image_section_of_type(image, type);
    *table = (struct symbol_table){.image = image};
    if (!section || section->link >= image->section_count)
        return;
    table->entries = elf_image_bytes(image, section);
    table->names = bytes_strings(elf_image_bytes(image, &image->sections[section->link]));
    size_t count = bytes_left(&table->entries) / (image->is_64 ? 24 : 16);
    table->count = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

struct elf_symbol symbol_table_get(const struct symbol_table *table, uint32_t index)
{
    struct elf_symbol symbol = {.name = ""};
    struct bytes b = table->entries;
    bool is_64 = table->image->is_64;
    if (index >= table->count)
        return symbol;
    bytes_skip(&b, (size_t)index * (is_64 ? 24 : 16));
    const char *name = bytes_string_at(&table->names, bytes_u32(&b));
    if (!is_64) {
        symbol.value = bytes_u32(&b);
        symbol.size = bytes_u32(&b);
    }
    uint8_t info = bytes_u8(&b);
    bytes_u8(&b); // visibility
    symbol.section = bytes_u16(&b);
    if (is_64) {
        symbol.value = bytes_u64(&b);
        symbol.size = bytes_u64(&b);
    }
    symbol.type = info & 0xf;
    symbol.binding = info >> 4;
    if (table->image->type == ET_REL && symbol.section < table->image->section_count)
        symbol.value += table->image->sections[symbol.section].address;
    symbol.name = name ? name : "";
    return symbol;
}

/* Names may be made long and numerous: their beginnings must do. */
enum { COMPARED = 1024 };

bool elf_symbol_is_better(const struct elf_symbol *a, const struct elf_symbol *b)
{
    bool function_a = a->type != STT_NOTYPE, function_b = b->type != STT_NOTYPE;
    if (function_a != function_b)
        return function_a;
    bool local_a = a->binding == STB_LOCAL, local_b = b->binding == STB_LOCAL;
    if (local_a != local_b)
        return local_b;
    size_t size_a = strnlen(a->name, COMPARED), size_b = strnlen(b->name, COMPARED);
    bool version_a = memchr(a->name, '@', size_a), version_b = memchr(b->name, '@', size_b);
    if (version_a != version_b)
        return version_b;
    size_t under_a = 0, under_b = 0;
    while (under_a < size_a && a->name[under_a] == '_')
        under_a++;
    while (under_b < size_b && b->name[under_b] == '_')
        under_b++;
    if (under_a != under_b)
        return under_a < under_b;
    if (size_a != size_b)
        return size_a < size_b;
    return strncmp(a->name, b->name, COMPARED) < 0; // any fixed order will do
}

static bool names_code(const struct symbol_table *table, const struct elf_symbol *symbol)
{
    if (symbol->section == SHN_UNDEF || !*symbol->name)
        return false;
    if (symbol->type == STT_FUNC || symbol->type == STT_GNU_IFUNC)
        return true;
    return symbol->type == STT_NOTYPE && symbol->section < table->image->section_count &&
           (table->image->sections[symbol->section].flags & SHF_EXECINSTR) &&
           symbol->name[0] != '$' && strncmp(symbol->name, ".L", 2) != 0;
}

bool symbol_table_names_code(const struct symbol_table *table, const struct elf_symbol *symbol)
{
    return names_code(table, symbol);
}

static void offer(struct elf_symbol *best, const struct elf_symbol *symbol)
{
    if (!best->name || symbol->value > best->value ||
        (symbol->value == best->value && elf_symbol_is_better(symbol, best)))
        *best = *symbol;
}

/* Symbols that overlap do so a few at a time; a table made to overlap everywhere is cut off. */
static uint64_t work_limit(const struct symbol_table *table, const struct lookup_batch *batch)
{
    return 64 * ((uint64_t)table->count + batch->count);
}

static void collect(const struct symbol_table *table, const struct lookup_batch *batch,
                    struct candidate *candidates)
{
    uint64_t work = work_limit(table, batch);
    for (uint32_t i = 1; i < table->count && work; i++) {
        struct elf_symbol symbol = symbol_table_get(table, i);
        if (!names_code(table, &symbol))
            continue;
        uint32_t at = lookup_first(batch->lookups, batch->count, symbol.value);
        if (at == batch->count)
            continue;
        offer(&candidates[at].nearest, &symbol);
        for (; at < batch->count && work; at++, work--) {
            if (batch->lookups[at].address - symbol.value >= symbol.size)
                break;
            offer(&candidates[at].covering, &symbol);
        }
    }
}

static bool reaches(const struct symbol_table *table, const struct elf_symbol *symbol,
                    uint64_t address)
{
    if (!symbol->name || symbol->size || symbol->section >= table->image->section_count)
        return false;
    const struct elf_section *section = &table->image->sections[symbol->section];
    return address - section->address < section->size;
}

void symbol_table_choose(const struct symbol_table *table, const struct lookup_batch *batch,
                         struct elf_symbol *chosen)
{
    if (!table->count || !batch->count)
        return;
    struct candidate *candidates = memory_new(batch->count, sizeof *candidates);
    struct elf_symbol nearest = {0};
    collect(table, batch, candidates);
    for (uint32_t i = 0; i < batch->count; i++) {
        if (candidates[i].nearest.name)
            nearest = candidates[i].nearest;
        // a label inside of a sized function (a loop's) does not rename the function
        if (candidates[i].covering.name)
            chosen[i] = candidates[i].covering;
        else if (reaches(table, &nearest, batch->lookups[i].address))
            chosen[i] = nearest;
        // a copy of such a name for each address would fill the memory
        if (chosen[i].name && strnlen(chosen[i].name, SYMBOL_NAME_MAX) == SYMBOL_NAME_MAX)
            chosen[i] = (struct elf_symbol){.name = NULL};
    }
    free(candidates);
}

void symbol_table_resolve(const struct symbol_table *table, struct lookup_batch *batch)
{
    struct elf_symbol *chosen = memory_new(batch->count, sizeof *chosen);
    symbol_table_choose(table, batch, chosen);
    for (uint32_t i = 0; i < batch->count; i++) {
        if (!batch->lookups[i].symbol)
            batch->lookups[i].symbol = chosen[i].name;
    }
    free(chosen);
}
