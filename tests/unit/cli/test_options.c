/* SPDX-License-Identifier: MIT */
/*
 * test_options.c - command lines against a table with an option of every kind.
 */
#include "profiler/cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct settings {
    bool quiet, loud;
    const char *output;
    uint32_t hz;
    double seconds;
    uint32_t format;
    const char *style;
};

static const char *const formats[] = {"text", "json", "svg", NULL};

static const struct option_spec specs[] = {
    {'q', "quiet", OPTION_FLAG, offsetof(struct settings, quiet), NULL, "", 0, 0, NULL},
    {0, "loud", OPTION_FLAG, offsetof(struct settings, loud), NULL, "", 0, 0, NULL},
    {'o', "output", OPTION_STRING, offsetof(struct settings, output), "FILE", "", 0, 0, NULL},
    {'F', "frequency", OPTION_NUMBER, offsetof(struct settings, hz), "HZ", "", 1, 20000, NULL},
    {'d', "duration", OPTION_DECIMAL, offsetof(struct settings, seconds), "SEC", "", 0.5, 100,
     NULL},
    {'f', "format", OPTION_CHOICE, offsetof(struct settings, format), "FORMAT", "", 0, 0, formats},
    {'C', "colours", OPTION_OPTIONAL, offsetof(struct settings, style), "STYLE", "", 0, 0, NULL},
};

static const struct subcommand subcommand = {
    .name = "test",
    .options = specs,
    .option_count = sizeof specs / sizeof *specs,
};

static struct settings settings;
static struct error error;

enum { MAX_WORDS = 16 };

/* Parses "prof test <line>", words separated by single blanks. */
static int parse(const char *line)
{
    static char buffer[256];
    char *argv[MAX_WORDS] = {(char *)"test"};
    int argc = 1;
    settings = (struct settings){.hz = 997};
    error = (struct error){0};
    strcpy(buffer, line);
    for (char *word = strtok(buffer, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return options_parse(&subcommand, &settings, argc, argv, &error);
}

static void assert_refused(const char *line, const char *says)
{
    int result = parse(line);
    if (result != -1 || !strstr(error.text, says))
        fail_msg("'%s': result %d, says '%s', not '%s'", line, result, error.text, says);
}

static void options_of_each_kind_are_stored(void **state)
{
    (void)state;
    assert_int_equal(parse("-q --loud -o out -F 100 -d 1.5 -f json"), 11);
    assert_true(settings.quiet);
    assert_true(settings.loud);
    assert_string_equal(settings.output, "out");
    assert_int_equal(settings.hz, 100);
    assert_true(settings.seconds > 1.49 && settings.seconds < 1.51);
    assert_int_equal(settings.format, 1);
}

static void forms_of_an_option_mean_the_same(void **state)
{
    (void)state;
    static const char *const lines[] = {"-F 500",          "-F500",          "--frequency 500",
                                        "--frequency=500", "--freq 500",     "-qF 500",
                                        "-F 1 -F 500",     "--frequency=5e2"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_true(parse(lines[i]) > 0);
        assert_int_equal(settings.hz, 500);
    }
}

static void what_is_not_given_stays(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 1);
    assert_int_equal(settings.hz, 997);
    assert_false(settings.quiet);
    assert_null(settings.output);
}

/* The command's own options are its business. */
static void parsing_stops_at_the_command(void **state)
{
    (void)state;
    assert_int_equal(parse("-q ls -o x --loud"), 2);
    assert_true(settings.quiet);
    assert_null(settings.output);
    assert_false(settings.loud);
    assert_int_equal(parse("-q -- -o x"), 3);
    assert_null(settings.output);
    assert_int_equal(parse("--"), 2);
    assert_int_equal(parse("- -q"), 1);
    assert_false(settings.quiet);
}

static void parsing_begins_afresh_each_time(void **state)
{
    (void)state;
    assert_int_equal(parse("-q -F 1 x"), 4);
    assert_int_equal(parse("-F 2 y"), 3);
    assert_int_equal(settings.hz, 2);
    assert_false(settings.quiet);
}

static void numbers_have_limits(void **state)
{
    (void)state;
    assert_true(parse("-F 1") > 0);
    assert_true(parse("-F 20000") > 0);
    assert_refused("-F 0", "between 1 and 20000, not 0");
    assert_refused("-F 20001", "between 1 and 20000");
    assert_refused("-F -5", "between 1 and 20000");
    assert_refused("-F 99999999999999999999", "between 1 and 20000");
    assert_true(parse("-d 0.5") > 0);
    assert_true(parse("-d 100") > 0);
    assert_refused("-d 0.4999", "between 0.5 and 100");
    assert_refused("-d 100.1", "between 0.5 and 100");
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    assert_refused("-F 1.5", "wants a whole number, not '1.5'");
    assert_refused("-F abc", "whole number");
    assert_refused("-F 10x", "whole number");
    assert_refused("--frequency=", "whole number");
    assert_refused("-d abc", "--duration wants a number");
    assert_refused("-d nan", "wants a number");
    assert_refused("-d inf", "wants a number");
    assert_int_equal(settings.hz, 997);
}

static void choices_are_exact(void **state)
{
    (void)state;
    assert_true(parse("-f text") > 0);
    assert_int_equal(settings.format, 0);
    assert_true(parse("-f svg") > 0);
    assert_int_equal(settings.format, 2);
    assert_refused("-f JSON", "--format is one of text, json, svg, not 'JSON'");
    assert_refused("-f js", "one of");
}

/* Only behind an equals sign: what comes after the option may be an argument of its own. */
static void optional_argument_is_joined_to_the_long_form(void **state)
{
    (void)state;
    assert_int_equal(parse("-q"), 2);
    assert_null(settings.style);
    assert_int_equal(parse("-C bright"), 2);
    assert_string_equal(settings.style, "");
    assert_int_equal(parse("--colours bright"), 2);
    assert_string_equal(settings.style, "");
    assert_int_equal(parse("-Cq --colours=bright"), 3);
    assert_string_equal(settings.style, "bright");
    assert_true(settings.quiet);
}

static void unknown_options_are_named(void **state)
{
    (void)state;
    assert_refused("--nothing", "there is no option --nothing");
    assert_refused("-q --nothing x", "--nothing");
    assert_refused("-z", "option -z");
    assert_refused("-qz", "option -z");
}

static void missing_arguments_are_named(void **state)
{
    (void)state;
    assert_refused("-o", "-o wants an argument");
    assert_refused("-q --output", "--output wants an argument");
}

static void help_is_told_apart(void **state)
{
    (void)state;
    assert_int_equal(parse("--help"), 0);
    assert_int_equal(parse("-h"), 0);
    assert_int_equal(parse("-q -h ls"), 0);
    assert_true(parse("ls --help") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_of_each_kind_are_stored),
        cmocka_unit_test(forms_of_an_option_mean_the_same),
        cmocka_unit_test(what_is_not_given_stays),
        cmocka_unit_test(parsing_stops_at_the_command),
        cmocka_unit_test(parsing_begins_afresh_each_time),
        cmocka_unit_test(numbers_have_limits),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(choices_are_exact),
        cmocka_unit_test(optional_argument_is_joined_to_the_long_form),
        cmocka_unit_test(unknown_options_are_named),
        cmocka_unit_test(missing_arguments_are_named),
        cmocka_unit_test(help_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
