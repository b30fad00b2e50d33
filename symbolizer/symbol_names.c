/* SPDX-License-Identifier: MIT */
/*
 * symbol_names.c - hashes of names.
 */
#include "symbolizer/symbol_names.h"

#include "symbolizer/demangle.h"

#include <elf.h>
#include <string.h>

enum { LONGEST = 4096 }; // bytes of a name that somebody types

void symbol_names_init(struct symbol_names *names, const struct symbol_table *table)
{
    *names = (struct symbol_names){.table = *table};
}

void symbol_names_release(struct symbol_names *names)
{
    hash_map_release(&names->plain);
    hash_map_release(&names->demangled);
    *names = (struct symbol_names){.has_plain = false};
}

/* Whether the symbol can be asked for. */
static bool is_named(const struct elf_symbol *symbol)
{
    return symbol->section != SHN_UNDEF && symbol->type != STT_FILE && *symbol->name &&
           strnlen(symbol->name, LONGEST) < LONGEST;
}

static void enter(struct hash_map *map, const char *name, size_t size, uint32_t index)
{
    uint32_t *known = hash_map_at(map, hash_bytes(name, size, hash_seed()));
    if (*known == HASH_MAP_NONE)
        *known = index;
}

static void list_plain(struct symbol_names *names)
{
    names->has_plain = true;
    for (uint32_t i = 1; i < names->table.count; i++) {
        struct elf_symbol symbol = symbol_table_get(&names->table, i);
        if (is_named(&symbol))
            enter(&names->plain, symbol.name, strlen(symbol.name), i);
    }
}

static void list_demangled(struct symbol_names *names)
{
    struct text text = TEXT_INIT;
    names->has_demangled = true;
    for (uint32_t i = 1; i < names->table.count; i++) {
        struct elf_symbol symbol = symbol_table_get(&names->table, i);
        text.length = 0;
        if (is_named(&symbol) && demangle(&text, symbol.name))
            enter(&names->demangled, text.data, text.length, i);
    }
    text_release(&text);
}

/* That two names have one hash is no worse than a symbol that is not found. */
static bool look_up(const struct symbol_names *names, const struct hash_map *map, const char *name,
                    struct elf_symbol *symbol)
{
    struct text text = TEXT_INIT;
    uint32_t index = hash_map_get(map, hash_bytes(name, strlen(name), hash_seed()));
    if (index == HASH_MAP_NONE)
        return false;
    *symbol = symbol_table_get(&names->table, index);
    bool is_same = strcmp(symbol->name, name) == 0 ||
                   (demangle(&text, symbol->name) && strcmp(text.data, name) == 0);
    text_release(&text);
    return is_same;
}

bool symbol_names_find(struct symbol_names *names, const char *name, struct elf_symbol *symbol)
{
    if (!names->has_plain)
        list_plain(names);
    if (look_up(names, &names->plain, name, symbol))
        return true;
    if (!strpbrk(name, ":(<")) // nothing looks like that demangled
        return false;
    if (!names->has_demangled)
        list_demangled(names);
    return look_up(names, &names->demangled, name, symbol);
}
