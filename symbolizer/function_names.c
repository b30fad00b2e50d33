/* SPDX-License-Identifier: MIT */
/*
 * function_names.c - from linkage names to names for readers.
 */
#include "symbolizer/function_names.h"

#include "profiler/base/text.h"
#include "symbolizer/demangle.h"

#include <string.h>

void function_names_init(struct function_names *names, struct string_table *strings)
{
    *names = (struct function_names){.strings = strings};
}

void function_names_release(struct function_names *names)
{
    hash_map_release(&names->demangled);
}

/* The demangled form of a name, or the name itself where there is none. */
static uint32_t demangled_name(struct function_names *names, uint32_t linkage_name)
{
    uint32_t *known = hash_map_at(&names->demangled, linkage_name);
    if (*known != HASH_MAP_NONE)
        return *known;
    struct text text = TEXT_INIT, mangled = TEXT_INIT;
    const char *name = string_table_get(names->strings, linkage_name);
    size_t size = strcspn(name, "@"); // "@plt", "@@VERSION"
    text_append(&mangled, name, size);
    *known = linkage_name;
    if (demangle(&text, mangled.data)) {
        text_append_string(&text, name + size);
        *known = string_table_add(names->strings, text.data, text.length);
    }
    text_release(&mangled);
    text_release(&text);
    return *known;
}

/* The length of a name without its template arguments, which DWARF has as the compiler prints them
 * and the demangler may spell otherwise. */
static size_t stem_length(const char *bare)
{
    if (strncmp(bare, "operator()", 10) == 0)
        return 10;
    if (strncmp(bare, "operator", 8) == 0) // operator<, operator->
        return strlen(bare);
    return strcspn(bare, "<");
}

static bool is_called(const char *shown, const char *bare)
{
    size_t size = stem_length(bare);
    return size && memmem(shown, strlen(shown), bare, size);
}

/* The symbol as linkage name of the function that DWARF calls `bare`, or 0 when it is mangled
 * from another name. Suffixes of partial copies (".cold", ".constprop.0") are left out: they are
 * the same function. */
static uint32_t linkage_from_symbol(struct function_names *names, const char *symbol,
                                    const char *bare)
{
    if (symbol[0] != '_' || !strchr("ZRD", symbol[1]))
        return 0;
    uint32_t linkage = string_table_add(names->strings, symbol, strcspn(symbol, "."));
    uint32_t shown = demangled_name(names, linkage);
    return shown != linkage && is_called(string_table_get(names->strings, shown), bare) ? linkage
                                                                                        : 0;
}

void function_names_complete(struct function_names *names, struct symbol_frame *frame,
                             const char *symbol)
{
    if (!frame->linkage_name && frame->name && symbol)
        frame->linkage_name =
            linkage_from_symbol(names, symbol, string_table_get(names->strings, frame->name));
    if (!frame->linkage_name)
        return;
    uint32_t shown = demangled_name(names, frame->linkage_name);
    // a linkage name that is not mangled was chosen by hand (asm labels): the source's name is
    // nicer
    if (shown != frame->linkage_name || !frame->name)
        frame->name = shown;
    if (frame->linkage_name == frame->name)
        frame->linkage_name = 0;
}
