/* SPDX-License-Identifier: MIT */
/*
 * test_flamegraph.c - the SVG document: what is drawn, what is embedded, what stays outside.
 */
#include "tests/unit/render/render_fixture.h"

#include "profiler/base/bytes.h"
#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "render/svg_data.h"
#include "render/svg_pack.h"
#include "render/svg_static.h"
#include "render/views.h"

#include <stdlib.h>
#include <time.h>
#include <zlib.h>

static struct profile profile;
static struct call_tree tree;
static struct svg_frames frames;
static struct box_classes classes;
static struct text out;

static int end(void **state)
{
    (void)state;
    svg_frames_release(&frames);
    box_classes_release(&classes);
    call_tree_release(&tree);
    profile_release(&profile);
    text_release(&out);
    return 0;
}

static void fold(const char *stacks)
{
    profile_of(&profile, stacks);
    call_tree_build(&tree, &profile);
}

static void draw(const char *stacks)
{
    fold(stacks);
    box_classes_build(&classes, &tree, PALETTE_KIND);
    svg_frames_build(&frames, &tree, &classes, &(struct svg_frames_options){.width = 1000});
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static void boxes_lie_where_the_self_time_before_them_ends(void **state)
{
    (void)state;
    draw("a 100\na;b 300\na;c 400\nd 200\n");
    assert_int_equal(frames.rows, 3);
    // all: 0-1000, a: 0-800, b: 100-400, c: 400-800, d: 800-1000; the root is in the lowest row
    assert_non_null(strstr(frames.body.data, "x=\"0.0\" y=\"36\" width=\"999.2\""));
    assert_non_null(strstr(frames.body.data, "x=\"0.0\" y=\"18\" width=\"799.2\""));
    assert_non_null(strstr(frames.body.data, "x=\"100.0\" y=\"0\" width=\"299.2\""));
    assert_non_null(strstr(frames.body.data, "x=\"400.0\" y=\"0\" width=\"399.2\""));
    assert_non_null(strstr(frames.body.data, "x=\"800.0\" y=\"18\" width=\"199.2\""));
    assert_int_equal(count_of(frames.body.data, "<g>"), 5);
}

static void narrow_boxes_share_a_path_and_hidden_ones_leave_a_trace(void **state)
{
    (void)state;
    // 10 pixels for b: a path; c, d and e with 0.4 pixels each: one run of 1.2
    draw("a 98880\na;b 1000\na;c 40\na;d 40\na;e 40\n");
    assert_int_equal(count_of(frames.body.data, "<g>"), 2);
    assert_non_null(strstr(frames.body.data, "M988.8 0h9.2v17h-9.2z"));
    assert_non_null(strstr(frames.body.data, "<path class=\"rest\" d=\"M998.8 0h1.2v17h-1.2z\"/>"));
}

static void a_box_is_a_pixel_wide_at_least(void **state)
{
    (void)state;
    draw("a 99940\na;b 60\n");
    assert_non_null(strstr(frames.body.data, "M999.4 0h1.0v17h-1.0z"));
}

static void boxes_are_limited_by_raising_the_width(void **state)
{
    (void)state;
    struct text stacks = TEXT_INIT;
    for (int i = 0; i < 900; i++)
        for (int depth = 0; depth < 4; depth++)
            text_printf(&stacks, "f%d;g;h;i;j %d\n", i, i < 300 ? 2 : 1);
    draw(stacks.data);
    text_release(&stacks);
    unsigned boxes = count_of(frames.body.data, "z") + count_of(frames.body.data, "<rect");
    assert_true(boxes > 300 * 5 && boxes < SVG_BOXES_MAX);
    assert_non_null(strstr(frames.body.data, "class=\"rest\""));
}

static void inlined_boxes_are_marked(void **state)
{
    (void)state;
    draw("a;b\x1f\x1f\x1f\x1fi 10\n");
    assert_true(frames.inlined);
    assert_non_null(strstr(frames.body.data, "<path class=\"inlined\" d=\"M1.0 1v15\"/>"));
}

static void an_empty_profile_is_a_document(void **state)
{
    (void)state;
    profile_of(&profile, "");
    render_flamegraph(&out, &profile, NULL);
    assert_non_null(strstr(out.data, ">all\n0 s CPU"));
    assert_string_equal(out.data + out.length - 7, "</svg>\n");
}

static void the_same_profile_gives_the_same_bytes(void **state)
{
    (void)state;
    profile_of(&profile, "a;b 10\na;c 5\n");
    struct text again = TEXT_INIT;
    render_flamegraph(&out, &profile, NULL);
    render_flamegraph(&again, &profile, NULL);
    assert_string_equal(out.data, again.data);
    text_release(&again);
}

static void another_profile_has_another_id(void **state)
{
    (void)state;
    profile_of(&profile, "a;b 10\n");
    render_flamegraph(&out, &profile, NULL);
    profile_release(&profile);
    profile_of(&profile, "a;b 11\n");
    struct text other = TEXT_INIT;
    render_flamegraph(&other, &profile, NULL);
    const char *id = strstr(out.data, "id=\"pf-");
    assert_non_null(id);
    assert_memory_not_equal(id, strstr(other.data, "id=\"pf-"), 13);
    text_release(&other);
}

static void the_picture_comes_first_and_the_script_last(void **state)
{
    (void)state;
    static const char *const parts[] = {"<svg ",
                                        "<title id=\"pf-",
                                        "<desc id=\"pf-",
                                        "<style>",
                                        "<g class=\"static\">",
                                        "<g class=\"frames\"",
                                        "<g class=\"legend\">",
                                        "<metadata class=\"prof-data\">",
                                        "<script>"};
    profile_of(&profile, "a;b 10\na;c 30\n");
    render_flamegraph(&out, &profile, NULL);
    const char *at = out.data;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        at = strstr(at, parts[i]);
        assert_non_null(at);
        at += strlen(parts[i]);
        assert_null(i ? strstr(at, parts[i]) : NULL);
    }
    assert_int_equal(count_of(out.data, " id=\""), count_of(out.data, " id=\"pf-"));
    assert_null(strstr(out.data, "<!DOCTYPE"));
}

