/* SPDX-License-Identifier: MIT */
/*
 * test_kept_files.c - files of modules are found, and stay at hand when their paths lead elsewhere.
 */
#include "profiler/collector/kept_files.h"
#include "profiler/collector/mapped_module.h"
#include "tests/unit/recording/recording_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *write_file(const char *name, const char *text)
{
    const char *path = folder_path(name);
    file_write(path, text, strlen(text));
    return path;
}

static int open_file(const char *name, const char *text)
{
    int fd = open(write_file(name, text), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void expect_text(const char *path, const char *expected)
{
    char text[64] = "";
    assert_non_null(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof text - 1) >= 0);
    close(fd);
    assert_string_equal(text, expected);
}

static void deleted_file_can_be_opened(void **state)
{
    (void)state;
    struct kept_files files;
    char path[KEPT_FILES_PATH];
    kept_files_init(&files, 4);
    kept_files_add_module(&files, 7, open_file("a", "first"), -1);
    unlink(folder_path("a"));
    expect_text(kept_files_module(&files, 7, path), "first");
    assert_null(kept_files_module(&files, 6, path));
    assert_null(kept_files_root(&files, 7, path));
    kept_files_release(&files);
}

/* A memory file lies on a mount that nobody has open: it is copied, and its end is not the copy's.
 */
static void file_of_another_mount_is_copied(void **state)
{
    (void)state;
    struct kept_files files;
    char path[KEPT_FILES_PATH];
    int fd = memfd_create("original", MFD_CLOEXEC);
    assert_int_equal(write(fd, "in memory", 9), 9);
    kept_files_init(&files, 4);
    kept_files_add_module(&files, 1, dup(fd), -1);
    assert_int_equal(ftruncate(fd, 0), 0);
    close(fd);
    expect_text(kept_files_module(&files, 1, path), "in memory");
    assert_int_equal(files.copied, 9);
    kept_files_release(&files);
}

static void oldest_file_is_dropped_when_full(void **state)
{
    (void)state;
    struct kept_files files;
    char path[KEPT_FILES_PATH];
    kept_files_init(&files, 2);
    for (uint32_t i = 0; i < 5; i++)
        kept_files_add_module(&files, i, open_file("many", "text"), -1);
    assert_int_equal(files.dropped, 3);
    assert_null(kept_files_module(&files, 2, path));
    assert_non_null(kept_files_module(&files, 3, path));
    assert_non_null(kept_files_module(&files, 4, path));
    kept_files_release(&files);
}

static void module_is_looked_for_until_it_is_found_or_given_up(void **state)
{
    (void)state;
    struct kept_files files;
    int looks = 0;
    kept_files_init(&files, 4);
    while (kept_files_want(&files, 100) && looks < 100)
        looks++;
    assert_in_range(looks, 2, 10);
    assert_true(kept_files_want(&files, 3));
    kept_files_add_module(&files, 3, open_file("found", ""), -1);
    assert_false(kept_files_want(&files, 3));
    kept_files_release(&files);
}

/* The map goes on growing after it was opened. */
static void map_has_what_was_written_later(void **state)
{
    (void)state;
    struct kept_files files;
    char path[KEPT_FILES_PATH];
    kept_files_init(&files, 4);
    kept_files_add_names(&files, KEPT_MAP, 42, open_file("map", "1 1 a\n"));
    write_file("map", "1 1 a\n2 1 b\n");
    kept_files_settle_names(&files, 42);
    kept_files_settle_names(&files, 43);
    assert_true(kept_files_has_names(&files, KEPT_MAP, 42));
    assert_false(kept_files_has_names(&files, KEPT_MAP, 43));
    expect_text(kept_files_names(&files, KEPT_MAP, 42, path), "1 1 a\n2 1 b\n");
    kept_files_release(&files);
}

static int open_map_of(uint32_t process)
{
    char name[32];
    snprintf(name, sizeof name, "map%u", process);
    return open_file(name, "1 1 a\n");
}

/* Both kinds, each by its process; the copy can be told from one that was written later. */
static void names_are_kept_by_kind_and_process(void **state)
{
    (void)state;
    struct kept_files files;
    struct stat status;
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
    char path[KEPT_FILES_PATH];
    int fd = memfd_create("elsewhere", MFD_CLOEXEC);
    assert_int_equal(write(fd, "dump of 1", 9), 9);
    assert_int_equal(futimens(fd, times), 0);
    kept_files_init(&files, 4);
    kept_files_add_names(&files, KEPT_MAP, 1, open_file("map", "map of 1"));
    kept_files_add_names(&files, KEPT_DUMP, 1, fd);
    kept_files_add_names(&files, KEPT_DUMP, 2, open_file("dump", "dump of 2"));
    assert_false(kept_files_has_names(&files, KEPT_MAP, 2));
    kept_files_settle_names(&files, 1);
    kept_files_settle_names(&files, 2);
    expect_text(kept_files_names(&files, KEPT_MAP, 1, path), "map of 1");
    expect_text(kept_files_names(&files, KEPT_DUMP, 2, path), "dump of 2");
    assert_null(kept_files_names(&files, KEPT_MAP, 2, path));
    expect_text(kept_files_names(&files, KEPT_DUMP, 1, path), "dump of 1");
    assert_int_equal(files.copied, 9);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mtim.tv_sec, 2000);
    kept_files_release(&files);
}

