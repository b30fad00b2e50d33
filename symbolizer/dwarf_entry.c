/* SPDX-License-Identifier: MIT */
/*
 * dwarf_entry.c - an entry without attributes, and the ranges of one that has them.
 */
#include "symbolizer/dwarf_entry.h"

struct dwarf_entry dwarf_entry_empty(void)
{
    return (struct dwarf_entry){
        .origin = DWARF_NONE,
        .low_pc = DWARF_NONE,
        .high_pc = DWARF_NONE,
        .ranges = DWARF_NONE,
        .decl_file = DWARF_NONE,
        .decl_line = DWARF_NONE,
        .call_file = DWARF_NONE,
        .call_line = DWARF_NONE,
        .lines = DWARF_NONE,
        .language = DWARF_NONE,
        .address_base = DWARF_NONE,
        .rnglists_base = DWARF_NONE,
        .ranges_base = DWARF_NONE,
        .string_offsets_base = DWARF_NONE,
        .dwo_id = DWARF_NONE,
    };
}

struct dwarf_entry_ranges dwarf_entry_ranges(const struct dwarf_entry *entry,
                                             const struct dwarf_ranges_unit *unit)
{
    struct dwarf_entry_ranges ranges = {0};
    if (entry->ranges != DWARF_NONE) {
        uint64_t at =
            entry->ranges_are_index ? dwarf_ranges_offset(unit, entry->ranges) : entry->ranges;
        ranges.list = dwarf_ranges_at(unit, at);
    } else if (entry->low_pc != DWARF_NONE && entry->high_pc != DWARF_NONE) {
        ranges.low_pc = entry->low_pc;
        ranges.high_pc = entry->high_pc;
    }
    return ranges;
}

bool dwarf_entry_ranges_next(struct dwarf_entry_ranges *ranges, uint64_t *low, uint64_t *high)
{
    if (ranges->list.unit)
        return dwarf_ranges_next(&ranges->list, low, high);
    *low = ranges->low_pc;
    *high = ranges->high_pc;
    ranges->low_pc = ranges->high_pc = 0;
    return *low < *high;
}
