/* SPDX-License-Identifier: MIT */
/*
 * test_names.c - untrusted bytes become visible, shortened and escaped text; figures for people.
 */
#include "tests/unit/render/render_fixture.h"

#include "render/figures.h"
#include "render/labels.h"
#include "render/names.h"

#include <stdio.h>

static void assert_visible(const char *bytes, size_t size, const char *expected)
{
    struct text text = TEXT_INIT;
    name_append_visible(&text, bytes, size);
    assert_string_equal(text.data, expected);
    text_release(&text);
}
#define VISIBLE(bytes, expected) assert_visible(bytes, sizeof bytes - 1, expected)

static void valid_text_stays_as_it_is(void **state)
{
    (void)state;
    VISIBLE("", "");
    VISIBLE("plain name(int)", "plain name(int)");
    VISIBLE("h\u00e9 \u4e2d \U0001f600", "h\u00e9 \u4e2d \U0001f600");
    VISIBLE("\uffff-free \ufffd", "\\xEF\\xBF\\xBF-free \ufffd");
}

static void control_characters_become_visible(void **state)
{
    (void)state;
    VISIBLE("a\0b", "a\\x00b");
    VISIBLE("\n\t\x1b[31m\x7f", "\\x0A\\x09\\x1B[31m\\x7F");
    VISIBLE("\xc2\x85|\xc2\x9f|\xc2\xa0", "\\xC2\\x85|\\xC2\\x9F|\xc2\xa0");
    VISIBLE("\xef\xbf\xbe", "\\xEF\\xBF\\xBE");
}

/* Names are looked at eight bytes at a time. */
static void a_control_character_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const unsigned char odd[] = {0x00, 0x1f, 0x7f, 0x80, 0xff};
    for (size_t at = 0; at < 24; at++) {
        for (size_t i = 0; i < sizeof odd; i++) {
            char name[24], expected[64];
            memset(name, i % 2 ? '~' : ' ', sizeof name);
            snprintf(expected, sizeof expected, "%.*s\\x%02X%.*s", (int)at, name, odd[i],
                     (int)(23 - at), name);
            name[at] = (char)odd[i];
            assert_visible(name, sizeof name, expected);
        }
    }
}

static void bytes_that_are_no_utf8_become_visible_one_by_one(void **state)
{
    (void)state;
    VISIBLE("a\xffz", "a\\xFFz");
    VISIBLE("\xc3", "\\xC3");                            // cut short
    VISIBLE("\xe4\xb8", "\\xE4\\xB8");                   //
    VISIBLE("\xe4\xb8z", "\\xE4\\xB8z");                 //
    VISIBLE("\xc0\xaf", "\\xC0\\xAF");                   // overlong
    VISIBLE("\xe0\x80\xaf", "\\xE0\\x80\\xAF");          //
    VISIBLE("\xf0\x80\x80\xaf", "\\xF0\\x80\\x80\\xAF"); //
    VISIBLE("\xed\xa0\x80", "\\xED\\xA0\\x80");          // a surrogate
    VISIBLE("\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"); // past U+10FFFF
    VISIBLE("\xf4\x8f\xbf\xbd|", "\xf4\x8f\xbf\xbd|");   // the last plane is valid
}

static void characters_that_reorder_text_are_named(void **state)
{
    (void)state;
    VISIBLE("a\u202eb", "a⟨U+202E⟩b");
    VISIBLE("\u202a\u2066\u2069", "⟨U+202A⟩⟨U+2066⟩⟨U+2069⟩");
    VISIBLE("\u2029\u202f\u2065\u206a", "\u2029\u202f\u2065\u206a");
}

static void every_byte_pair_becomes_valid_text(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 65536; pair++) {
        char bytes[2] = {(char)(pair >> 8), (char)pair};
        struct text once = TEXT_INIT, twice = TEXT_INIT;
        name_append_visible(&once, bytes, 2);
        name_append_visible(&twice, once.data, once.length);
        assert_string_equal(once.data, twice.data); // what is visible has nothing left to escape
        assert_int_equal(strlen(once.data), once.length);
        text_release(&once);
        text_release(&twice);
    }
}

static void cutting_does_not_split_a_character(void **state)
{
    (void)state;
    struct text text = TEXT_INIT;
    name_append_visible_cut(&text, "ab\u4e2d", 5, 4);
    assert_string_equal(text.data, "ab…");
    text.length = 0;
    name_append_visible_cut(&text, "ab\u4e2d", 5, 5);
    assert_string_equal(text.data, "ab\u4e2d");
    text_release(&text);
}

static void markup_is_escaped(void **state)
{
    (void)state;
    struct text text = TEXT_INIT;
    const char *name = "</script>&\"]]>'";
    xml_append(&text, name, strlen(name));
    assert_string_equal(text.data, "&lt;/script&gt;&amp;&quot;]]&gt;&#39;");
    text_release(&text);
}

static void wide_and_combining_characters_have_their_cells(void **state)
{
    (void)state;
    assert_int_equal(name_cells("abc", 3), 3);
    assert_int_equal(name_cells("\u4e2d\u6587", 6), 4);
    assert_int_equal(name_cells("e\u0301", 3), 1);
}

static void assert_middle(const char *name, size_t cells, const char *expected)
{
    struct text text = TEXT_INIT;
    text_append(&text, "", 0);
    name_append_cut_middle(&text, name, strlen(name), cells);
    assert_string_equal(text.data, expected);
    assert_true(name_cells(text.data, text.length) <= cells);
    text_release(&text);
}

