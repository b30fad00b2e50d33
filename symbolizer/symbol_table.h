/* SPDX-License-Identifier: MIT */
/*
 * symbol_table.h - names of functions from .symtab or .dynsym.
 */
#ifndef PROF_SYMBOLIZER_SYMBOL_TABLE_H
#define PROF_SYMBOLIZER_SYMBOL_TABLE_H

#include "symbolizer/elf_image.h"
#include "symbolizer/lookup.h"

/* One entry of a symbol table (System V ABI, "Symbol Table"). */
struct elf_symbol {
    const char *name; /* "" when it has none or the offset is bad */
    uint64_t value, size;
    uint32_t section;
    uint8_t type, binding;
};

struct symbol_table {
    const struct elf_image *image;
    struct bytes entries, names;
    uint32_t count;
};

/* The table of that section type (SHT_SYMTAB, SHT_DYNSYM); without any, it has no entries. */
void symbol_table_init(struct symbol_table *table, const struct elf_image *image, uint32_t type);

/* Entry `index`; beyond the end, an empty one. The value is an address in object files, too. */
struct elf_symbol symbol_table_get(const struct symbol_table *table, uint32_t index);

/*
 * Names the lookups that have no symbol yet. Of several symbols over one address wins the one that
 * begins last; of aliases the function before the untyped label, the exported before the local, the
 * name without version before the one with, fewer leading underscores, the shorter. A symbol of
 * size 0 reaches up to the next symbol of its section.
 */
void symbol_table_resolve(const struct symbol_table *table, struct lookup_batch *batch);

/* The same for all lookups, by index, without changing them: those without a symbol are left as
 * they are. */
void symbol_table_choose(const struct symbol_table *table, const struct lookup_batch *batch,
                         struct elf_symbol *chosen);

/* Whether an entry is the name of code. Labels of assembly count as functions; compilers' own
 * labels and ARM's mapping symbols do not. */
bool symbol_table_names_code(const struct symbol_table *table, const struct elf_symbol *symbol);

/* Whether `a` is the better name of two that begin at one address. */
bool elf_symbol_is_better(const struct elf_symbol *a, const struct elf_symbol *b);

#endif
