/* SPDX-License-Identifier: MIT */
/*
 * dwarf_file.c - takes a batch through units, lines and chains.
 */
#include "symbolizer/dwarf_file.h"

#include "profiler/base/memory.h"
#include "symbolizer/dwarf_chains.h"

#include <stdlib.h>

struct dwarf_file {
    struct dwarf_sections sections;
    struct libdwarf *libdwarf;
    struct dwarf_units units;
    struct dwarf_functions functions;
    struct dwarf_file *shared; /* made by dwz; NULL: none */
    struct string_table *strings;
};

/* Strings of the shared file are read by libdwarf, entries by our own functions. */
static void tie_shared(struct dwarf_file *file, const struct elf_image *shared)
{
    Dwarf_Error why = NULL;
    file->shared = dwarf_file_open(shared, NULL, file->strings, NULL);
    if (!file->shared)
        return;
    Dwarf_Debug dbg = libdwarf_debug(file->libdwarf);
    libdwarf_ok(dbg, dwarf_set_tied_dbg(dbg, libdwarf_debug(file->shared->libdwarf), &why), &why);
    file->functions.shared = &file->shared->functions;
}

struct dwarf_file *dwarf_file_open(const struct elf_image *image, const struct elf_image *shared,
                                   struct string_table *strings, struct error *error)
{
    if (!dwarf_sections_exist(image)) {
        error_set(error, 0, "there is no debug information");
        return NULL;
    }
    struct dwarf_file *file = memory_new(1, sizeof *file);
    file->strings = strings;
    dwarf_sections_init(&file->sections, image);
    file->libdwarf = libdwarf_open(&file->sections, error);
    if (!file->libdwarf) {
        dwarf_file_close(file);
        return NULL;
    }
    dwarf_units_init(&file->units, libdwarf_debug(file->libdwarf), &file->sections);
    dwarf_functions_init(&file->functions, &file->units, strings);
    if (!file->units.count) {
        bool known = *file->sections.error.text;
        error_set(error, 0, "%s", known ? file->sections.error.text : "it holds no units");
        dwarf_file_close(file);
        return NULL;
    }
    if (shared)
        tie_shared(file, shared);
    return file;
}

void dwarf_file_close(struct dwarf_file *file)
{
    if (!file)
        return;
    dwarf_functions_release(&file->functions);
    dwarf_lines_release(&file->units);
    dwarf_units_release(&file->units);
    libdwarf_close(file->libdwarf);
    dwarf_file_close(file->shared);
    dwarf_sections_release(&file->sections);
    free(file);
}

/* A lookup and its unit, to be sorted by unit. */
struct place {
    uint32_t unit, lookup;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->unit != b->unit)
        return a->unit < b->unit ? -1 : 1;
    return a->lookup < b->lookup ? -1 : a->lookup > b->lookup;
}

static uint32_t sort_by_unit(struct dwarf_units *units, const struct lookup_batch *batch,
                             struct place *places)
{
    uint32_t *chosen = dwarf_units_assign(units, batch);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        if (chosen[i] != DWARF_UNIT_NONE)
            places[count++] = (struct place){chosen[i], i};
    }
    free(chosen);
    qsort(places, count, sizeof *places, compare_places);
    return count;
}

void dwarf_file_resolve(struct dwarf_file *file, struct lookup_batch *batch)
{
    struct place *places = memory_new(batch->count, sizeof *places);
    struct dwarf_target *targets = memory_new(batch->count, sizeof *targets);
    uint32_t count = sort_by_unit(&file->units, batch, places);
    for (uint32_t first = 0, end; first < count; first = end) {
        for (end = first; end < count && places[end].unit == places[first].unit; end++) {
            struct lookup *lookup = &batch->lookups[places[end].lookup];
            targets[end - first] =
                (struct dwarf_target){.address = lookup->address, .lookup = lookup};
        }
        struct dwarf_unit *unit = dwarf_units_get(&file->units, places[first].unit);
        dwarf_lines_resolve(&file->units, unit, targets, end - first, file->strings);
        dwarf_chains_resolve(&file->functions, unit, targets, end - first, batch);
    }
    free(targets);
    free(places);
}

const char *dwarf_file_gap(const struct dwarf_file *file)
{
    if (file->units.has_split)
        return "a part of its debug information is in .dwo files, which are not read";
    if (file->functions.lacks_shared)
        return "a part of its debug information is in a file shared by dwz, which was not found";
    return *file->sections.error.text ? file->sections.error.text : NULL;
}
