/* SPDX-License-Identifier: MIT */
/*
 * test_zlib_stream.c - streams that zlib can read, and reading those of zlib; built with each
 * library.
 */
#include "profiler/base/zlib_stream.h"

#include "profiler/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

/* Numbers in no order, and then phrases that come again. */
static void make(struct text *data, size_t size)
{
    uint64_t seed = 5;
    while (data->length < size) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if (data->length < size / 2)
            text_append_varint(data, seed >> 50);
        else
            text_printf(data, "phrase %u comes again;", (unsigned)(seed >> 56));
    }
}

static void zlib_reads_what_was_compressed(void **state)
{
    (void)state;
    struct text data = TEXT_INIT, compressed = TEXT_INIT;
    make(&data, 1 << 20);
    text_append_string(&compressed, "before");
    zlib_stream_append(&compressed, data.data, data.length);
    assert_memory_equal(compressed.data, "before", 6);
    uLongf size = data.length, alone = compressBound(data.length);
    unsigned char *back = memory_new(alone, 1);
    assert_int_equal(compress2(back, &alone, (Bytef *)data.data, data.length, 6), Z_OK);
    assert_true(compressed.length <= alone + alone / 50);
    assert_int_equal(uncompress(back, &size, (Bytef *)compressed.data + 6, compressed.length - 6),
                     Z_OK);
    assert_int_equal(size, data.length);
    assert_memory_equal(back, data.data, size);
    free(back);
    text_release(&data);
    text_release(&compressed);
}

static void what_does_not_fit_is_not_compressed(void **state)
{
    (void)state;
    struct text data = TEXT_INIT;
    make(&data, 1 << 18);
    unsigned char *room = memory_new(data.length, 1), *back = memory_new(data.length, 1);
    size_t size = zlib_stream_deflate(data.data, data.length, room, data.length);
    uLongf back_size = data.length;
    assert_in_range(size, 1, data.length - 1);
    assert_int_equal(uncompress(back, &back_size, room, size), Z_OK);
    assert_memory_equal(back, data.data, data.length);
    assert_int_equal(zlib_stream_deflate(data.data, data.length, room, size + 64), size);
    assert_int_equal(zlib_stream_deflate(data.data, data.length, room, size / 2), 0);
    assert_int_equal(zlib_stream_deflate(data.data, data.length, room, 1), 0);
    free(room);
    free(back);
    text_release(&data);
}

static void nothing_is_a_stream_too(void **state)
{
    (void)state;
    struct text compressed = TEXT_INIT;
    zlib_stream_append(&compressed, "", 0);
    char room[1];
    assert_int_equal(zlib_stream_inflate(compressed.data, compressed.length, room, 0),
                     compressed.length);
    text_release(&compressed);
}

static void what_follows_a_stream_is_left(void **state)
{
    (void)state;
    struct text data = TEXT_INIT, stream = TEXT_INIT;
    make(&data, 10000);
    zlib_stream_append(&stream, data.data, data.length);
    size_t size = stream.length;
    text_append_string(&stream, "more");
    char *back = memory_new(data.length, 1);
    assert_int_equal(zlib_stream_inflate(stream.data, stream.length, back, data.length), size);
    assert_memory_equal(back, data.data, data.length);
    free(back);
    text_release(&data);
    text_release(&stream);
}

static void streams_of_another_size_or_damaged_are_refused(void **state)
{
    (void)state;
    struct text data = TEXT_INIT, stream = TEXT_INIT;
    make(&data, 10000);
    zlib_stream_append(&stream, data.data, data.length);
    char *back = memory_new(data.length + 1, 1);
    assert_int_equal(zlib_stream_inflate(stream.data, stream.length, back, data.length - 1), 0);
    assert_int_equal(zlib_stream_inflate(stream.data, stream.length, back, data.length + 1), 0);
    for (size_t cut = 0; cut < stream.length; cut += 37)
        assert_int_equal(zlib_stream_inflate(stream.data, cut, back, data.length), 0);
    stream.data[stream.length / 2] ^= 0x10; // the checksum finds what the code does not
    assert_int_equal(zlib_stream_inflate(stream.data, stream.length, back, data.length), 0);
    free(back);
    text_release(&data);
    text_release(&stream);
}

/* The check value of the catalogue of CRCs, for which RFC 1952 has only code. */
static void checksums_are_those_of_gzip(void **state)
{
    (void)state;
    uint32_t first = zlib_stream_crc32(0, "1234", 4);
    assert_int_equal(zlib_stream_crc32(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(zlib_stream_crc32(first, "56789", 5), 0xcbf43926);
    assert_int_equal(zlib_stream_crc32(first, "", 0), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zlib_reads_what_was_compressed),
        cmocka_unit_test(what_does_not_fit_is_not_compressed),
        cmocka_unit_test(nothing_is_a_stream_too),
        cmocka_unit_test(what_follows_a_stream_is_left),
        cmocka_unit_test(streams_of_another_size_or_damaged_are_refused),
        cmocka_unit_test(checksums_are_those_of_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
