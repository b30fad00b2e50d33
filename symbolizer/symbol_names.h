/* SPDX-License-Identifier: MIT */
/*
 * symbol_names.h - from the name of a symbol to its value, for those who ask by name.
 *
 * Of equal names the first in the table counts. Demangled names are known, too; the table of those
 * is made when the first one is asked for that the symbols do not have as they are.
 *
 * Memory: names borrow from the symbol table, which must stay; the rest until symbol_names_release.
 */
#ifndef PROF_SYMBOLIZER_SYMBOL_NAMES_H
#define PROF_SYMBOLIZER_SYMBOL_NAMES_H

#include "profiler/base/hash_map.h"
#include "symbolizer/symbol_table.h"

struct symbol_names {
    struct symbol_table table;
    struct hash_map plain, demangled; /* hash of a name -> index of the symbol */
    bool has_plain, has_demangled;
};

/* Zero but for the table is empty. */
void symbol_names_init(struct symbol_names *names, const struct symbol_table *table);
void symbol_names_release(struct symbol_names *names);

/* The symbol of that name; false: there is none. In object files, the value is an address, too. */
bool symbol_names_find(struct symbol_names *names, const char *name, struct elf_symbol *symbol);

#endif
