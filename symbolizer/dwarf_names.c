/* SPDX-License-Identifier: MIT */
/*
 * dwarf_names.c - follows a function's entry to its names.
 */
#include "symbolizer/dwarf_names.h"

#include "profiler/base/memory.h"

#include <stdlib.h>

enum { MAX_ORIGINS = 16 }; // inlined copy, abstract instance, declaration: three are usual

void dwarf_names_init(struct dwarf_names *names, const struct dwarf_units *units)
{
    *names = (struct dwarf_names){.main = units};
    string_table_init(&names->strings);
}

void dwarf_names_release(struct dwarf_names *names)
{
    for (uint32_t i = 0; i < names->body_count; i++) {
        dwarf_decoder_release(&names->bodies[i]->decoder);
        free(names->bodies[i]);
    }
    free(names->bodies);
    free(names->descriptions);
    hash_map_release(&names->by_offset);
    hash_map_release(&names->by_unit);
    string_table_release(&names->strings);
    *names = (struct dwarf_names){0};
}

/* Offsets of the shared file are told from those of the main one by their highest bit. */
static uint64_t key_of(const struct dwarf_names *names, const struct dwarf_units *units,
                       uint64_t offset)
{
    return units == names->main ? offset : offset | 1ull << 63;
}

/* The body of a unit that something refers to; NULL when it cannot be decoded. */
static struct dwarf_body *body_of(struct dwarf_names *names, struct dwarf_units *units,
                                  uint32_t unit)
{
    uint32_t *index = hash_map_at(&names->by_unit, key_of(names, units, unit));
    if (*index != HASH_MAP_NONE)
        return *index < names->body_count ? names->bodies[*index] : NULL;
    struct dwarf_body *body = memory_new(1, sizeof *body);
    *body = (struct dwarf_body){.units = units, .file_units = units, .unit = unit};
    if (!dwarf_units_decoder(units, unit, &body->decoder)) {
        *index = HASH_MAP_NONE - 1;
        free(body);
        return NULL;
    }
    *index = names->body_count;
    *array_push(&names->bodies, &names->body_count, &names->body_capacity) = body;
    return body;
}

static struct dwarf_description describe(struct dwarf_names *names, struct dwarf_body *body,
                                         const struct dwarf_entry *entry, unsigned depth);

/* The body that an origin leads to: of the same unit most often. */
static struct dwarf_body *body_at(struct dwarf_names *names, struct dwarf_body *from,
                                  const struct dwarf_entry *entry)
{
    const struct dwarf_header *header = &from->decoder.header;
    if (!entry->origin_is_shared && entry->origin >= header->start && entry->origin < header->end)
        return from;
    const struct dwarf_units *units = entry->origin_is_shared ? from->units->shared : from->units;
    if (units != names->main && units != names->main->shared)
        return NULL; // a .dwo file's units do not refer to one another
    uint32_t unit = units ? dwarf_units_at(units, entry->origin) : DWARF_UNIT_NONE;
    return unit == DWARF_UNIT_NONE ? NULL : body_of(names, (struct dwarf_units *)units, unit);
}

static struct dwarf_description origin(struct dwarf_names *names, struct dwarf_body *from,
                                       const struct dwarf_entry *entry, unsigned depth)
{
    struct dwarf_description found = {0};
    struct dwarf_entry at;
    struct dwarf_body *body = body_at(names, from, entry);
    if (entry->origin_is_shared && !from->units->shared)
        names->lacks_shared = true;
    if (!body)
        return found;
    bool is_kept = body->units == names->main || body->units == names->main->shared;
    uint64_t key = key_of(names, body->units, entry->origin);
    uint32_t index = is_kept ? hash_map_get(&names->by_offset, key) : HASH_MAP_NONE;
    if (index != HASH_MAP_NONE)
        return names->descriptions[index];
    if (depth >= MAX_ORIGINS || !dwarf_decoder_entry_at(&body->decoder, entry->origin, &at))
        return found;
    if (!is_kept)
        return describe(names, body, &at, depth);
    index = names->count; // a damaged chain that leads back to itself ends at the placeholder
    array_push(&names->descriptions, &names->count, &names->capacity);
    *hash_map_at(&names->by_offset, key) = index;
    found = describe(names, body, &at, depth);
    names->descriptions[index] = found;
    return found;
}

static uint32_t string_of(struct dwarf_names *names, const char *string)
{
    return string ? string_table_add_string(&names->strings, string) : 0;
}

static struct dwarf_description describe(struct dwarf_names *names, struct dwarf_body *body,
                                         const struct dwarf_entry *entry, unsigned depth)
{
    struct dwarf_description d = {
        .name = string_of(names, entry->name),
        .linkage_name = string_of(names, entry->linkage_name),
        .line = entry->decl_line < UINT32_MAX ? (uint32_t)entry->decl_line : 0,
    };
    // file 0 is no file before DWARF 5
    if (entry->decl_file != DWARF_NONE && (entry->decl_file || body->decoder.header.version >= 5)) {
        d.file_units = body->file_units;
        d.unit = body->unit;
        d.file = entry->decl_file;
    }
    if (entry->lacks_shared)
        names->lacks_shared = true;
    if (entry->origin == DWARF_NONE)
        return d;
    struct dwarf_description from = origin(names, body, entry, depth + 1);
    d.name = d.name ? d.name : from.name;
    d.linkage_name = d.linkage_name ? d.linkage_name : from.linkage_name;
    d.line = d.line ? d.line : from.line;
    if (!d.file_units) {
        d.file_units = from.file_units;
        d.unit = from.unit;
        d.file = from.file;
    }
    return d;
}

uint32_t dwarf_names_of(struct dwarf_names *names, struct dwarf_body *body,
                        const struct dwarf_entry *entry)
{
    // most entries add nothing to their origin, whose description then serves them all
    bool is_bare = !entry->name && !entry->linkage_name && entry->decl_file == DWARF_NONE &&
                   entry->decl_line == DWARF_NONE && entry->origin != DWARF_NONE &&
                   !entry->origin_is_shared && body->units == names->main;
    struct dwarf_description described = describe(names, body, entry, 0);
    if (is_bare) {
        uint32_t index = hash_map_get(&names->by_offset, key_of(names, names->main, entry->origin));
        if (index != HASH_MAP_NONE)
            return index;
    }
    *array_push(&names->descriptions, &names->count, &names->capacity) = described;
    return names->count - 1;
}
