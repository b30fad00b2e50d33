/* SPDX-License-Identifier: MIT */
/*
 * dwarf_ranges.h - decodes range lists: .debug_ranges (DWARF 2-4) and .debug_rnglists (DWARF 5).
 *
 * Our own, because libdwarf 20210528 aborts on damaged .debug_rnglists. Pure: bytes in, ranges out.
 * See DWARF 4, 2.17.3 and DWARF 5, 2.17.3 and 7.25.
 */
#ifndef PROF_SYMBOLIZER_DWARF_RANGES_H
#define PROF_SYMBOLIZER_DWARF_RANGES_H

#include "profiler/base/bytes.h"
#include "symbolizer/decoding_work.h"

/* What a list needs to know of its unit. */
struct dwarf_ranges_unit {
    struct bytes ranges;    /* .debug_ranges or .debug_rnglists, whole */
    struct bytes addresses; /* .debug_addr, whole */
    uint64_t address_base;  /* DW_AT_addr_base */
    uint64_t list_base;     /* DW_AT_rnglists_base */
    uint64_t low_pc;        /* the base of offsets until the list sets another one */
    uint16_t version;
    uint8_t address_size;       /* 4 or 8 */
    uint8_t offset_size;        /* 4 or 8 (64-bit DWARF) */
    struct decoding_work *work; /* NULL: there is no limit */
};

struct dwarf_ranges {
    const struct dwarf_ranges_unit *unit;
    struct bytes at;
    uint64_t base;
    uint32_t steps; /* so far */
};

/* Begins at an offset into the section. */
struct dwarf_ranges dwarf_ranges_at(const struct dwarf_ranges_unit *unit, uint64_t offset);

/* The offset of list `index` (DW_FORM_rnglistx), or UINT64_MAX. */
uint64_t dwarf_ranges_offset(const struct dwarf_ranges_unit *unit, uint64_t index);

/* The next range that is not empty. False at the end, and where the list is damaged. */
bool dwarf_ranges_next(struct dwarf_ranges *ranges, uint64_t *low, uint64_t *high);

/* Entry `index` of .debug_addr, or 0 when there is none. */
uint64_t dwarf_ranges_address(const struct dwarf_ranges_unit *unit, uint64_t index);

#endif
