/* SPDX-License-Identifier: MIT */
/*
 * test_message.c - what a message says arrives, and commands nothing.
 */
#include "profiler/cli/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* What a message about that path writes to stderr. */
static void expect(const char *path, const char *expected)
{
    char text[256] = "";
    int file = memfd_create("stderr", MFD_CLOEXEC), before = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    message("cannot read %s: %d", path, 5);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    assert_true(pread(file, text, sizeof text - 1, 0) > 0);
    close(file);
    assert_string_equal(text, expected);
}

static void message_is_a_line_after_the_name(void **state)
{
    (void)state;
    expect("/a/b", "prof: cannot read /a/b: 5\n");
    expect("/tmp/für 日本", "prof: cannot read /tmp/für 日本: 5\n");
}

/* Paths come from recordings, which anybody may have made. */
static void control_characters_are_made_visible(void **state)
{
    (void)state;
    expect("/a\033[2Jb", "prof: cannot read /a\\x1B[2Jb: 5\n");
    expect("a\nprof: all is well", "prof: cannot read a\\x0Aprof: all is well: 5\n");
    expect("a\xc2\x9b", "prof: cannot read a\\xC2\\x9B: 5\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_a_line_after_the_name),
        cmocka_unit_test(control_characters_are_made_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
