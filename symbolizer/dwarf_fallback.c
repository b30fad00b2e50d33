/* SPDX-License-Identifier: MIT */
/*
 * dwarf_fallback.c - libdwarf, opened over one file and the one it shares parts with.
 */
#include "symbolizer/dwarf_fallback.h"

#include "profiler/base/memory.h"
#include "symbolizer/dwarf_chains.h"

#include <stdlib.h>

struct dwarf_fallback {
    struct libdwarf *libdwarf;
    struct dwarf_units units;
    struct dwarf_functions functions;
    struct dwarf_fallback *shared; /* NULL: none */
    struct string_table *strings;
};

/* Strings of the shared file are read by libdwarf, entries by our own functions. */
static void tie_shared(struct dwarf_fallback *fallback, struct dwarf_sections *shared)
{
    Dwarf_Error why = NULL;
    fallback->shared = dwarf_fallback_open(shared, NULL, fallback->strings, NULL);
    if (!fallback->shared)
        return;
    Dwarf_Debug dbg = libdwarf_debug(fallback->libdwarf);
    libdwarf_ok(dbg, dwarf_set_tied_dbg(dbg, libdwarf_debug(fallback->shared->libdwarf), &why),
                &why);
    fallback->functions.shared = &fallback->shared->functions;
}

struct dwarf_fallback *dwarf_fallback_open(struct dwarf_sections *sections,
                                           struct dwarf_sections *shared,
                                           struct string_table *strings, struct error *error)
{
    struct libdwarf *libdwarf = libdwarf_open(sections, error);
    if (!libdwarf)
        return NULL;
    struct dwarf_fallback *fallback = memory_new(1, sizeof *fallback);
    fallback->libdwarf = libdwarf;
    fallback->strings = strings;
    dwarf_units_init(&fallback->units, libdwarf_debug(libdwarf), sections);
    dwarf_functions_init(&fallback->functions, &fallback->units, strings);
    if (shared)
        tie_shared(fallback, shared);
    return fallback;
}

void dwarf_fallback_close(struct dwarf_fallback *fallback)
{
    if (!fallback)
        return;
    dwarf_functions_release(&fallback->functions);
    dwarf_lines_release(&fallback->units);
    dwarf_units_release(&fallback->units);
    libdwarf_close(fallback->libdwarf);
    dwarf_fallback_close(fallback->shared);
    free(fallback);
}

struct dwarf_units *dwarf_fallback_units(struct dwarf_fallback *fallback)
{
    return &fallback->units;
}

void dwarf_fallback_resolve(struct dwarf_fallback *fallback, uint32_t index,
                            struct dwarf_target *targets, uint32_t count,
                            struct lookup_batch *batch)
{
    struct dwarf_units *units = &fallback->units;
    struct dwarf_unit *unit = dwarf_units_get(units, index);
    dwarf_lines_match(units, unit, targets, count);
    dwarf_lines_publish(units, unit, targets, count, fallback->strings);
    dwarf_chains_resolve(&fallback->functions, unit, targets, count, batch);
}

bool dwarf_fallback_lacks_shared(const struct dwarf_fallback *fallback)
{
    return fallback->functions.lacks_shared;
}
