/* SPDX-License-Identifier: MIT */
/*
 * function_aliases.c - collects the symbols that begin where a function begins.
 */
#include "symbolizer/function_aliases.h"

#include "profiler/base/memory.h"

#include <stdlib.h>
#include <string.h>

static int compare_starts(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static int compare_names(const void *left, const void *right)
{
    const struct function_alias *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (elf_symbol_is_better(&a->symbol, &b->symbol))
        return -1;
    return elf_symbol_is_better(&b->symbol, &a->symbol) ? 1 : 0;
}

static void find_starts(struct function_aliases *aliases, const struct symbol_table *table,
                        const struct lookup_batch *batch)
{
    struct elf_symbol *chosen = memory_new(batch->count, sizeof *chosen);
    aliases->starts = memory_new(batch->count, sizeof *aliases->starts);
    symbol_table_choose(table, batch, chosen);
    for (uint32_t i = 0; i < batch->count; i++)
        aliases->starts[i] = chosen[i].value;
    free(chosen);
}

/* Of equal symbols, as in tables of two files merged, one is enough. Long names that differ only at
 * their ends are no names. */
enum { COMPARED = 4096 };

static void drop_repeated(struct function_aliases *aliases)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < aliases->count; i++) {
        const struct function_alias *name = &aliases->names[i];
        if (!kept || aliases->names[kept - 1].start != name->start ||
            strncmp(aliases->names[kept - 1].symbol.name, name->symbol.name, COMPARED) != 0)
            aliases->names[kept++] = *name;
    }
    aliases->count = kept;
}

void function_aliases_init(struct function_aliases *aliases, const struct symbol_table *table,
                           const struct lookup_batch *batch)
{
    *aliases = (struct function_aliases){0};
    find_starts(aliases, table, batch);
    uint64_t *sorted = memory_new(batch->count, sizeof *sorted);
    for (uint32_t i = 0; i < batch->count; i++)
        sorted[i] = aliases->starts[i];
    qsort(sorted, batch->count, sizeof *sorted, compare_starts);
    for (uint32_t i = 1; i < table->count && batch->count; i++) {
        struct elf_symbol symbol = symbol_table_get(table, i);
        if (symbol.value && symbol_table_names_code(table, &symbol) &&
            bsearch(&symbol.value, sorted, batch->count, sizeof *sorted, compare_starts))
            *array_push(&aliases->names, &aliases->count, &aliases->capacity) =
                (struct function_alias){symbol.value, symbol};
    }
    if (aliases->count)
        qsort(aliases->names, aliases->count, sizeof *aliases->names, compare_names);
    drop_repeated(aliases);
    free(sorted);
}

void function_aliases_release(struct function_aliases *aliases)
{
    free(aliases->names);
    free(aliases->starts);
    *aliases = (struct function_aliases){0};
}

const struct function_alias *function_aliases_of(const struct function_aliases *aliases,
                                                 uint32_t lookup, uint32_t *count)
{
    uint64_t start = aliases->starts[lookup];
    uint32_t low = 0, high = aliases->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (aliases->names[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (start && low + *count < aliases->count && aliases->names[low + *count].start == start)
        ++*count;
    return aliases->names ? &aliases->names[low] : NULL;
}
