/* SPDX-License-Identifier: MIT */
/*
 * test_ring.c - one ring, written and read in turns.
 */
#include "profiler/channel/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 64, MARGIN = 16, MARK = 0xa5 };

/* A ring between margins that nobody may write to. */
struct fixture {
    struct channel_slot slot;
    uint8_t memory[MARGIN + SIZE + MARGIN];
    uint8_t read[SIZE];
};

static uint8_t *ring_of(struct fixture *f)
{
    return f->memory + MARGIN;
}

/* An empty ring whose next byte goes to position `at`. */
static void begin_at(struct fixture *f, uint64_t at)
{
    memset(f, 0, sizeof *f);
    memset(f->memory, MARK, sizeof f->memory);
    atomic_store(&f->slot.head, at);
    atomic_store(&f->slot.tail, at);
}

static void assert_margins(const struct fixture *f)
{
    for (int i = 0; i < MARGIN; i++) {
        assert_int_equal(f->memory[i], MARK);
        assert_int_equal(f->memory[MARGIN + SIZE + i], MARK);
    }
}

static bool put(struct fixture *f, uint8_t kind, size_t size, uint8_t first)
{
    struct ring_writer w;
    ring_begin(&w, &f->slot, ring_of(f), SIZE, kind);
    for (size_t i = 0; i < size; i++)
        ring_put_byte(&w, (uint8_t)(first + i));
    return ring_commit(&w);
}

static size_t peek(struct fixture *f)
{
    return ring_peek(&f->slot, ring_of(f), SIZE, f->read);
}

static void record_comes_out_whole_at_every_offset(void **state)
{
    (void)state;
    struct fixture f;
    // the counter goes on for ever, the ring wraps
    static const uint64_t bases[] = {0, 1ULL << 32, 1ULL << 63};
    for (size_t base = 0; base < 3; base++) {
        for (uint64_t at = 0; at < 2 * SIZE; at++) {
            begin_at(&f, bases[base] + at);
            assert_true(put(&f, CHANNEL_SAMPLE, 40, 7));
            assert_int_equal(peek(&f), 44);
            assert_memory_equal(f.read, ((uint8_t[]){CHANNEL_SAMPLE, 40, 0, 0}), 4);
            for (int i = 0; i < 40; i++)
                assert_int_equal(f.read[4 + i], 7 + i);
            assert_margins(&f);
        }
    }
}

static void nothing_is_visible_before_commit(void **state)
{
    (void)state;
    struct fixture f;
    struct ring_writer w;
    begin_at(&f, 5);
    ring_begin(&w, &f.slot, ring_of(&f), SIZE, CHANNEL_SAMPLE);
    ring_put_varint(&w, 300);
    assert_int_equal(peek(&f), 0);
    assert_true(ring_commit(&w));
    assert_int_equal(peek(&f), 6);
    assert_memory_equal(f.read, ((uint8_t[]){CHANNEL_SAMPLE, 2, 0, 0, 0xac, 0x02}), 6);
}

/* A writer that is begun again, as the handler does for a deferred sample, leaves no trace. */
static void writer_begun_again_replaces_the_record(void **state)
{
    (void)state;
    struct fixture f;
    struct ring_writer w;
    begin_at(&f, 0);
    ring_begin(&w, &f.slot, ring_of(&f), SIZE, CHANNEL_SAMPLE);
    ring_put_bytes(&w, "given up", 8);
    ring_begin(&w, &f.slot, ring_of(&f), SIZE, CHANNEL_DEFERRED_SAMPLE);
    ring_put_byte(&w, 9);
    assert_true(ring_commit(&w));
    assert_int_equal(peek(&f), 5);
    assert_memory_equal(f.read, ((uint8_t[]){CHANNEL_DEFERRED_SAMPLE, 1, 0, 0, 9}), 5);
}

static void ring_drops_whole_record_when_full(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < SIZE; at++) {
        struct fixture f;
        begin_at(&f, at);
        assert_true(put(&f, 1, 40, 0)); // leaves 20
        for (size_t size = 17; size < 3 * SIZE; size++)
            assert_false(put(&f, 2, size, 100));
        assert_int_equal(peek(&f), 44);
        for (int i = 0; i < 40; i++)
            assert_int_equal(f.read[4 + i], i);
        assert_true(put(&f, 3, 16, 50)); // exactly full
        assert_false(put(&f, 4, 0, 0));
        assert_int_equal(peek(&f), SIZE);
        assert_int_equal(f.read[44], 3);
        assert_margins(&f);
    }
}

static void consuming_gives_room_back(void **state)
{
    (void)state;
    struct fixture f;
    begin_at(&f, 60);
    assert_true(put(&f, 1, 10, 0));
    assert_true(put(&f, 2, 30, 0));
    assert_false(put(&f, 3, 30, 0));
    assert_int_equal(peek(&f), 48);
    ring_consume(&f.slot, 14);
    assert_int_equal(peek(&f), 34);
    assert_int_equal(f.read[0], 2);
    assert_false(put(&f, 3, 27, 0));
    assert_true(put(&f, 3, 26, 0));
    ring_consume(&f.slot, peek(&f));
    assert_int_equal(peek(&f), 0);
}

