/* SPDX-License-Identifier: MIT */
/*
 * dwarf_units.c - lists units and maps addresses to them.
 */
#include "symbolizer/dwarf_units.h"

#include "profiler/base/memory.h"
#include "symbolizer/dwarf_aranges.h"

#include <stdlib.h>

/* A unit's header after its length (DWARF 4, 7.5.1.1; DWARF 5, 7.5.1). */
static uint64_t header_size(uint16_t version, uint8_t type, uint8_t offset_size)
{
    uint64_t size = (offset_size == 8 ? 12u : 4u) + 2u + offset_size + 1u;
    if (version < 5)
        return size;
    size++; // the unit's type
    if (type == DW_UT_skeleton || type == DW_UT_split_compile)
        size += 8; // dwo id
    if (type == DW_UT_type || type == DW_UT_split_type)
        size += 8u + offset_size; // signature, offset of the type
    return size;
}

static bool holds_functions(uint8_t type)
{
    return type != DW_UT_type && type != DW_UT_split_type;
}

void dwarf_units_init(struct dwarf_units *units, Dwarf_Debug dbg, struct dwarf_sections *sections)
{
    *units = (struct dwarf_units){.dbg = dbg, .sections = sections};
    uint64_t header = 0;
    for (;;) {
        Dwarf_Error why = NULL;
        Dwarf_Unsigned length, type_offset, next = 0;
        Dwarf_Half version = 0, address_size = 0, offset_size = 0, extension = 0, type = 0;
        Dwarf_Off abbrev;
        Dwarf_Sig8 signature;
        if (!libdwarf_ok(dbg,
                         dwarf_next_cu_header_d(dbg, 1, &length, &version, &abbrev, &address_size,
                                                &offset_size, &extension, &signature, &type_offset,
                                                &next, &type, &why),
                         &why) ||
            next <= header)
            break;
        if (holds_functions((uint8_t)type) && (address_size == 4 || address_size == 8)) {
            struct dwarf_unit *unit = array_push(&units->units, &units->count, &units->capacity);
            unit->header = header;
            unit->die = header + header_size(version, (uint8_t)type, (uint8_t)offset_size);
            unit->end = next;
            unit->ranges.version = version;
            unit->ranges.address_size = (uint8_t)address_size;
            unit->ranges.offset_size = (uint8_t)offset_size;
        }
        header = next;
    }
}

void dwarf_units_release(struct dwarf_units *units)
{
    free(units->units);
    *units = (struct dwarf_units){0};
}

static void read_unit(struct dwarf_units *units, struct dwarf_unit *unit)
{
    Dwarf_Error why = NULL;
    Dwarf_Die die = NULL;
    struct dwarf_entry *entry = &unit->entry;
    struct dwarf_ranges_unit *ranges = &unit->ranges;
    unit->is_read = true;
    entry->ranges = entry->low_pc = entry->high_pc = entry->lines = DWARF_NONE;
    if (!libdwarf_ok(units->dbg, dwarf_offdie_b(units->dbg, unit->die, 1, &die, &why), &why))
        return;
    dwarf_entry_read(entry, units->dbg, die);
    dwarf_dealloc_die(die);
    if (entry->is_split)
        units->has_split = true;
    bool is_5 = ranges->version >= 5;
    ranges->ranges = dwarf_sections_bytes(units->sections, is_5 ? DWARF_RNGLISTS : DWARF_RANGES);
    ranges->addresses = dwarf_sections_bytes(units->sections, DWARF_ADDR);
    // without a base attribute, the tables begin after the section's first header
    uint64_t length_size = ranges->offset_size == 8 ? 12 : 4;
    ranges->address_base = entry->address_base != DWARF_NONE ? entry->address_base
                           : is_5                            ? length_size + 4
                                                             : 0;
    ranges->list_base = entry->rnglists_base != DWARF_NONE ? entry->rnglists_base : length_size + 8;
    ranges->low_pc = entry->low_pc == DWARF_NONE ? 0 : entry->low_pc;
}

struct dwarf_unit *dwarf_units_get(struct dwarf_units *units, uint32_t index)
{
    struct dwarf_unit *unit = &units->units[index];
    if (!unit->is_read)
        read_unit(units, unit);
    return unit;
}

uint32_t dwarf_units_at(const struct dwarf_units *units, uint64_t offset)
{
    uint32_t low = 0, high = units->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (units->units[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < units->count && offset >= units->units[low].header)
        return low;
    return DWARF_UNIT_NONE;
}

struct assignment {
    struct dwarf_units *units;
    const struct lookup_batch *batch;
    uint32_t *chosen;
    uint64_t *sizes; /* of the range that chose */
    uint64_t work;   /* what may still be done: ranges made to overlap everywhere are cut off */
};

static void assign_range(struct assignment *a, uint32_t unit, uint64_t low, uint64_t high)
{
    const struct lookup_batch *batch = a->batch;
    if (!elf_image_is_code(a->units->sections->image, low))
        return; // code that the linker dropped
    uint32_t i = lookup_first(batch->lookups, batch->count, low);
    for (; i < batch->count && batch->lookups[i].address < high && a->work; i++, a->work--) {
        if (a->chosen[i] == DWARF_UNIT_NONE || high - low < a->sizes[i]) {
            a->chosen[i] = unit;
            a->sizes[i] = high - low;
        }
    }
}

static void assign_by_aranges(struct assignment *a)
{
    struct dwarf_aranges aranges =
        dwarf_aranges_of(dwarf_sections_bytes(a->units->sections, DWARF_ARANGES));
    uint64_t low, high, offset;
    while (dwarf_aranges_next(&aranges, &low, &high, &offset)) {
        uint32_t unit = dwarf_units_at(a->units, offset);
        if (unit == DWARF_UNIT_NONE || a->units->units[unit].header != offset)
            continue;
        a->units->units[unit].is_mapped = true;
        a->work++;
        assign_range(a, unit, low, high);
    }
}

static void assign_by_unit(struct assignment *a, uint32_t index)
{
    struct dwarf_unit *unit = dwarf_units_get(a->units, index);
    struct dwarf_entry_ranges ranges = dwarf_entry_ranges(&unit->entry, &unit->ranges);
    uint64_t low, high;
    while (dwarf_entry_ranges_next(&ranges, &low, &high)) {
        a->work++;
        assign_range(a, index, low, high);
    }
}

uint32_t *dwarf_units_assign(struct dwarf_units *units, const struct lookup_batch *batch)
{
    struct assignment a = {
        .units = units,
        .batch = batch,
        .chosen = memory_new(batch->count, sizeof *a.chosen),
        .sizes = memory_new(batch->count, sizeof *a.sizes),
        .work = 64 * (uint64_t)batch->count,
    };
    bool missing = false;
    for (uint32_t i = 0; i < batch->count; i++)
        a.chosen[i] = DWARF_UNIT_NONE;
    assign_by_aranges(&a);
    for (uint32_t i = 0; i < batch->count && !missing; i++)
        missing = a.chosen[i] == DWARF_UNIT_NONE;
    for (uint32_t i = 0; i < units->count && missing; i++) {
        if (!units->units[i].is_mapped)
            assign_by_unit(&a, i);
    }
    free(a.sizes);
    return a.chosen;
}
