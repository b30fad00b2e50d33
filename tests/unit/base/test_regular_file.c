/* SPDX-License-Identifier: MIT */
/*
 * test_regular_file.c - what is no regular file is left alone, not only refused.
 */
#include "profiler/base/mapped_file.h"
#include "profiler/base/regular_file.h"
#include "tests/unit/recording/recording_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cmocka.h>

static const char *write_file(const char *name, const char *text)
{
    const char *path = folder_path(name);
    file_write(path, text, strlen(text));
    return path;
}

static void regular_file_is_opened_through_links_too(void **state)
{
    (void)state;
    char link[512], text[8] = "";
    struct stat status;
    snprintf(link, sizeof link, "%s", folder_path("link"));
    assert_int_equal(symlink(write_file("file", "text"), link), 0);
    int fd = regular_file_open(link, &status, NULL);
    assert_true(fd >= 0);
    assert_int_equal(status.st_size, 4);
    assert_int_equal(read(fd, text, sizeof text), 4);
    assert_string_equal(text, "text");
    close(fd);
}

static void failures_say_what_is_the_matter(void **state)
{
    (void)state;
    struct stat status;
    struct error error;
    struct mapped_file file;
    assert_int_equal(regular_file_open(folder_path("missing"), &status, &error), -1);
    assert_int_equal(error.code, ENOENT);
    assert_int_equal(regular_file_open(folder_path("."), &status, &error), -1);
    assert_non_null(strstr(error.text, "is not a regular file"));
    assert_int_equal(mapped_file_open(&file, "/dev/null", &error), -1);
    assert_string_equal(error.text, "/dev/null is not a regular file");
    const char *secret = write_file("secret", "text");
    assert_int_equal(chmod(secret, 0), 0);
    if (geteuid() != 0) {
        assert_int_equal(regular_file_open(secret, &status, &error), -1);
        assert_int_equal(error.code, EACCES);
    }
}

/* Whoever opens a FIFO lets its other end go on, and some devices begin to work. */
static void what_is_no_regular_file_is_not_even_opened(void **state)
{
    (void)state;
    char event[4096];
    struct mapped_file file;
    const char *path = folder_path("fifo");
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
    assert_int_equal(mapped_file_open(&file, path, NULL), -1);
    assert_int_equal(read(watch, event, sizeof event), -1);
    assert_int_equal(errno, EAGAIN);
    close(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regular_file_is_opened_through_links_too),
        cmocka_unit_test(failures_say_what_is_the_matter),
        cmocka_unit_test(what_is_no_regular_file_is_not_even_opened),
    };
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
