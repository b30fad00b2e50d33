/* SPDX-License-Identifier: MIT */
/*
 * dwarf_functions.c - follows a function's entry to its names.
 */
#include "symbolizer/dwarf_functions.h"

#include "profiler/base/memory.h"
#include "symbolizer/dwarf_lines.h"
#include "symbolizer/libdwarf_entry.h"

#include <stdlib.h>

enum { MAX_ORIGINS = 16 }; // inlined copy, abstract instance, declaration: three are usual

void dwarf_functions_init(struct dwarf_functions *functions, struct dwarf_units *units,
                          struct string_table *strings)
{
    *functions = (struct dwarf_functions){.units = units, .strings = strings};
}

void dwarf_functions_release(struct dwarf_functions *functions)
{
    hash_map_release(&functions->by_offset);
    free(functions->functions);
    *functions = (struct dwarf_functions){0};
}

static uint32_t intern(struct dwarf_functions *functions, const char *string)
{
    return string ? string_table_add_string(functions->strings, string) : 0;
}

static struct dwarf_function describe(struct dwarf_functions *functions, struct dwarf_unit *unit,
                                      const struct dwarf_entry *entry, unsigned depth);

/* The function at an offset. A damaged chain that leads back to itself ends at the placeholder. */
static struct dwarf_function origin(struct dwarf_functions *functions, uint64_t offset,
                                    unsigned depth)
{
    struct dwarf_function found = {0};
    struct dwarf_units *units = functions->units;
    uint32_t index = hash_map_get(&functions->by_offset, offset);
    if (index != HASH_MAP_NONE)
        return functions->functions[index];
    uint32_t unit = dwarf_units_at(units, offset);
    Dwarf_Error why = NULL;
    Dwarf_Die die = NULL;
    if (unit == DWARF_UNIT_NONE || depth >= MAX_ORIGINS ||
        !libdwarf_ok(units->dbg, dwarf_offdie_b(units->dbg, offset, 1, &die, &why), &why))
        return found;
    index = functions->count;
    array_push(&functions->functions, &functions->count, &functions->capacity);
    *hash_map_at(&functions->by_offset, offset) = index;
    struct dwarf_entry entry;
    libdwarf_entry_read(&entry, units->dbg, die);
    dwarf_dealloc_die(die);
    found = describe(functions, dwarf_units_get(units, unit), &entry, depth);
    functions->functions[index] = found;
    return found;
}

static struct dwarf_function describe(struct dwarf_functions *functions, struct dwarf_unit *unit,
                                      const struct dwarf_entry *entry, unsigned depth)
{
    struct dwarf_function f = {
        .name = intern(functions, entry->name),
        .linkage_name = intern(functions, entry->linkage_name),
        .file = dwarf_lines_file(functions->units, unit, entry->decl_file, functions->strings),
        .line = entry->decl_line < UINT32_MAX ? (uint32_t)entry->decl_line : 0,
    };
    struct dwarf_functions *owner = entry->origin_is_shared ? functions->shared : functions;
    if (entry->lacks_shared || !owner)
        functions->lacks_shared = true;
    if (entry->origin == DWARF_NONE || !owner)
        return f;
    struct dwarf_function from = origin(owner, entry->origin, depth + 1);
    f.name = f.name ? f.name : from.name;
    f.linkage_name = f.linkage_name ? f.linkage_name : from.linkage_name;
    f.file = f.file ? f.file : from.file;
    f.line = f.line ? f.line : from.line;
    return f;
}

struct dwarf_function dwarf_functions_get(struct dwarf_functions *functions,
                                          struct dwarf_unit *unit, const struct dwarf_entry *entry)
{
    return describe(functions, unit, entry, 0);
}
