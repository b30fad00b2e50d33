/* SPDX-License-Identifier: MIT */
/*
 * test_demangle.c - linkage names and what they stand for.
 */
#include "symbolizer/demangle.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *name, const char *plain)
{
    struct text text = TEXT_INIT;
    assert_true(demangle(&text, name));
    assert_string_equal(text.data, plain);
    text_release(&text);
}

static void expect_not_mangled(const char *name)
{
    struct text text = TEXT_INIT;
    text_append_string(&text, "before");
    assert_false(demangle(&text, name));
    assert_int_equal(text.length, 6);
    text_release(&text);
}

static void cpp_names_show_their_parameters(void **state)
{
    (void)state;
    expect("_ZN3app5store3putERKSsi", "app::store::put(std::string const&, int)");
    expect("_ZNSt6vectorIiSaIiEE9push_backERKi",
           "std::vector<int, std::allocator<int> >::push_back(int const&)");
    expect("_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()() const");
    expect("_ZN3fooC1Ev", "foo::foo()");
    expect("_Z3addii.cold", "add(int, int) [clone .cold]");
    expect("_Z3addii.constprop.0.isra.0", "add(int, int) [clone .constprop.0] [clone .isra.0]");
}

static void rust_names_lose_their_hash(void **state)
{
    (void)state;
    expect("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad");
    expect("_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h"
           "930b740aa94f1d3aE",
           "<Test + 'static as foo::Bar<Test>>::bar");
    expect("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar");
    expect("_RINvNtC3std3mem8align_ofjE", "std::mem::align_of::<usize>");
}

static void d_names_are_known(void **state)
{
    (void)state;
    expect("_D8demangle4testFaZv", "demangle.test(char)");
}

static void other_names_are_left_alone(void **state)
{
    (void)state;
    expect_not_mangled("main");
    expect_not_mangled("");
    expect_not_mangled("_");
    expect_not_mangled("_Z");
    expect_not_mangled("_ZN3foo");
    expect_not_mangled("_R");
    expect_not_mangled("_Dmain_");
    expect_not_mangled("_GLOBAL__sub_I_x");
}

/* A function whose parameters are p<int, int>, p<that, that>, and so on: each back reference
 * doubles what the one before stands for. */
static char *doubling_name(int count)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct text name = TEXT_INIT;
    text_append_string(&name, "_Z1f1pIiiE");
    for (int i = 0; i < count; i++)
        text_printf(&name, "S_IS%c_S%c_E", digits[i], digits[i]);
    return text_take(&name);
}

static void name_that_would_be_huge_is_left_alone(void **state)
{
    char *small = doubling_name(1), *huge = doubling_name(34);
    (void)state;
    expect(small, "f(p<int, int>, p<p<int, int>, p<int, int> >)");
    expect_not_mangled(huge); // about 2^34 times "int"
    free(small);
    free(huge);
}

/* A back reference to the place `from`, written at `at`: digits are letters, the last one small. */
static void put_back_reference(struct text *name, size_t from)
{
    size_t distance = name->length - from;
    char digits[16];
    int count = 0;
    digits[count++] = (char)('a' + distance % 26);
    for (distance /= 26; distance; distance /= 26)
        digits[count++] = (char)('A' + distance % 26);
    text_append_char(name, 'Q');
    while (count)
        text_append_char(name, digits[--count]);
}

/* A function of D whose parameters are int[int], that[that], and so on. */
static char *doubling_name_of_d(int count)
{
    struct text name = TEXT_INIT;
    text_append_string(&name, "_D1aFHii");
    size_t before = name.length - 3;
    for (int i = 0; i < count; i++) {
        size_t here = name.length;
        text_append_char(&name, 'H');
        put_back_reference(&name, before);
        put_back_reference(&name, before);
        before = here;
    }
    text_append_string(&name, "Zv");
    return text_take(&name);
}

