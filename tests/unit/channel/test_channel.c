/* SPDX-License-Identifier: MIT */
/*
 * test_channel.c - the geometry of a segment, and headers that are not ours.
 */
#include "profiler/channel/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint64_t make(struct channel_header *header, uint32_t slots, uint32_t ring)
{
    memset(header, 0, sizeof *header);
    header->magic = CHANNEL_MAGIC;
    header->abi_version = CHANNEL_ABI_VERSION;
    return channel_layout(header, slots, ring);
}

static void layout_leaves_room_for_everything(void **state)
{
    (void)state;
    static const uint32_t slot_counts[] = {1, 2, 21, 22, 1024};
    for (size_t i = 0; i < sizeof slot_counts / sizeof *slot_counts; i++) {
        struct channel_header header;
        uint64_t size = make(&header, slot_counts[i], 32768);
        uint32_t slots = header.slot_count;
        assert_int_equal(channel_chunk_size(&header), CHANNEL_CHUNK_SIZE);
        assert_int_equal(slots % header.chunk_slots, 0);
        assert_true(slots >= slot_counts[i] && slots < slot_counts[i] + header.chunk_slots);
        assert_true(header.slots_offset >= sizeof header);
        assert_int_equal(header.slots_offset % 4096, 0);
        assert_true(header.rings_offset >=
                    header.slots_offset + slots * sizeof(struct channel_slot));
        assert_int_equal(header.rings_offset % 4096, 0);
        assert_int_equal(size, header.rings_offset + (uint64_t)slots * 32768);
        assert_ptr_equal(channel_slot_at(&header, slots - 1),
                         (char *)&header + header.slots_offset +
                             (slots - 1) * sizeof(struct channel_slot));
        assert_ptr_equal(channel_ring_at(&header, slots - 1), (uint8_t *)&header + size - 32768);
        assert_true(channel_valid(&header, size));
    }
}

static void header_of_another_kind_is_refused(void **state)
{
    (void)state;
    struct channel_header good, bad;
    uint64_t size = make(&good, 16, 4096);
    assert_true(channel_valid(&good, size));
    assert_false(channel_valid(&good, size - 1));
    assert_false(channel_valid(&good, size + 4096));
    assert_false(channel_valid(&good, sizeof good - 1));
    assert_false(channel_valid(&good, 0));
#define WITH(field, value)                                                                         \
    bad = good;                                                                                    \
    bad.field = (value);                                                                           \
    assert_false(channel_valid(&bad, size))
    WITH(magic, good.magic + 1);
    WITH(abi_version, good.abi_version + 1);
    WITH(abi_version, 0);
    WITH(segment_size, size + 1);
    WITH(ring_size, 0);
    WITH(ring_size, 4095);
    WITH(ring_size, 8192);
    WITH(ring_size, 3 * 4096);
    WITH(slot_count, 15);
    WITH(slot_count, good.slot_count + 1);
    WITH(chunk_slots, good.chunk_slots / 2);
    WITH(chunk_slots, 0);
    WITH(slots_offset, 0);
    WITH(rings_offset, good.rings_offset + 4096);
#undef WITH
}

/* Fewer slots with larger rings can make the same size; the offsets still tell. */
static void sizes_that_cancel_out_are_refused(void **state)
{
    (void)state;
    struct channel_header header;
    uint64_t size = make(&header, 64, 4096);
    struct channel_header other;
    make(&other, 32, 8192);
    other.segment_size = size;
    assert_false(channel_valid(&other, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_leaves_room_for_everything),
        cmocka_unit_test(header_of_another_kind_is_refused),
        cmocka_unit_test(sizes_that_cancel_out_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