static void the_hottest_functions_are_told_in_words(void **state)
{
    (void)state;
    profile_of(&profile, "a;b 10\na;c 30\na 20\nd;c 30\ne 3\nf 4\ng 2\nh 1\n");
    render_flamegraph(&out, &profile, NULL);
    assert_non_null(strstr(out.data, "Hottest functions: c 60.0 %; a 20.0 %; b 10.0 %; f 4.0 %; "
                                     "e 3.0 %</desc>"));
}

static void titles_are_chosen_or_the_command(void **state)
{
    (void)state;
    profile_of(&profile, "a 1\n");
    render_flamegraph(&out, &profile, NULL);
    assert_non_null(strstr(out.data, "-title\">app --work</title>"));
    out.length = 0;
    render_flamegraph(&out, &profile,
                      &(struct flamegraph_options){.title = "<b>\x01", .subtitle = "one & only"});
    assert_non_null(strstr(out.data, "-title\">&lt;b&gt;\\x01</title>"));
    assert_non_null(strstr(out.data, ">one &amp; only</text>"));
}

static size_t length_of_line(const char *class)
{
    const char *at = strstr(out.data, class);
    assert_non_null(at);
    at = strchr(at, '>') + 1;
    return strcspn(at, "<");
}

static void the_title_ends_before_the_hint(void **state)
{
    (void)state;
    char title[400] = "";
    memset(title, 'm', sizeof title - 1);
    profile_of(&profile, "a 1\n");
    static const struct {
        double width;
        size_t letters;
        bool hint;
    } cases[] = {{1200, 100, true}, {800, 57, true}, {600, 61, false}, {300, 29, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        out.length = 0;
        render_flamegraph(&out, &profile,
                          &(struct flamegraph_options){
                              .title = title, .subtitle = title, .width = cases[i].width});
        // "…" takes three bytes
        assert_int_equal(length_of_line("class=\"title\""), cases[i].letters + 2);
        assert_true(length_of_line("class=\"figures\"") < cases[i].width / 7);
        assert_int_equal(strstr(out.data, "class=\"hint\"") != NULL, cases[i].hint);
    }
}

static void hostile_names_stay_text(void **state)
{
    (void)state;
    profile_of(&profile, "main;</script>&\"]]><img src=x onerror=alert(1)>\x01\xff\u202e 10\n");
    render_flamegraph(&out, &profile, NULL);
    assert_non_null(strstr(out.data,
                           "&lt;/script&gt;&amp;&quot;]]&gt;&lt;img src=x onerror=alert(1)&gt;"
                           "\\x01\\xFF⟨U+202E⟩"));
    assert_null(strstr(out.data, "<img"));
    assert_int_equal(count_of(out.data, "</script>"), 1);
    assert_int_equal(count_of(out.data, "]]>"), 1);
}

static void the_script_has_no_way_to_run_a_name(void **state)
{
    (void)state;
    static const char *const banned[] = {"innerHTML",          "outerHTML",
                                         "insertAdjacentHTML", "eval(",
                                         "Function(",          "document.write",
                                         "Math.random",        "setTimeout('",
                                         "new Date",           "createContextualFragment",
                                         "DOMParser",          "import("};
    profile_of(&profile, "a 1\n");
    render_flamegraph(&out, &profile, NULL);
    for (size_t i = 0; i < sizeof banned / sizeof *banned; i++)
        assert_null(strstr(out.data, banned[i]));
    assert_null(strstr(out.data, "xlink"));
    assert_int_equal(count_of(out.data, "://"), 3); // namespaces only
}

static void the_script_and_style_are_small(void **state)
{
    (void)state;
    profile_of(&profile, "a 1\n");
    render_flamegraph(&out, &profile, NULL);
    const char *script = strstr(out.data, "<script>");
    assert_true(strlen(script) < 34 * 1024);
    assert_true(out.length < 64 * 1024);
}

static void one_huge_name_is_cut_in_the_picture_and_the_data(void **state)
{
    (void)state;
    struct text stacks = TEXT_INIT;
    for (int i = 0; i < 200000; i++)
        text_append_char(&stacks, (char)('a' + i % 26));
    text_append_string(&stacks, " 1\n");
    profile_of(&profile, stacks.data);
    text_release(&stacks);
    render_flamegraph(&out, &profile, NULL);
    assert_true(out.length < 100000);
    call_tree_build(&tree, &profile);
    struct text data = TEXT_INIT;
    svg_data_append(&data, &tree, false);
    assert_true(data.length > 65536 && data.length < 66000);
    text_release(&data);
}

static struct bytes section_of(const struct text *data, unsigned wanted)
{
    struct bytes all = bytes_of(data->data, data->length);
    assert_memory_equal(bytes_take(&all, 8), "prof-svg", 8);
    assert_int_equal(bytes_varint(&all), SVG_DATA_VERSION);
    while (bytes_left(&all)) {
        uint64_t kind = bytes_varint(&all), size = bytes_varint(&all);
        const uint8_t *at = bytes_take(&all, size);
        assert_non_null(at);
        if (kind == wanted)
            return bytes_of(at, size);
    }
    fail();
    return all;
}

static struct bytes column_of(struct bytes *section)
{
    uint64_t size = bytes_varint(section);
    return bytes_of(bytes_take(section, size), size);
}

static void the_data_hold_every_node_in_order(void **state)
{
    (void)state;
    fold("a 100000\na;b;c 5\na;d 1\n!1;e 2\n");
    struct text data = TEXT_INIT;
    svg_data_append(&data, &tree, false);
    struct bytes nodes = section_of(&data, 4);
    assert_int_equal(bytes_varint(&nodes), tree.node_count - 1);
    struct bytes levels = column_of(&nodes), functions = column_of(&nodes);
    struct bytes self = column_of(&nodes), samples = column_of(&nodes);
    static const unsigned expected_levels[] = {0, 0, 2, 0, 0, 2};
    static const unsigned expected_self[] = {0, 2, 100000, 0, 5, 1};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(bytes_varint(&levels), expected_levels[i]);
        assert_int_equal(bytes_varint(&self), expected_self[i]);
        assert_int_equal(bytes_varint(&samples), expected_self[i] > 0);
        assert_true(bytes_varint(&functions) < tree.function_count);
    }
    assert_false(levels.failed || self.failed || samples.failed || functions.failed);
    assert_int_equal(bytes_left(&levels) + bytes_left(&self), 0);
    text_release(&data);
}

