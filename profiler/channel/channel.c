/* SPDX-License-Identifier: MIT */
/*
 * channel.c - the geometry of the shared segment.
 */
#include "profiler/channel/channel.h"

enum { PAGE = 4096 };

static uint64_t page_up(uint64_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

uint64_t channel_layout(struct channel_header *header, uint32_t slot_count, uint32_t ring_size)
{
    enum { LEAST = 8 };
    uint32_t chunk_slots = ring_size ? CHANNEL_CHUNK_SIZE / ring_size : 0;
    if (chunk_slots < LEAST)
        chunk_slots = LEAST;
    slot_count = (slot_count + chunk_slots - 1) / chunk_slots * chunk_slots;
    header->slot_count = slot_count;
    header->ring_size = ring_size;
    header->chunk_slots = chunk_slots;
    header->slots_offset = page_up(sizeof *header);
    header->rings_offset =
        header->slots_offset + page_up((uint64_t)slot_count * sizeof(struct channel_slot));
    header->segment_size = header->rings_offset + (uint64_t)slot_count * ring_size;
    return header->segment_size;
}

bool channel_valid(const struct channel_header *header, uint64_t size)
{
    if (size < sizeof *header || header->magic != CHANNEL_MAGIC ||
        header->abi_version != CHANNEL_ABI_VERSION || header->segment_size != size)
        return false;
    struct channel_header expected = {0};
    uint32_t ring_size = header->ring_size;
    if (ring_size == 0 || (ring_size & (ring_size - 1)) != 0)
        return false;
    return channel_layout(&expected, header->slot_count, ring_size) == size &&
           expected.slot_count == header->slot_count &&
           expected.chunk_slots == header->chunk_slots &&
           expected.slots_offset == header->slots_offset &&
           expected.rings_offset == header->rings_offset;
}
