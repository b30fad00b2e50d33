/* SPDX-License-Identifier: MIT */
/*
 * dwarf_aranges.h - decodes .debug_aranges, the map from addresses to units that gcc writes.
 *
 * Our own, because one bad set makes libdwarf give up all of them. Pure: bytes in, ranges out.
 * See DWARF 5, 6.1.2.
 */
#ifndef PROF_SYMBOLIZER_DWARF_ARANGES_H
#define PROF_SYMBOLIZER_DWARF_ARANGES_H

#include "profiler/base/bytes.h"

struct dwarf_aranges {
    struct bytes section; /* after the current set */
    struct bytes set;     /* rest of the current set */
    uint64_t unit;        /* offset of its unit's header in .debug_info */
    uint8_t address_size;
};

static inline struct dwarf_aranges dwarf_aranges_of(struct bytes section)
{
    return (struct dwarf_aranges){.section = section, .set = bytes_of(section.at, 0)};
}

/* The next range, [low, high) in the unit with its header at `unit`. Sets that cannot be read are
 * passed over. False at the end. */
bool dwarf_aranges_next(struct dwarf_aranges *aranges, uint64_t *low, uint64_t *high,
                        uint64_t *unit);

#endif