/* Numbers of processes are used again, and files are named by them. */
static void file_that_was_written_over_is_of_the_last_process(void **state)
{
    (void)state;
    struct kept_files files;
    char path[KEPT_FILES_PATH];
    kept_files_init(&files, 4);
    kept_files_add_names(&files, KEPT_MAP, 1, open_file("map", "first"));
    kept_files_add_names(&files, KEPT_DUMP, 1, open_file("dump", "dump"));
    kept_files_settle_names(&files, 1);
    kept_files_add_names(&files, KEPT_MAP, 2, open_file("map", "second"));
    assert_null(kept_files_names(&files, KEPT_MAP, 1, path));
    expect_text(kept_files_names(&files, KEPT_MAP, 2, path), "second");
    expect_text(kept_files_names(&files, KEPT_DUMP, 1, path), "dump");
    assert_int_equal(files.dropped, 1);
    kept_files_release(&files);
}

/* Each process may have one, and there may be more processes than descriptors. */
static void oldest_map_is_dropped_when_full(void **state)
{
    (void)state;
    struct kept_files files;
    char path[KEPT_FILES_PATH];
    kept_files_init(&files, 4);
    for (uint32_t process = 1; process <= 5; process++)
        kept_files_add_names(&files, KEPT_MAP, process, open_map_of(process));
    kept_files_settle_names(&files, 5);
    assert_int_equal(files.dropped, 3);
    assert_null(kept_files_names(&files, KEPT_MAP, 3, path));
    assert_non_null(kept_files_names(&files, KEPT_MAP, 4, path));
    assert_non_null(kept_files_names(&files, KEPT_MAP, 5, path));
    assert_true(kept_files_has_names(&files, KEPT_MAP, 3)); // it is not looked for again
    kept_files_release(&files);
}

/* One that could not be kept takes nobody's place. */
static void map_that_is_gone_makes_room(void **state)
{
    (void)state;
    struct kept_files files;
    char path[KEPT_FILES_PATH];
    kept_files_init(&files, 4);
    int fd = memfd_create("too large", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, (off_t)1 << 30), 0);
    kept_files_add_names(&files, KEPT_MAP, 1, fd);
    kept_files_settle_names(&files, 1);
    for (uint32_t process = 2; process <= 3; process++)
        kept_files_add_names(&files, KEPT_MAP, process, open_map_of(process));
    assert_int_equal(files.dropped, 0);
    assert_null(kept_files_names(&files, KEPT_MAP, 1, path));
    assert_non_null(kept_files_names(&files, KEPT_MAP, 2, path));
    kept_files_release(&files);
}