/* A picture of many stacks that all begin with a, and are too many for the size. */
static void render_too_large(struct text *document)
{
    struct text stacks = TEXT_INIT;
    for (int i = 0; i < 20000; i++)
        text_printf(&stacks, "a;b%d;c%d %d\n", i % 7, i, 1 + i % 9);
    profile_of(&profile, stacks.data);
    text_release(&stacks);
    render_flamegraph(document, &profile, &(struct flamegraph_options){.max_size = 100000});
}

static void what_is_left_out_is_no_incomplete_stack(void **state)
{
    (void)state;
    render_too_large(&out);
    assert_non_null(strstr(out.data, "frames left out for the size of the file"));
    assert_non_null(strstr(out.data, ">left out (--max-size)</text>"));
    assert_non_null(strstr(out.data, "</i>left out (--max-size)</span>"));
    assert_non_null(strstr(out.data, "<rect class=\"o"));
    assert_null(strstr(out.data, "incomplete"));
}

static void elements_hold_a_mebibyte_at_most(void **state)
{
    (void)state;
    struct text bytes = TEXT_INIT;
    for (size_t i = 0; i < 786432 + 2; i++)
        text_append_char(&bytes, 'x');
    svg_pack_append_elements(&out, &bytes);
    text_release(&bytes);
    assert_int_equal(count_of(out.data, "<metadata class=\"prof-data\">"), 2);
    assert_int_equal(strcspn(strchr(out.data, '>') + 1, "<"), 1048576);
    assert_non_null(strstr(out.data, ">eHg=</metadata>"));
}

