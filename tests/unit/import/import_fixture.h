/* SPDX-License-Identifier: MIT */
/*
 * import_fixture.h - what the tests of the readers share.
 */
#ifndef PROF_TESTS_IMPORT_FIXTURE_H
#define PROF_TESTS_IMPORT_FIXTURE_H

#include "profiler/import/import.h"
#include "render/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> // needs what is above

static struct profile profile;
static struct import_notes notes;
static struct error error;

static inline int begin(void **state)
{
    (void)state;
    profile_init(&profile);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    profile_release(&profile);
    return 0;
}

/* Reads bytes of exactly this size: what is behind them is not there for the sanitizer either. */
static inline int import_bytes(const char *bytes, size_t size)
{
    char *copy = calloc(1, size ? size : 1);
    memcpy(copy, bytes, size);
    int result = import_profile(&profile, copy, size, "input", &notes, &error);
    free(copy);
    return result;
}

static inline int import_text(const char *text)
{
    return import_bytes(text, strlen(text));
}

static inline void assert_collapsed(const char *expected)
{
    struct text out = TEXT_INIT;
    render_collapsed(&out, &profile);
    assert_string_equal(out.data ? out.data : "", expected);
    text_release(&out);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

#endif