static void names_are_cut_in_the_middle(void **state)
{
    (void)state;
    assert_middle("abcdefgh", 8, "abcdefgh");
    assert_middle("abcdefgh", 7, "abc…fgh");
    assert_middle("abcdefgh", 4, "ab…h");
    assert_middle("abcdefgh", 1, "…");
    assert_middle("abcdefgh", 0, "");
    assert_middle("\u4e2d\u4e2d\u4e2d\u4e2d", 6, "\u4e2d…\u4e2d");
}

static void assert_label(const char *name, size_t cells, const char *expected)
{
    struct text text = TEXT_INIT;
    text_append(&text, "", 0);
    label_append(&text, name, strlen(name), cells);
    assert_string_equal(text.data, expected);
    text_release(&text);
}

static void labels_lose_the_least_telling_parts_first(void **state)
{
    (void)state;
    const char *name = "void ns::List<int, std::less<int> >::sort(int (*)(int), bool) const";
    assert_label(name, 80, name);
    assert_label(name, 45, "void ns::List<int, std::less<int> >::sort");
    assert_label(name, 30, "void ns::List<…>::sort");
    assert_label(name, 10, "sort");
    assert_label(name, 4, "sort");
    assert_label(name, 3, "so…");
    assert_label(name, 2, "");
}

static void labels_hide_rust_hashes(void **state)
{
    (void)state;
    assert_label("core::fmt::write::h0123456789abcdef", 80, "core::fmt::write");
    assert_label("core::fmt::write::h0123456789abcdeg", 80, "core::fmt::write::h0123456789abcdeg");
    assert_label("<T as core::Trait>::call::h0123456789abcdef", 10, "<…>::call");
    assert_label("<T as core::Trait>::call::h0123456789abcdef", 8, "call");
}

static void labels_know_operators_from_brackets(void **state)
{
    (void)state;
    assert_label("ns::operator<<(std::ostream&, ns::Row const&)", 20, "ns::operator<<");
    assert_label("ns::Function::operator()(int, long) const", 26, "ns::Function::operator()");
    assert_label("ns::Function::operator()(int, long) const", 12, "operator()");
    assert_label("ns::It::operator->() const", 12, "operator->");
    assert_label("operator new(unsigned long)", 14, "operator new");
    assert_label("bool std::operator< <char, std::a<char> >(int)", 14, "operator< <…>");
    assert_label("ns::Row& ns::operator<< <ns::Row>(ns::Row&)", 15, "operator<< <…>");
    assert_label("my_operator<int>(int)", 15, "my_operator<…>");
}

static void labels_keep_names_whose_brackets_do_not_match(void **state)
{
    (void)state;
    assert_label("f(int", 4, "f(i…");
    assert_label("a<b", 5, "a<b");
    assert_label("(int)", 4, "(in…");
    assert_label("x::y::", 5, "y::");
    assert_label("[incomplete: no unwind information]", 14, "[incomplete: …");
    assert_label("(anonymous namespace)::f(int, int, int)", 26, "(anonymous namespace)::f");
    assert_label("((f(int)", 4, "((f");
    // no more is looked for than names have that somebody has written
    assert_label("((((((((((((((((((((f(int)", 25, "((((((((((((((((((((f(in…");
}

#define FIGURE(function, expected, ...)                                                            \
    do {                                                                                           \
        struct text figure = TEXT_INIT;                                                            \
        function(&figure, __VA_ARGS__);                                                            \
        assert_string_equal(figure.data, expected);                                                \
        text_release(&figure);                                                                     \
    } while (0)

static void figures_are_for_people(void **state)
{
    (void)state;
    FIGURE(figure_append_count, "0", 0);
    FIGURE(figure_append_count, "999", 999);
    FIGURE(figure_append_count, "1,000", 1000);
    FIGURE(figure_append_count, "18,446,744,073,709,551,615", UINT64_MAX);
    FIGURE(figure_append_counted, "1 thread", 1, "thread");
    FIGURE(figure_append_counted, "0 threads", 0, "thread");
    FIGURE(figure_append_duration, "0 s", 0);
    FIGURE(figure_append_duration, "15 µs", 15000);
    FIGURE(figure_append_duration, "1.0 ms", 999999);
    FIGURE(figure_append_duration, "830 ms", 830000000);
    FIGURE(figure_append_duration, "1.00 s", 999999999);
    FIGURE(figure_append_duration, "12.31 s", 12310000000);
    FIGURE(figure_append_duration, "123.4 s", 123400000000);
    FIGURE(figure_append_duration, "12,345 s", 12345000000000);
    FIGURE(figure_append_share, "0.0 %", 0, 0);
    FIGURE(figure_append_share, "99.9 %", 9999999, 10000000);
    FIGURE(figure_append_share, "100.0 %", 7, 7);
    FIGURE(figure_append_share, "100.4 %", 1004, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_text_stays_as_it_is),
        cmocka_unit_test(control_characters_become_visible),
        cmocka_unit_test(a_control_character_is_found_wherever_it_stands),
        cmocka_unit_test(bytes_that_are_no_utf8_become_visible_one_by_one),
        cmocka_unit_test(characters_that_reorder_text_are_named),
        cmocka_unit_test(every_byte_pair_becomes_valid_text),
        cmocka_unit_test(cutting_does_not_split_a_character),
        cmocka_unit_test(markup_is_escaped),
        cmocka_unit_test(wide_and_combining_characters_have_their_cells),
        cmocka_unit_test(names_are_cut_in_the_middle),
        cmocka_unit_test(labels_lose_the_least_telling_parts_first),
        cmocka_unit_test(labels_hide_rust_hashes),
        cmocka_unit_test(labels_know_operators_from_brackets),
        cmocka_unit_test(labels_keep_names_whose_brackets_do_not_match),
        cmocka_unit_test(figures_are_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
