/* SPDX-License-Identifier: MIT */
/*
 * dwarf_aranges.c - decodes .debug_aranges.
 */
#include "symbolizer/dwarf_aranges.h"

/* Enters the next set. False at the end of the section. */
static bool next_set(struct dwarf_aranges *aranges)
{
    struct bytes *section = &aranges->section;
    if (!bytes_left(section))
        return false;
    const uint8_t *start = section->at;
    bool is_dwarf64 = false;
    uint64_t size = bytes_u32(section);
    if (size == 0xffffffff) {
        is_dwarf64 = true;
        size = bytes_u64(section);
    }
    const uint8_t *at = bytes_take(section, size);
    if (!at)
        return false;
    struct bytes set = bytes_of(at, size);
    uint16_t version = bytes_u16(&set);
    aranges->unit = is_dwarf64 ? bytes_u64(&set) : bytes_u32(&set);
    aranges->address_size = bytes_u8(&set);
    uint8_t segment_size = bytes_u8(&set);
    bool readable = version == 2 && segment_size == 0 &&
                    (aranges->address_size == 4 || aranges->address_size == 8);
    if (readable) {
        // the pairs are aligned to their own size, counted from the start of the set
        size_t pair = 2u * aranges->address_size, used = (size_t)(set.at - start) % pair;
        bytes_skip(&set, used ? pair - used : 0);
    }
    aranges->set = readable ? set : bytes_of(at, 0);
    return true;
}

bool dwarf_aranges_next(struct dwarf_aranges *aranges, uint64_t *low, uint64_t *high,
                        uint64_t *unit)
{
    for (;;) {
        struct bytes *set = &aranges->set;
        while (bytes_left(set)) {
            bool wide = aranges->address_size == 8;
            uint64_t start = wide ? bytes_u64(set) : bytes_u32(set);
            uint64_t size = wide ? bytes_u64(set) : bytes_u32(set);
            // a pair of zeros ends the set, but linkers leave some in the middle, too
            if (set->failed || !size || start + size < start)
                continue;
            *low = start;
            *high = start + size;
            *unit = aranges->unit;
            return true;
        }
        if (!next_set(aranges))
            return false;
    }
}
