/* SPDX-License-Identifier: MIT */
/*
 * test_function_names.c - what is shown, given what DWARF and the symbol table call a function.
 */
#include "symbolizer/function_names.h"

#include "profiler/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Expectations of NULL are ids of 0. */
static void expect(const char *bare, const char *linkage, const char *symbol, const char *name,
                   const char *linkage_name)
{
    struct string_table strings;
    struct function_names names;
    string_table_init(&strings);
    function_names_init(&names, &strings);
    struct symbol_frame frame = {
        .name = bare ? string_table_add_string(&strings, bare) : 0,
        .linkage_name = linkage ? string_table_add_string(&strings, linkage) : 0,
    };
    function_names_complete(&names, &frame, symbol);
    assert_string_equal(string_table_get(&strings, frame.name), name);
    assert_string_equal(string_table_get(&strings, frame.linkage_name),
                        linkage_name ? linkage_name : "");
    function_names_release(&names);
    string_table_release(&strings);
}

static void mangled_linkage_names_are_shown_demangled(void **state)
{
    (void)state;
    expect("add", "_ZN7counter3addEi", NULL, "counter::add(int)", "_ZN7counter3addEi");
    expect(NULL, "_ZN7counter3addEi", NULL, "counter::add(int)", "_ZN7counter3addEi");
}

static void plain_names_have_no_linkage_name(void **state)
{
    (void)state;
    expect("main", NULL, "main", "main", NULL);
    expect(NULL, "main", NULL, "main", NULL);
}

static void name_in_the_source_beats_a_linkage_name_made_by_hand(void **state)
{
    (void)state;
    expect("fflush", "__GI_fflush", NULL, "fflush", "__GI_fflush");
}

static void stubs_of_mangled_functions_are_demangled(void **state)
{
    (void)state;
    expect(NULL, "_ZN7counter3addEi@plt", NULL, "counter::add(int)@plt", "_ZN7counter3addEi@plt");
    expect(NULL, "puts@plt", NULL, "puts@plt", NULL);
}

static void bare_name_is_completed_by_its_symbol(void **state)
{
    (void)state;
    expect("hidden", NULL, "_ZN12_GLOBAL__N_16hiddenEi", "(anonymous namespace)::hidden(int)",
           "_ZN12_GLOBAL__N_16hiddenEi");
    expect("max<int>", NULL, "_Z3maxIiET_S0_S0_", "int max<int>(int, int)", "_Z3maxIiET_S0_S0_");
    expect("operator()<int>", NULL, "_ZNK1fclIiEEvT_", "void f::operator()<int>(int) const",
           "_ZNK1fclIiEEvT_");
    expect("operator<", NULL, "_ZltRK1aS1_", "operator<(a const&, a const&)", "_ZltRK1aS1_");
}

/* However long they are: a template of many types, in namespaces of long names. */
static void long_names_are_kept_whole(void **state)
{
    enum { TYPES = 900, SPACES = 6, LETTERS = 1000 };
    struct text mangled = TEXT_INIT, plain = TEXT_INIT;
    (void)state;
    text_append_string(&mangled, "_ZN");
    for (int i = 0; i < SPACES; i++) {
        text_printf(&mangled, "%d", LETTERS);
        for (int letter = 0; letter < LETTERS; letter++) {
            text_append_char(&mangled, (char)('a' + i));
            text_append_char(&plain, (char)('a' + i));
        }
        text_append_string(&plain, "::");
    }
    text_append_string(&mangled, "5outerI");
    text_append_string(&plain, "outer<");
    for (int i = 0; i < TYPES; i++) {
        text_append_char(&mangled, 'i');
        text_append_string(&plain, i ? ", int" : "int");
    }
    text_append_string(&mangled, "E3addEi");
    text_append_string(&plain, ">::add(int)");
    assert_true(plain.length > 10000);
    expect(NULL, mangled.data, NULL, plain.data, mangled.data);
    text_release(&mangled);
    text_release(&plain);
}

static void parts_of_a_function_are_called_like_the_whole(void **state)
{
    (void)state;
    expect("hidden", NULL, "_ZL6hiddeni.constprop.0.cold", "hidden(int)", "_ZL6hiddeni");
}

static void symbol_of_another_function_is_not_taken(void **state)
{
    (void)state;
    expect("first", NULL, "_Z6secondi", "first", NULL);
    expect("first", NULL, "first_alias", "first", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mangled_linkage_names_are_shown_demangled),
        cmocka_unit_test(plain_names_have_no_linkage_name),
        cmocka_unit_test(name_in_the_source_beats_a_linkage_name_made_by_hand),
        cmocka_unit_test(stubs_of_mangled_functions_are_demangled),
        cmocka_unit_test(bare_name_is_completed_by_its_symbol),
        cmocka_unit_test(long_names_are_kept_whole),
        cmocka_unit_test(parts_of_a_function_are_called_like_the_whole),
        cmocka_unit_test(symbol_of_another_function_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