static void mark_of_deleted_files_is_no_part_of_the_path(void **state)
{
    (void)state;
    const char *literal = write_file("x (deleted)", "");
    assert_int_equal(mapped_module_path_length("/nowhere/x (deleted)", 20), 10);
    assert_int_equal(mapped_module_path_length("/nowhere/x", 10), 10);
    assert_int_equal(mapped_module_path_length(" (deleted)", 10), 10);
    assert_int_equal(mapped_module_path_length(literal, strlen(literal)), strlen(literal));
}

struct mapped {
    char path[512];
    void *memory;
    struct mapped_module module;
};

static void map_file(struct mapped *mapped, const char *text)
{
    snprintf(mapped->path, sizeof mapped->path, "%s", write_file("mapped", text));
    int fd = open(mapped->path, O_RDONLY | O_CLOEXEC);
    mapped->memory = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(mapped->memory != MAP_FAILED);
    close(fd);
    mapped->module = (struct mapped_module){.pid = getpid(),
                                            .path = mapped->path,
                                            .start = (uintptr_t)mapped->memory,
                                            .end = (uintptr_t)mapped->memory + 4096};
}

static bool is_text(int fd, const char *expected)
{
    char text[64] = "";
    bool same = fd >= 0 && read(fd, text, sizeof text - 1) >= 0 && strcmp(text, expected) == 0;
    if (fd >= 0)
        close(fd);
    return same;
}

static void file_at_the_path_is_taken_when_it_is_the_mapped_one(void **state)
{
    (void)state;
    struct mapped mapped;
    int root;
    map_file(&mapped, "mapped");
    assert_true(is_text(mapped_module_open(&mapped.module, &root), "mapped"));
    assert_int_equal(root, -1);
    munmap(mapped.memory, 1);
}

/* Who may not open map_files gets nothing, which is better than the wrong file. */
static void another_file_at_the_path_is_not_taken(void **state)
{
    (void)state;
    struct mapped mapped;
    int root;
    map_file(&mapped, "mapped");
    unlink(mapped.path);
    write_file("mapped", "another");
    int fd = mapped_module_open(&mapped.module, &root);
    assert_true(fd < 0 || is_text(fd, "mapped"));
    if (geteuid() == 0)
        assert_true(fd >= 0);
    munmap(mapped.memory, 1);
}

static void file_without_the_build_id_is_not_taken(void **state)
{
    (void)state;
    struct mapped_module module = {
        .path = "/bin/sh", .build_id = (const uint8_t *)"\x01\x02\x03", .build_id_size = 3};
    int root;
    assert_int_equal(mapped_module_open(&module, &root), -1);
    module.build_id_size = 0; // with nothing known, the path is all there is
    int fd = mapped_module_open(&module, &root);
    assert_true(fd >= 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deleted_file_can_be_opened),
        cmocka_unit_test(file_of_another_mount_is_copied),
        cmocka_unit_test(oldest_file_is_dropped_when_full),
        cmocka_unit_test(module_is_looked_for_until_it_is_found_or_given_up),
        cmocka_unit_test(map_has_what_was_written_later),
        cmocka_unit_test(names_are_kept_by_kind_and_process),
        cmocka_unit_test(file_that_was_written_over_is_of_the_last_process),
        cmocka_unit_test(oldest_map_is_dropped_when_full),
        cmocka_unit_test(map_that_is_gone_makes_room),
        cmocka_unit_test(mark_of_deleted_files_is_no_part_of_the_path),
        cmocka_unit_test(file_at_the_path_is_taken_when_it_is_the_mapped_one),
        cmocka_unit_test(another_file_at_the_path_is_not_taken),
        cmocka_unit_test(file_without_the_build_id_is_not_taken),
    };
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
