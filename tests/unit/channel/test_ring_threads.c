/* SPDX-License-Identifier: MIT */
/*
 * test_ring_threads.c - a thread writes as fast as it can, another one reads: every record that was
 * committed arrives once, in order and unharmed, and the rest was refused.
 */
#include "profiler/channel/ring.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { SIZE = 1024, MILLISECONDS = 1500 };

struct ends {
    struct channel_slot slot;
    uint8_t ring[SIZE];
    _Atomic bool stop;
    uint32_t committed, refused; /* by the writer, read after it was joined */
};

static uint32_t mix(uint32_t state)
{
    return state * 1664525 + 1013904223;
}

/* Record n: its number, then 0 to 99 bytes that follow from it. */
static void *write_records(void *argument)
{
    struct ends *ends = argument;
    while (!atomic_load_explicit(&ends->stop, memory_order_relaxed)) {
        struct ring_writer w;
        uint32_t number = ends->committed, state = mix(number);
        ring_begin(&w, &ends->slot, ends->ring, SIZE, CHANNEL_SAMPLE);
        ring_put_bytes(&w, &number, sizeof number);
        for (uint32_t left = (state >> 8) % 100; left > 0; left--) {
            state = mix(state);
            ring_put_byte(&w, (uint8_t)(state >> 24));
        }
        if (ring_commit(&w))
            ends->committed++;
        else
            ends->refused++;
    }
    return NULL;
}

/* Checks the record at `bytes` and returns its size with the header; 0 when it is wrong. */
static size_t check_record(const uint8_t *bytes, size_t size, uint32_t expected)
{
    uint32_t header, number, state = mix(expected);
    if (size < CHANNEL_RECORD_HEADER + sizeof number)
        return 0;
    memcpy(&header, bytes, sizeof header);
    memcpy(&number, bytes + CHANNEL_RECORD_HEADER, sizeof number);
    uint32_t length = (state >> 8) % 100;
    if ((uint8_t)header != CHANNEL_SAMPLE || header >> 8 != sizeof number + length ||
        number != expected || size < CHANNEL_RECORD_HEADER + sizeof number + length)
        return 0;
    for (uint32_t i = 0; i < length; i++) {
        state = mix(state);
        if (bytes[CHANNEL_RECORD_HEADER + sizeof number + i] != (uint8_t)(state >> 24))
            return 0;
    }
    return CHANNEL_RECORD_HEADER + sizeof number + length;
}

/* Reads what is there; returns false at the first wrong record. */
static bool read_records(struct ends *ends, uint32_t *next)
{
    uint8_t bytes[SIZE];
    size_t size = ring_peek(&ends->slot, ends->ring, SIZE, bytes), at = 0;
    while (at < size) {
        size_t record = check_record(bytes + at, size - at, *next);
        if (record == 0)
            return false;
        at += record;
        ++*next;
    }
    ring_consume(&ends->slot, size);
    return true;
}

static uint64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void what_one_thread_commits_the_other_reads(void **state)
{
    (void)state;
    struct ends *ends = calloc(1, sizeof *ends);
    pthread_t writer;
    uint32_t next = 0;
    bool good = true;
    assert_int_equal(pthread_create(&writer, NULL, write_records, ends), 0);
    for (uint64_t end = now_ms() + MILLISECONDS; good && now_ms() < end;)
        good = read_records(ends, &next);
    atomic_store(&ends->stop, true);
    pthread_join(writer, NULL);
    if (good)
        good = read_records(ends, &next);
    print_message("%u records, %u refused\n", ends->committed, ends->refused);
    assert_true(good);
    assert_int_equal(next, ends->committed);
    assert_true(ends->committed > 1000);
    assert_true(ends->refused > 0); // the ring was full at times
    free(ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_thread_commits_the_other_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