static void deep_stacks_make_a_tall_picture(void **state)
{
    (void)state;
    struct text stacks = TEXT_INIT;
    for (int i = 0; i < 2000; i++)
        text_append_string(&stacks, i ? ";f" : "f");
    text_append_string(&stacks, " 1\n");
    draw(stacks.data);
    text_release(&stacks);
    assert_int_equal(frames.rows, 2001);
}

static void a_large_tree_takes_seconds_at_most(void **state)
{
    (void)state;
    struct text stacks = TEXT_INIT;
    uint64_t seed = 9;
    for (int i = 0; i < 60000; i++) {
        text_append_string(&stacks, "main");
        for (int depth = 0; depth < 10; depth++)
            text_printf(&stacks, ";f%u", (unsigned)(next_random(&seed) % (depth < 3 ? 8 : 20)));
        text_append_string(&stacks, " 1\n");
    }
    profile_of(&profile, stacks.data);
    text_release(&stacks);
    clock_t begin = clock();
    call_tree_build(&tree, &profile);
    assert_true(tree.node_count > 300000);
    render_flamegraph(&out, &profile, NULL);
    // Quadratic work would take minutes; sanitizers and a busy machine stay far below this.
    assert_true(clock() - begin < 30 * CLOCKS_PER_SEC);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(boxes_lie_where_the_self_time_before_them_ends),
        TEST(narrow_boxes_share_a_path_and_hidden_ones_leave_a_trace),
        TEST(a_box_is_a_pixel_wide_at_least),
        TEST(boxes_are_limited_by_raising_the_width),
        TEST(inlined_boxes_are_marked),
        TEST(an_empty_profile_is_a_document),
        TEST(the_same_profile_gives_the_same_bytes),
        TEST(another_profile_has_another_id),
        TEST(the_picture_comes_first_and_the_script_last),
        TEST(the_hottest_functions_are_told_in_words),
        TEST(titles_are_chosen_or_the_command),
        TEST(the_title_ends_before_the_hint),
        TEST(hostile_names_stay_text),
        TEST(the_script_has_no_way_to_run_a_name),
        TEST(the_script_and_style_are_small),
        TEST(one_huge_name_is_cut_in_the_picture_and_the_data),
        TEST(the_data_hold_every_node_in_order),
        TEST(what_is_left_out_is_no_incomplete_stack),
        TEST(elements_hold_a_mebibyte_at_most),
        TEST(deep_stacks_make_a_tall_picture),
        TEST(a_large_tree_takes_seconds_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
