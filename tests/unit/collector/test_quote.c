/* SPDX-License-Identifier: MIT */
/*
 * test_quote.c - a command line as one would type it.
 */
#include "profiler/collector/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *arguments;
    size_t size;
    const char *quoted;
} cases[] = {
    {"ls\0-l\0", 6, "ls -l"},
    {"ls\0-l", 5, "ls -l"}, // the last NUL is missing, as in a cut record
    {"a b\0", 4, "'a b'"},
    {"it's\0", 5, "'it'\\''s'"},
    {"\0", 1, "''"},
    {"x\0\0y\0", 5, "x '' y"},
    {"$HOME\0*.c\0a;b\0`d`\0", 18, "'$HOME' '*.c' 'a;b' '`d`'"},
    {"a\nb\0", 4, "'a\nb'"},
    {"--x=1,2:3/4@5%6^7+8_9\0", 22, "--x=1,2:3/4@5%6^7+8_9"},
    {"", 0, ""},
};

static void arguments_are_quoted_where_a_shell_needs_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out = TEXT_INIT;
        quote_arguments(&out, cases[i].arguments, cases[i].size);
        assert_string_equal(out.data ? out.data : "", cases[i].quoted);
        text_release(&out);
    }
}

/* What is there already is separated; one argument at a time gives the same line. */
static void arguments_can_be_added_one_by_one(void **state)
{
    (void)state;
    struct text out = TEXT_INIT;
    quote_arguments(&out, "cp", 2);
    quote_arguments(&out, "my file", 7);
    quote_arguments(&out, "", 1);
    assert_string_equal(out.data, "cp 'my file' ''");
    text_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_quoted_where_a_shell_needs_it),
        cmocka_unit_test(arguments_can_be_added_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