/* The record's size has three bytes. */
static void record_beyond_the_size_field_is_refused(void **state)
{
    (void)state;
    enum { HUGE_RING = 1 << 25 };
    struct fixture f;
    struct ring_writer w;
    uint8_t *ring = malloc(HUGE_RING), *read = malloc(HUGE_RING);
    begin_at(&f, 0);
    ring_begin(&w, &f.slot, ring, HUGE_RING, CHANNEL_SAMPLE);
    for (size_t i = 0; i <= CHANNEL_RECORD_MAX; i++)
        ring_put_byte(&w, 1);
    assert_false(ring_commit(&w));
    ring_begin(&w, &f.slot, ring, HUGE_RING, CHANNEL_SAMPLE);
    for (size_t i = 0; i < CHANNEL_RECORD_MAX; i++)
        ring_put_byte(&w, 1);
    assert_true(ring_commit(&w));
    assert_int_equal(ring_peek(&f.slot, ring, HUGE_RING, read), CHANNEL_RECORD_MAX + 4);
    assert_memory_equal(read, ((uint8_t[]){CHANNEL_SAMPLE, 0xff, 0xff, 0xff}), 4);
    free(ring);
    free(read);
}

/* head and tail lie in memory that the target can overwrite. */
static void impossible_positions_yield_nothing(void **state)
{
    (void)state;
    struct fixture f;
    begin_at(&f, 100);
    atomic_store(&f.slot.head, 100 + SIZE + 1);
    assert_int_equal(peek(&f), 0);
    atomic_store(&f.slot.head, 99);
    assert_int_equal(peek(&f), 0);
    atomic_store(&f.slot.head, 100 + SIZE);
    assert_int_equal(peek(&f), SIZE);
}

static void numbers_are_written_as_varints_and_zigzag(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        uint8_t bytes[10], size;
    } expected[] = {
        {0, {0}, 1},
        {127, {127}, 1},
        {128, {0x80, 1}, 2},
        {UINT64_MAX, {255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, 10},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct fixture f;
        struct ring_writer w;
        begin_at(&f, 0);
        ring_begin(&w, &f.slot, ring_of(&f), SIZE, CHANNEL_SAMPLE);
        ring_put_varint(&w, expected[i].value);
        assert_true(ring_commit(&w));
        assert_int_equal(peek(&f), 4u + expected[i].size);
        assert_memory_equal(f.read + 4, expected[i].bytes, expected[i].size);
    }
    assert_int_equal(ring_zigzag(0), 0);
    assert_int_equal(ring_zigzag(-1), 1);
    assert_int_equal(ring_zigzag(1), 2);
    assert_int_equal(ring_zigzag(INT64_MIN), UINT64_MAX);
    assert_int_equal(ring_zigzag(INT64_MAX), UINT64_MAX - 1);
}

/* By the definition, a byte at a time. */
static size_t encode(uint64_t value, uint8_t bytes[10])
{
    size_t size = 0;
    for (; value > 0x7f; value >>= 7)
        bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    return size;
}

/* Wherever in the ring a number begins, however little room is left: its bytes are those, and what
 * was written before and not read yet is untouched. */
static void numbers_of_every_length_fit_wherever_they_begin(void **state)
{
    (void)state;
    enum { OLD = 30 }; // bytes that wait to be read; then there are 30 more
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t value = (1ULL << bit) | (0x5555555555555555ULL & ((1ULL << bit) - 1));
        uint8_t expected[10];
        size_t size = encode(value, expected);
        for (uint64_t at = 0; at < SIZE; at++) {
            struct fixture f;
            struct ring_writer w;
            begin_at(&f, at);
            assert_true(put(&f, 1, OLD - 4, 100));
            ring_begin(&w, &f.slot, ring_of(&f), SIZE, CHANNEL_SAMPLE);
            size_t filling = SIZE - OLD - 4 - size;
            for (size_t i = 0; i < filling; i++)
                ring_put_byte(&w, 9);
            ring_put_varint(&w, value);
            assert_true(ring_commit(&w));
            assert_int_equal(peek(&f), SIZE);
            for (int i = 0; i < OLD - 4; i++)
                assert_int_equal(f.read[4 + i], 100 + i);
            assert_memory_equal(f.read + OLD + 4 + filling, expected, size);
            assert_margins(&f);

            begin_at(&f, at);
            ring_begin(&w, &f.slot, ring_of(&f), SIZE, CHANNEL_SAMPLE);
            ring_put_varint(&w, value);
            ring_put_varint(&w, value);
            assert_true(ring_commit(&w));
            assert_int_equal(peek(&f), 4 + 2 * size);
            assert_memory_equal(f.read + 4, expected, size);
            assert_memory_equal(f.read + 4 + size, expected, size);
            assert_margins(&f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_comes_out_whole_at_every_offset),
        cmocka_unit_test(nothing_is_visible_before_commit),
        cmocka_unit_test(writer_begun_again_replaces_the_record),
        cmocka_unit_test(ring_drops_whole_record_when_full),
        cmocka_unit_test(consuming_gives_room_back),
        cmocka_unit_test(record_beyond_the_size_field_is_refused),
        cmocka_unit_test(impossible_positions_yield_nothing),
        cmocka_unit_test(numbers_are_written_as_varints_and_zigzag),
        cmocka_unit_test(numbers_of_every_length_fit_wherever_they_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
