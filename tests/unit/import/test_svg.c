/* SPDX-License-Identifier: MIT */
/*
 * test_svg.c - a picture holds its profile, and a damaged one nothing worse than an error.
 */
#include "tests/unit/import/import_fixture.h"

#include "profiler/base/zlib_stream.h"
#include "profiler/import/svg.h"
#include "render/svg_data.h"
#include "render/svg_pack.h"

static struct text picture;

static void draw(const char *text)
{
    assert_int_equal(import_text(text), 0);
    render_flamegraph(&picture, &profile, NULL);
    profile_release(&profile);
    profile_init(&profile);
}

static int forget(void **state)
{
    text_release(&picture);
    return end(state);
}

static const char script[] =
    "app 1/2 1.0: 1000 cpu-clock: \n\t1 f(int) (/bin/x)\n\t2 main (/bin/x)\n\n"
    "app 1/3 1.5: 2000 cpu-clock: \n\t1 g (inlined)\n\t2 main (/bin/x)\n\n"
    "app 1/3 1.4: 4000 cpu-clock: \n\n";

/* The same picture again, byte for byte: nothing was lost. */
static void a_picture_of_a_picture_is_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {script, "a;b 10\na;b-x 5\na;b;c_[k] 10\n[unknown] 3\n",
                                        "x 1\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct text again = TEXT_INIT;
        draw(texts[i]);
        assert_int_equal(import_bytes(picture.data, picture.length), 0);
        render_flamegraph(&again, &profile, NULL);
        assert_string_equal(again.data, picture.data);
        text_release(&again);
        text_release(&picture);
        profile_release(&profile);
        profile_init(&profile);
    }
}

static void threads_and_times_come_back(void **state)
{
    (void)state;
    draw(script);
    assert_int_equal(import_bytes(picture.data, picture.length), 0);
    assert_int_equal(profile.thread_count, 2);
    assert_int_equal(profile.threads[1].tid, 3);
    assert_int_equal(profile.sample_count, 3);
    assert_int_equal(profile.samples[2].time_ns - profile.samples[1].time_ns, 100000000);
    assert_collapsed("[incomplete: no stack recorded] 4000\nmain;f(int) 1000\nmain;g 2000\n");
}

static void an_svg_of_somebody_else_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(import_text("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), -1);
    assert_non_null(strstr(error.text, "it holds no data of prof"));
}

/* Reads the data as they are, damaged before they were compressed: zlib's checksum would find it.
 */
static void read_data(const struct text *data)
{
    struct text compressed = TEXT_INIT, svg = TEXT_INIT;
    zlib_stream_append(&compressed, data->data, data->length);
    text_append_string(&svg, "<svg>");
    svg_pack_append_elements(&svg, &compressed);
    if (import_bytes(svg.data, svg.length) == 0) {
        // what was accepted can be shown
        struct text out = TEXT_INIT;
        render_collapsed(&out, &profile);
        render_info(&out, &profile);
        text_release(&out);
    }
    profile_release(&profile);
    profile_init(&profile);
    text_release(&compressed);
    text_release(&svg);
}

static void damaged_data_are_an_error_or_a_profile(void **state)
{
    (void)state;
    assert_int_equal(import_text(script), 0);
    struct call_tree tree;
    struct text data = TEXT_INIT;
    call_tree_build(&tree, &profile);
    svg_data_append(&data, &tree, true);
    call_tree_release(&tree);
    for (size_t i = 0; i < data.length; i++) {
        char byte = data.data[i];
        static const unsigned char changes[] = {0x01, 0x80, 0xff, 0x7f, 0x40};
        for (size_t change = 0; change < sizeof changes; change++) {
            data.data[i] = (char)(byte ^ changes[change]);
            read_data(&data);
        }
        data.data[i] = byte;
    }
    for (size_t length = data.length; data.length > 0; data.length--) {
        (void)length;
        read_data(&data);
    }
    text_release(&data);
}

static void append_section(struct text *data, unsigned kind, const struct text *body)
{
    text_append_varint(data, kind);
    text_append_varint(data, body->length);
    text_append(data, body->data, body->length);
}

/* Few bytes that would be many strings, each like the one before. */
static void names_that_would_fill_the_memory_are_an_error(void **state)
{
    (void)state;
    enum { COUNT = 20000, LONG = 60000 };
    struct text data = TEXT_INIT, body = TEXT_INIT, common = TEXT_INIT, nothing = TEXT_INIT;
    text_append_string(&data, "prof-svg\x02");
    text_append_varint(&common, 0);
    for (int i = 1; i < COUNT; i++)
        text_append_varint(&common, LONG);
    text_append_varint(&body, COUNT);
    text_append_varint(&body, common.length);
    text_append(&body, common.data, common.length);
    for (int i = 0; i < LONG; i++)
        text_append_char(&body, 'x');
    for (int i = 0; i < COUNT; i++)
        text_append_char(&body, '\n');
    append_section(&data, 2, &body);
    text_append_char(&nothing, 0);
    append_section(&data, 1, &nothing);
    append_section(&data, 3, &nothing);
    append_section(&data, 4, &nothing);
    struct text compressed = TEXT_INIT, svg = TEXT_INIT;
    zlib_stream_append(&compressed, data.data, data.length);
    text_append_string(&svg, "<svg>");
    svg_pack_append_elements(&svg, &compressed);
    assert_int_equal(import_bytes(svg.data, svg.length), -1);
    assert_non_null(strstr(error.text, "its names are too long"));
    text_release(&data);
    text_release(&body);
    text_release(&common);
    text_release(&nothing);
    text_release(&compressed);
    text_release(&svg);
}

static void a_cut_off_picture_is_an_error(void **state)
{
    (void)state;
    draw(script);
    const char *data = strstr(picture.data, "prof-data");
    const char *data_end = strstr(data, "</metadata>");
    for (const char *at = data; at + 4 < data_end; at++) // padding is not needed
        assert_int_equal(import_bytes(picture.data, (size_t)(at - picture.data)), -1);
    assert_int_equal(import_bytes(picture.data, (size_t)(data_end - picture.data)), 0);
}

#define PICTURE_TEST(function) cmocka_unit_test_setup_teardown(function, begin, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PICTURE_TEST(a_picture_of_a_picture_is_the_same),
        PICTURE_TEST(threads_and_times_come_back),
        PICTURE_TEST(an_svg_of_somebody_else_is_an_error),
        PICTURE_TEST(damaged_data_are_an_error_or_a_profile),
        PICTURE_TEST(names_that_would_fill_the_memory_are_an_error),
        PICTURE_TEST(a_cut_off_picture_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
