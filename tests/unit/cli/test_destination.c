/* SPDX-License-Identifier: MIT */
/*
 * test_destination.c - names with patterns, and files that appear whole or not at all.
 */
#include "profiler/cli/destination.h"
#include "tests/unit/recording/recording_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct text text_of(const char *string)
{
    struct text text = TEXT_INIT;
    text_append_string(&text, string);
    return text;
}

static int write_to(const char *path, const char *string, struct error *error)
{
    struct text text = text_of(string);
    int result = destination_write(path, &text, error);
    text_release(&text);
    return result;
}

static void assert_contents(const char *path, const char *expected)
{
    struct text found = TEXT_INIT;
    text_append_string(&found, "");
    file_read(path, &found);
    assert_int_equal(found.length, strlen(expected));
    assert_memory_equal(found.data, expected, found.length);
    text_release(&found);
}

/* Entries of the test's folder: no temporary file is left behind. */
static unsigned count_files(void)
{
    unsigned count = 0;
    DIR *all = opendir(folder_path(""));
    for (struct dirent *entry; (entry = readdir(all));)
        count += entry->d_name[0] != '.';
    closedir(all);
    return count;
}

static void assert_expands(const char *pattern, const char *expected)
{
    char *name = destination_expand(pattern, 4711);
    assert_string_equal(name, expected);
    free(name);
}

static void patterns_are_expanded(void **state)
{
    (void)state;
    assert_expands("plain", "plain");
    assert_expands("", "");
    assert_expands("%p", "4711");
    assert_expands("a-%p-%p.svg", "a-4711-4711.svg");
    assert_expands("100%%", "100%");
    assert_expands("%%p", "%p");
    assert_expands("%x%", "%x%");
    assert_expands("%", "%");
}

static void counter_takes_the_first_free_number(void **state)
{
    (void)state;
    char pattern[256], expected[256];
    snprintf(pattern, sizeof pattern, "%s", folder_path("run-%n"));
    assert_expands(pattern, folder_path("run-1"));
    file_write(folder_path("run-1"), "", 0);
    file_write(folder_path("run-2"), "", 0);
    file_write(folder_path("run-4"), "", 0);
    assert_expands(pattern, folder_path("run-3"));
    snprintf(expected, sizeof expected, "%s", folder_path("p4711-1"));
    snprintf(pattern, sizeof pattern, "%s", folder_path("p%p-%n"));
    assert_expands(pattern, expected);
    // "%%n" is no counter: the name is taken as it is, there or not
    file_write(folder_path("%n"), "", 0);
    snprintf(pattern, sizeof pattern, "%s", folder_path("%%n"));
    assert_expands(pattern, folder_path("%n"));
}

static void file_is_written_and_replaced_whole(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", folder_path("out"));
    assert_int_equal(write_to(path, "first version", NULL), 0);
    assert_contents(path, "first version");
    int reader = open(path, O_RDONLY);
    assert_int_equal(write_to(path, "second", NULL), 0);
    assert_contents(path, "second");
    char old[32] = "";
    assert_int_equal(read(reader, old, sizeof old - 1), 13); // who had it open still has it all
    assert_string_equal(old, "first version");
    close(reader);
    assert_int_equal(write_to(path, "", NULL), 0);
    assert_contents(path, "");
    assert_int_equal(count_files(), 1);
}

