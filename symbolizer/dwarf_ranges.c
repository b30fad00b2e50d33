/* SPDX-License-Identifier: MIT */
/*
 * dwarf_ranges.c - decodes range lists.
 */
#include "symbolizer/dwarf_ranges.h"

#include <dwarf.h>

enum step { STEP_RANGE, STEP_BASE, STEP_END };

static uint64_t read_address(struct bytes *b, uint8_t size)
{
    return size == 4 ? bytes_u32(b) : bytes_u64(b);
}

static struct bytes from(struct bytes section, uint64_t offset)
{
    bytes_skip(&section, offset);
    return section;
}

uint64_t dwarf_ranges_address(const struct dwarf_ranges_unit *unit, uint64_t index)
{
    uint64_t into;
    if (__builtin_mul_overflow(index, unit->address_size, &into) ||
        __builtin_add_overflow(into, unit->address_base, &into))
        return 0;
    struct bytes b = from(unit->addresses, into);
    return read_address(&b, unit->address_size);
}

uint64_t dwarf_ranges_offset(const struct dwarf_ranges_unit *unit, uint64_t index)
{
    uint64_t into;
    if (__builtin_mul_overflow(index, unit->offset_size, &into) ||
        __builtin_add_overflow(into, unit->list_base, &into))
        return UINT64_MAX;
    struct bytes b = from(unit->ranges, into);
    uint64_t offset = read_address(&b, unit->offset_size);
    return b.failed ? UINT64_MAX : unit->list_base + offset;
}

struct dwarf_ranges dwarf_ranges_at(const struct dwarf_ranges_unit *unit, uint64_t offset)
{
    return (struct dwarf_ranges){unit, from(unit->ranges, offset), unit->low_pc, 0};
}

/* DWARF 2-4: pairs of addresses. */
static enum step step_pair(struct dwarf_ranges *ranges, uint64_t *low, uint64_t *high)
{
    uint8_t size = ranges->unit->address_size;
    uint64_t first = read_address(&ranges->at, size);
    uint64_t second = read_address(&ranges->at, size);
    if (first == 0 && second == 0)
        return STEP_END;
    if (first == (size == 4 ? UINT32_MAX : UINT64_MAX)) {
        ranges->base = second;
        return STEP_BASE;
    }
    *low = ranges->base + first;
    *high = ranges->base + second;
    return STEP_RANGE;
}

/* DWARF 5: a kind and its operands. */
static enum step step_entry(struct dwarf_ranges *ranges, uint64_t *low, uint64_t *high)
{
    const struct dwarf_ranges_unit *unit = ranges->unit;
    struct bytes *at = &ranges->at;
    switch (bytes_u8(at)) {
    case DW_RLE_base_addressx:
        ranges->base = dwarf_ranges_address(unit, bytes_varint(at));
        return STEP_BASE;
    case DW_RLE_base_address:
        ranges->base = read_address(at, unit->address_size);
        return STEP_BASE;
    case DW_RLE_startx_endx:
        *low = dwarf_ranges_address(unit, bytes_varint(at));
        *high = dwarf_ranges_address(unit, bytes_varint(at));
        return STEP_RANGE;
    case DW_RLE_startx_length:
        *low = dwarf_ranges_address(unit, bytes_varint(at));
        *high = *low + bytes_varint(at);
        return STEP_RANGE;
    case DW_RLE_offset_pair:
        *low = ranges->base + bytes_varint(at);
        *high = ranges->base + bytes_varint(at);
        return STEP_RANGE;
    case DW_RLE_start_end:
        *low = read_address(at, unit->address_size);
        *high = read_address(at, unit->address_size);
        return STEP_RANGE;
    case DW_RLE_start_length:
        *low = read_address(at, unit->address_size);
        *high = *low + bytes_varint(at);
        return STEP_RANGE;
    default: // DW_RLE_end_of_list, or a kind of the future
        return STEP_END;
    }
}

/* Long lists are work; most are short, and are not worth being counted. */
static bool may_go_on(struct dwarf_ranges *ranges)
{
    enum { PART = 256, BYTES = 4 };
    return ++ranges->steps % PART || decoding_work_take(ranges->unit->work, PART * BYTES);
}

bool dwarf_ranges_next(struct dwarf_ranges *ranges, uint64_t *low, uint64_t *high)
{
    for (;;) {
        uint64_t first = 0, end = 0;
        enum step step = ranges->unit->version >= 5 ? step_entry(ranges, &first, &end)
                                                    : step_pair(ranges, &first, &end);
        if (ranges->at.failed || step == STEP_END || !may_go_on(ranges)) {
            bytes_fail(&ranges->at); // asked again, it stays at its end
            return false;
        }
        if (step == STEP_RANGE && first < end) {
            *low = first;
            *high = end;
            return true;
        }
    }
}