/* What libiberty holds when it is left is lost. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:string_appendn\nleak:dlang_";
}

static void name_of_d_that_would_be_huge_is_left_alone(void **state)
{
    char *small = doubling_name_of_d(1), *large = doubling_name_of_d(12);
    char *huge = doubling_name_of_d(40);
    struct text text = TEXT_INIT;
    (void)state;
    expect(small, "a(int[int], int[int][int[int]])");
    assert_true(demangle(&text, large));
    assert_int_equal(text.length, 81911);
    text_release(&text);
    for (int i = 0; i < 200; i++)
        expect_not_mangled(huge); // about 2^40 times "int"
    free(small);
    free(large);
    free(huge);
}

/* What takes most stack, as long as may be: in a thread, whose stack is as large as usual. */
static void *demangle_deep_names(void *unused)
{
    static const char *const deep[][5] = {
        {"_Z1f", "P", "i", "", ""},
        {"_Z1f", "PF", "i", "E", ""},
        {"_Z1f", "1aI", "i", "E", ""},
        {"_ZN", "1a", "1f", "", "Ev"},
        {"_Z1fIX", "pl", "Li0E", "Li0E", "EEvv"},
        {"_RIC1a", "S", "i", "", "E"},
        {"_R", "Nv", "C1a", "1b", ""},
    };
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        struct text name = TEXT_INIT, plain = TEXT_INIT;
        size_t part = strlen(deep[i][1]) + strlen(deep[i][3]);
        text_append_string(&name, deep[i][0]);
        for (size_t n = 0; n < 8100 / part; n++)
            text_append_string(&name, deep[i][1]);
        text_append_string(&name, deep[i][2]);
        for (size_t n = 0; n < 8100 / part; n++)
            text_append_string(&name, deep[i][3]);
        text_append_string(&name, deep[i][4]);
        demangle(&plain, name.data);
        text_release(&name);
        text_release(&plain);
    }
    return unused;
}

static void deep_names_take_little_stack(void **state)
{
    pthread_attr_t attributes;
    pthread_t thread;
    (void)state;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 4 << 20); // the half of what is usual
    assert_int_equal(pthread_create(&thread, &attributes, demangle_deep_names, NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

static void name_of_many_bytes_is_left_alone(void **state)
{
    struct text name = TEXT_INIT;
    (void)state;
    text_append_string(&name, "_Z");
    for (int i = 0; i < 100000; i++)
        text_append_char(&name, 'P');
    expect_not_mangled(name.data);
    text_release(&name);
}

static void expect_as(const char *style, const char *name, const char *plain)
{
    struct text text = TEXT_INIT;
    bool done = demangle_as(&text, name, demangle_style_of(style));
    assert_int_equal(done, plain != NULL);
    if (plain)
        assert_string_equal(text.data, plain);
    text_release(&text);
}

static void styles_know_one_language_each(void **state)
{
    (void)state;
    expect_as("auto", "_Z3addii", "add(int, int)");
    expect_as("auto", "_D8demangle4testFaZv", "demangle.test(char)");
    expect_as("gnu-v3", "_Z3addii", "add(int, int)");
    expect_as("gnu-v3", "_RNvNtCs1234_7mycrate3foo3bar", NULL);
    expect_as("rust", "_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar");
    expect_as("rust", "_Z3addii", NULL);
    expect_as("dlang", "_D8demangle4testFaZv", "demangle.test(char)");
    expect_as("dlang", "_Z3addii", NULL);
    expect_as("java", "_ZN4java4lang6String6lengthEv", "java.lang.String.length()");
    expect_as("gnat", "ada__calendar__clock", "ada.calendar.clock");
    expect_as("gnu-v3", "._Z3addii@plt", ".add(int, int)@plt");
    expect_as("gnu-v3", "...", NULL);
    expect_as("none", "_Z3addii", NULL);
    assert_int_equal(demangle_style_of("klingon"), DEMANGLE_STYLE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpp_names_show_their_parameters),
        cmocka_unit_test(rust_names_lose_their_hash),
        cmocka_unit_test(d_names_are_known),
        cmocka_unit_test(other_names_are_left_alone),
        cmocka_unit_test(name_that_would_be_huge_is_left_alone),
        cmocka_unit_test(name_of_many_bytes_is_left_alone),
        cmocka_unit_test(deep_names_take_little_stack),
        cmocka_unit_test(styles_know_one_language_each),
        cmocka_unit_test(name_of_d_that_would_be_huge_is_left_alone), // the last: D is left then
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