static void file_gets_the_permissions_of_the_umask(void **state)
{
    (void)state;
    struct stat status;
    mode_t before = umask(027);
    assert_int_equal(write_to(folder_path("out"), "x", NULL), 0);
    umask(before);
    assert_int_equal(stat(folder_path("out"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

static void what_cannot_be_written_is_said(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(write_to(folder_path("missing/out"), "x", &error), -1);
    assert_int_equal(error.code, ENOENT);
    assert_non_null(strstr(error.text, "missing/out"));
    assert_int_equal(write_to(folder_path(""), "x", &error), -1);
    assert_int_equal(error.code, EISDIR);
    assert_int_equal(write_to("/dev/full", "x", &error), -1);
    assert_int_equal(error.code, ENOSPC);
    assert_non_null(strstr(error.text, "/dev/full"));
    assert_int_equal(count_files(), 0);
}

/* No room for the whole of it: the old file stays, nothing is left beside it. */
static void failed_write_keeps_the_file_before(void **state)
{
    (void)state;
    struct error error = {0};
    struct rlimit before, small;
    struct text large = TEXT_INIT;
    char path[256];
    snprintf(path, sizeof path, "%s", folder_path("out"));
    file_write(path, "before", 6);
    for (int i = 0; i < 10000; i++)
        text_append_string(&large, "after");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 20000;
    setrlimit(RLIMIT_FSIZE, &small);
    int result = destination_write(path, &large, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    text_release(&large);
    assert_int_equal(result, -1);
    assert_int_equal(error.code, EFBIG);
    assert_contents(path, "before");
    assert_int_equal(count_files(), 1);
}

/* Somebody has guessed the name of the temporary file and put a link there. */
static void link_in_the_way_is_not_followed(void **state)
{
    (void)state;
    struct error error = {0};
    char path[256], victim[256], temporary[300];
    snprintf(path, sizeof path, "%s", folder_path("out"));
    snprintf(victim, sizeof victim, "%s", folder_path("victim"));
    snprintf(temporary, sizeof temporary, "%s.%d.tmp", path, (int)getpid());
    file_write(victim, "precious", 8);
    assert_int_equal(symlink(victim, temporary), 0);
    assert_int_equal(write_to(path, "other", &error), -1);
    assert_int_equal(error.code, EEXIST);
    assert_contents(victim, "precious");
}

static void *read_fifo(void *path)
{
    static char bytes[64];
    int fd = open(path, O_RDONLY);
    size_t size = 0;
    for (ssize_t got; (got = read(fd, bytes + size, sizeof bytes - 1 - size)) > 0;)
        size += (size_t)got;
    close(fd);
    bytes[size] = '\0';
    return bytes;
}

static void fifo_is_written_to_and_not_replaced(void **state)
{
    (void)state;
    char path[256];
    struct stat status;
    pthread_t reader;
    void *received;
    snprintf(path, sizeof path, "%s", folder_path("fifo"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_fifo, path), 0);
    assert_int_equal(write_to(path, "through the pipe", NULL), 0);
    pthread_join(reader, &received);
    assert_string_equal(received, "through the pipe");
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
}

static void dash_is_standard_output(void **state)
{
    (void)state;
    struct error error = {0};
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    int out = open(folder_path("stdout"), O_WRONLY | O_CREAT, 0600);
    int full = open("/dev/full", O_WRONLY);
    dup2(out, STDOUT_FILENO);
    int result = write_to("-", "to the screen", &error);
    dup2(full, STDOUT_FILENO);
    int on_full = write_to("-", "x", &error);
    dup2(kept, STDOUT_FILENO);
    close(out);
    close(full);
    close(kept);
    assert_int_equal(result, 0);
    assert_contents(folder_path("stdout"), "to the screen");
    assert_int_equal(on_full, -1);
    assert_int_equal(error.code, ENOSPC);
    assert_non_null(strstr(error.text, "standard output"));
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_begin, folder_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(patterns_are_expanded),
        FOLDER_TEST(counter_takes_the_first_free_number),
        FOLDER_TEST(file_is_written_and_replaced_whole),
        FOLDER_TEST(file_gets_the_permissions_of_the_umask),
        FOLDER_TEST(what_cannot_be_written_is_said),
        FOLDER_TEST(failed_write_keeps_the_file_before),
        FOLDER_TEST(link_in_the_way_is_not_followed),
        FOLDER_TEST(fifo_is_written_to_and_not_replaced),
        FOLDER_TEST(dash_is_standard_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
