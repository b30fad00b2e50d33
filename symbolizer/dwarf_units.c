/* SPDX-License-Identifier: MIT */
/*
 * dwarf_units.c - lists units and maps addresses to them.
 */
#include "symbolizer/dwarf_units.h"

#include "profiler/base/memory.h"
#include "symbolizer/dwarf_aranges.h"
#include "symbolizer/libdwarf_entry.h"

#include <stdlib.h>

static void add_unit(struct dwarf_units *units, const struct dwarf_header *header)
{
    bool holds_functions = header->type != DW_UT_type && header->type != DW_UT_split_type;
    if (!holds_functions || (header->address_size != 4 && header->address_size != 8))
        return;
    struct dwarf_unit *unit = array_push(&units->units, &units->count, &units->capacity);
    unit->header = *header;
    unit->ranges.version = header->version;
    unit->ranges.address_size = header->address_size;
    unit->ranges.offset_size = header->offset_size;
}

static void list_by_libdwarf(struct dwarf_units *units)
{
    Dwarf_Debug dbg = units->dbg;
    uint64_t header = 0;
    struct bytes info = dwarf_sections_bytes(units->sections, DWARF_INFO);
    for (;;) {
        Dwarf_Error why = NULL;
        Dwarf_Unsigned length, type_offset, next = 0;
        Dwarf_Half version = 0, address_size = 0, offset_size = 0, extension = 0, type = 0;
        Dwarf_Off abbrev;
        Dwarf_Sig8 signature;
        struct dwarf_header read;
        if (!libdwarf_ok(dbg,
                         dwarf_next_cu_header_d(dbg, 1, &length, &version, &abbrev, &address_size,
                                                &offset_size, &extension, &signature, &type_offset,
                                                &next, &type, &why),
                         &why) ||
            next <= header)
            break;
        // libdwarf does not tell where the first entry is
        if (dwarf_header_read(&read, info, header)) {
            read.version = version;
            read.end = next;
            read.type = (uint8_t)type;
            read.address_size = (uint8_t)address_size;
            read.offset_size = (uint8_t)offset_size;
            add_unit(units, &read);
        }
        header = next;
    }
}

static void list_by_headers(struct dwarf_units *units)
{
    struct bytes info = dwarf_sections_bytes(units->sections, DWARF_INFO);
    struct dwarf_header header = {0};
    while (dwarf_header_read(&header, info, header.end))
        add_unit(units, &header);
}

void dwarf_units_init(struct dwarf_units *units, Dwarf_Debug dbg, struct dwarf_sections *sections)
{
    *units = (struct dwarf_units){.dbg = dbg, .sections = sections};
    if (dbg)
        list_by_libdwarf(units);
    else
        list_by_headers(units);
}

void dwarf_units_release(struct dwarf_units *units)
{
    free(units->units);
    *units = (struct dwarf_units){0};
}

static bool read_by_libdwarf(const struct dwarf_units *units, struct dwarf_unit *unit)
{
    Dwarf_Error why = NULL;
    Dwarf_Die die = NULL;
    Dwarf_Off at = unit->header.die;
    if (!libdwarf_ok(units->dbg, dwarf_offdie_b(units->dbg, at, 1, &die, &why), &why))
        return false;
    libdwarf_entry_read(&unit->entry, units->dbg, die);
    dwarf_dealloc_die(die);
    return true;
}

bool dwarf_units_decoder(const struct dwarf_units *units, uint32_t index,
                         struct dwarf_decoder *decoder)
{
    struct dwarf_entry entry;
    dwarf_decoder_init(decoder, units->sections, &units->units[index].header);
    if (units->shared)
        decoder->shared_strings = dwarf_sections_bytes(units->shared->sections, DWARF_STR);
    if (dwarf_decoder_unit(decoder, &entry))
        return true;
    dwarf_decoder_release(decoder);
    return false;
}

static bool read_by_decoder(const struct dwarf_units *units, struct dwarf_unit *unit)
{
    struct dwarf_decoder decoder;
    dwarf_decoder_init(&decoder, units->sections, &unit->header);
    if (units->shared)
        decoder.shared_strings = dwarf_sections_bytes(units->shared->sections, DWARF_STR);
    bool done = dwarf_decoder_unit(&decoder, &unit->entry);
    dwarf_decoder_release(&decoder);
    return done;
}

static void read_unit(struct dwarf_units *units, struct dwarf_unit *unit)
{
    struct dwarf_entry *entry = &unit->entry;
    struct dwarf_ranges_unit *ranges = &unit->ranges;
    unit->is_read = true;
    if (!(units->dbg ? read_by_libdwarf(units, unit) : read_by_decoder(units, unit))) {
        *entry = dwarf_entry_empty();
        return;
    }
    bool is_5 = ranges->version >= 5;
    ranges->ranges = dwarf_sections_bytes(units->sections, is_5 ? DWARF_RNGLISTS : DWARF_RANGES);
    ranges->addresses = dwarf_sections_bytes(units->sections, DWARF_ADDR);
    ranges->work = units->sections->work;
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
        if (units->units[middle].header.end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < units->count && offset >= units->units[low].header.start)
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
    uint32_t i = lookup_first(batch->lookups, batch->count, low);
    if (i == batch->count || batch->lookups[i].address >= high)
        return;
    if (!elf_image_is_code(a->units->sections->image, low))
        return; // code that the linker dropped
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
        if (unit == DWARF_UNIT_NONE || a->units->units[unit].header.start != offset)
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
