/* SPDX-License-Identifier: MIT */
/*
 * test_image.c - what is mapped where over time, and things that go into a recording once.
 */
#include "profiler/collector/image.h"

#include "profiler/base/clock.h"
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

struct fixture {
    struct recording_writer *writer;
    struct stack_table table;
    struct image image;
    struct record_list list; /* of the recording, once it was read */
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    folder_begin(NULL);
    f->writer = recording_writer_create(folder_path("prof.data"), NULL);
    assert_non_null(f->writer);
    stack_table_init(&f->table, f->writer);
    recording_writer_put(f->writer, &(struct recording_record){.kind = RECORDING_SESSION});
    recording_writer_put(f->writer, &(struct recording_record){.kind = RECORDING_PROCESS});
    f->image = (struct image){.pid = getpid(), .pid_known = true, .pidfd = -1};
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    image_release(&f->image);
    stack_table_release(&f->table);
    if (f->writer)
        recording_writer_close(f->writer, NULL);
    record_list_release(&f->list);
    free(f);
    return folder_end(NULL);
}

static uint32_t module(struct fixture *f, const char *path)
{
    return stack_table_module(&f->table, path, strlen(path), RECORDING_MODULE_ELF, NULL, 0);
}

static void load(struct fixture *f, const char *path, uint64_t start, uint64_t end_, uint64_t time)
{
    image_load(&f->image, &f->table,
               &(struct image_mapping){.start = start,
                                       .end = end_,
                                       .bias = start,
                                       .module = module(f, path),
                                       .loaded_ns = time});
}

/* Closes the recording and counts its records of a kind. */
static uint32_t count_records(struct fixture *f, enum recording_kind kind)
{
    if (f->writer) {
        assert_int_equal(recording_writer_close(f->writer, NULL), 0);
        f->writer = NULL;
        record_list_read(&f->list, folder_path("prof.data"), NULL);
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->list.count; i++)
        count += f->list.records[i].kind == kind;
    return count;
}

/* The nth frame of the recording. */
static const struct recording_frame *frame_at(struct fixture *f, uint32_t n)
{
    count_records(f, RECORDING_FRAME);
    for (uint32_t i = 0; i < f->list.count; i++) {
        if (f->list.records[i].kind == RECORDING_FRAME && n-- == 0)
            return &f->list.records[i].frame;
    }
    fail_msg("there is no such frame");
    return NULL;
}

static uint32_t frame(struct fixture *f, uint64_t address, uint64_t time, bool expected)
{
    uint32_t id;
    assert_int_equal(image_frame(&f->image, &f->table, address, true, time, &id), expected);
    return id;
}

static void addresses_become_relative_to_their_module(void **state)
{
    struct fixture *f = *state;
    load(f, "/a", 0x10000, 0x20000, 100);
    load(f, "/b", 0x20000, 0x30000, 100);
    uint32_t first = frame(f, 0x10000, 200, true), last = frame(f, 0x1ffff, 200, true);
    uint32_t other = frame(f, 0x20000, 200, true), outside = frame(f, 0x30000, 200, false);
    assert_int_equal(frame_at(f, first)->module, 0);
    assert_int_equal(frame_at(f, first)->address, 0);
    assert_int_equal(frame_at(f, last)->address, 0xffff);
    assert_int_equal(frame_at(f, other)->module, 1);
    assert_int_equal(frame_at(f, other)->address, 0);
    assert_int_equal(frame_at(f, outside)->module, RECORDING_NONE);
    assert_int_equal(frame_at(f, outside)->address, 0x30000);
}

/* A call at the very end of a module returns to the byte behind it. */
static void return_address_belongs_to_the_module_of_the_call(void **state)
{
    struct fixture *f = *state;
    uint32_t id;
    load(f, "/a", 0x10000, 0x20000, 100);
    load(f, "/b", 0x20000, 0x30000, 100);
    assert_true(image_frame(&f->image, &f->table, 0x20000, false, 200, &id));
    assert_int_equal(frame_at(f, id)->module, 0);
    assert_int_equal(frame_at(f, id)->address, 0x10000);
    assert_int_equal(frame_at(f, id)->flags, RECORDING_FRAME_RETURN);
}

/*
 *     100 load a   200 unload a   300 load b   400 unload b   500 load c, all at one address
 */
static void address_belongs_to_what_was_there_at_the_time(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint64_t time;
        uint32_t module;
    } expected[] = {
        {150, 0}, {200, 0},  {350, 1},
        {550, 2}, {1000, 2}, {50, 0}, // before a load is announced its constructors run
        {250, 1}, {450, 2},
    };
    uint32_t ids[8];
    load(f, "/a", 0x10000, 0x20000, 100);
    image_unload(&f->image, &f->table, 0x10000, 200);
    load(f, "/b", 0x10000, 0x20000, 300);
    image_unload(&f->image, &f->table, 0x10000, 400);
    load(f, "/c", 0x10000, 0x20000, 500);
    for (int i = 0; i < 8; i++)
        ids[i] = frame(f, 0x10800, expected[i].time, true);
    for (int i = 0; i < 8; i++) {
        if (frame_at(f, ids[i])->module != expected[i].module)
            fail_msg("at %d: module %u, not %u", (int)expected[i].time, frame_at(f, ids[i])->module,
                     expected[i].module);
    }
}

static void sample_after_the_unload_finds_nothing(void **state)
{
    struct fixture *f = *state;
    load(f, "/a", 0x10000, 0x20000, 100);
    frame(f, 0x10800, 150, true);
    image_unload(&f->image, &f->table, 0x10000, 200);
    frame(f, 0x10800, 250, false);
    assert_int_equal(count_records(f, RECORDING_MAPPING), 2);
}

/* An unload that was lost: what lies over an older module replaces it. */
static void module_over_others_replaces_them(void **state)
{
    struct fixture *f = *state;
    load(f, "/a", 0x10000, 0x20000, 100);
    load(f, "/b", 0x20000, 0x30000, 100);
    load(f, "/c", 0x40000, 0x50000, 100);
    load(f, "/d", 0x18000, 0x28000, 200);
    assert_int_equal(f->image.live_count, 2);
    assert_int_equal(f->image.gone_count, 2);
    frame(f, 0x10000, 250, false);
    uint32_t d = frame(f, 0x18000, 250, true), a = frame(f, 0x18000, 150, true);
    assert_int_equal(frame_at(f, d)->module, 3);
    assert_int_equal(frame_at(f, a)->module, 0);
}

static void load_that_is_told_twice_counts_once(void **state)
{
    struct fixture *f = *state;
    load(f, "/a", 0x10000, 0x20000, 100);
    load(f, "/a", 0x10000, 0x20000, 200);
    load(f, "/a", 0x10000, 0x10000, 300);             // empty
    image_unload(&f->image, &f->table, 0x99000, 300); // never loaded
    assert_int_equal(f->image.live_count, 1);
    assert_int_equal(count_records(f, RECORDING_MAPPING), 1);
}

static void forked_process_has_its_parents_modules(void **state)
{
    struct fixture *f = *state;
    struct image child = {.pidfd = -1};
    uint32_t id;
    load(f, "/a", 0x10000, 0x20000, 100);
    image_inherit(&child, &f->image);
    image_unload(&f->image, &f->table, 0x10000, 200);
    assert_true(image_frame(&child, &f->table, 0x10800, true, 300, &id));
    assert_int_equal(frame_at(f, id)->module, 0);
    image_release(&child);
}

/* This process itself: a function of this test lies in this test's file. */
static void maps_of_a_process_tell_its_modules(void **state)
{
    struct fixture *f = *state;
    uint64_t here = (uint64_t)(uintptr_t)maps_of_a_process_tell_its_modules;
    uint64_t libc = (uint64_t)(uintptr_t)&getenv;
    char self[512];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self);
    image_read_maps(&f->image, &f->table, 100);
    uint32_t mine = frame(f, here, 200, true);
    frame(f, libc, 200, true);
    uint32_t wanted = stack_table_string(&f->table, self, (size_t)length);
    const struct recording_frame *found = frame_at(f, mine);
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->list.count; i++) {
        if (f->list.records[i].kind == RECORDING_MODULE && n++ == found->module)
            assert_int_equal(f->list.records[i].module.path, wanted);
    }
    assert_true(n > found->module);
}

/* Mapped executable by the compiler, to be noticed; it is no ELF file. */
static void maps_of_a_process_tell_its_jitdump(void **state)
{
    struct fixture *f = *state;
    char path[512];
    snprintf(path, sizeof path, "%s", folder_path("jit-1.dump"));
    FILE *file = fopen(path, "w+");
    assert_non_null(file);
    fputs("JITDUMP", file);
    fflush(file);
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(file), 0);
    assert_true(at != MAP_FAILED);
    image_read_maps(&f->image, &f->table, 100);
    munmap(at, 4096);
    fclose(file);
    uint32_t wanted = stack_table_string(&f->table, path, strlen(path));
    bool told = false;
    assert_true(count_records(f, RECORDING_MAPPING) > 0);
    for (uint32_t i = 0; i < f->list.count; i++) {
        const struct recording_record *record = &f->list.records[i];
        if (record->kind != RECORDING_MAPPING || record->mapping.start != (uint64_t)(uintptr_t)at)
            continue;
        for (uint32_t m = 0, n = 0; m < f->list.count; m++) {
            if (f->list.records[m].kind == RECORDING_MODULE && n++ == record->mapping.module)
                told |= f->list.records[m].module.path == wanted;
        }
    }
    assert_true(told);
}

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void expect_kept(const struct kept_files *files, enum kept_names kind, const char *expected)
{
    char path[KEPT_FILES_PATH], text[32] = "";
    const char *kept = kept_files_names(files, kind, 0, path);
    if (!expected) {
        assert_null(kept);
        return;
    }
    assert_non_null(kept);
    FILE *file = fopen(kept, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, expected);
}

/* It is mapped, so that it is found wherever it is, and kept, as later it may be gone. What others
 * may write is not believed. */
static void jitdump_is_kept_while_it_is_mapped(void **state)
{
    struct fixture *f = *state;
    struct kept_files files;
    char path[512];
    snprintf(path, sizeof path, "%s", folder_path("jit-77.dump"));
    put_file(path, "JITDUMP");
    for (int is_trusted = 0; is_trusted < 2; is_trusted++) {
        assert_int_equal(chmod(path, is_trusted ? 0644 : 0666), 0);
        int fd = open(path, O_RDONLY);
        void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
        assert_true(at != MAP_FAILED);
        close(fd);
        kept_files_init(&files, 4);
        image_release(&f->image);
        f->image = (struct image){.pid = getpid(), .pid_known = true, .pidfd = -1, .files = &files};
        image_read_maps(&f->image, &f->table, 100);
        if (is_trusted)
            unlink(path);
        expect_kept(&files, KEPT_DUMP, is_trusted ? "JITDUMP" : NULL);
        munmap(at, 4096);
        kept_files_release(&files);
    }
}

/* By the number of this process. What was there before it began is somebody else's. */
static void names_are_kept_once_they_are_written(void **state)
{
    struct fixture *f = *state;
    struct kept_files files;
    char map[64], dump[64];
    snprintf(map, sizeof map, "/tmp/perf-%d.map", (int)getpid());
    snprintf(dump, sizeof dump, "jit-%d.dump", (int)getpid());
    kept_files_init(&files, 4);
    f->image.files = &files;
    put_file(map, "map");
    put_file(dump, "dump");
    f->image.start_ns = clock_read_ns(CLOCK_MONOTONIC);
    image_keep_names(&f->image); // has compiled nothing
    expect_kept(&files, KEPT_MAP, NULL);
    f->image.compiles = true;
    f->image.start_ns += 60000000000; // both are older than that
    image_keep_names(&f->image);
    expect_kept(&files, KEPT_MAP, NULL);
    expect_kept(&files, KEPT_DUMP, NULL);
    f->image.start_ns -= 60000000000;
    f->image.superseded = true; // the files are of who came after it
    image_keep_names(&f->image);
    expect_kept(&files, KEPT_MAP, NULL);
    f->image.superseded = false;
    image_keep_names(&f->image);
    unlink(map);
    unlink(dump);
    expect_kept(&files, KEPT_MAP, "map");
    expect_kept(&files, KEPT_DUMP, "dump");
    kept_files_release(&files);
}

/* Its mappings are those of another program by now. */
static void maps_of_a_program_that_was_replaced_are_not_read(void **state)
{
    struct fixture *f = *state;
    f->image.superseded = true;
    image_read_maps(&f->image, &f->table, 100);
    assert_int_equal(f->image.live_count, 0);
}

static void each_thing_is_written_once(void **state)
{
    struct fixture *f = *state;
    struct stack_table *table = &f->table;
    const uint8_t id[2] = {1, 2};
    uint32_t a = stack_table_module(table, "/a", 2, RECORDING_MODULE_ELF, id, 2);
    assert_int_equal(stack_table_module(table, "/a", 2, RECORDING_MODULE_ELF, id, 2), a);
    uint32_t others[] = {
        stack_table_module(table, "/a", 2, RECORDING_MODULE_ELF, id, 1),
        stack_table_module(table, "/a", 2, RECORDING_MODULE_VDSO, id, 2),
        stack_table_module(table, "/b", 2, RECORDING_MODULE_ELF, id, 2),
    };
    for (int i = 0; i < 3; i++)
        assert_int_equal(others[i], a + 1 + (uint32_t)i);
    struct recording_frame frame_ = {.module = a, .flags = 0, .address = 0x10};
    uint32_t f0 = stack_table_frame(table, &frame_);
    assert_int_equal(stack_table_frame(table, &frame_), f0);
    frame_.flags = RECORDING_FRAME_RETURN;
    uint32_t f1 = stack_table_frame(table, &frame_);
    frame_.module = RECORDING_NONE;
    uint32_t f2 = stack_table_frame(table, &frame_);
    assert_true(f0 != f1 && f1 != f2);
    uint32_t outer = stack_table_stack(table, RECORDING_NONE, f1);
    uint32_t inner = stack_table_stack(table, outer, f0);
    assert_int_equal(stack_table_stack(table, RECORDING_NONE, f1), outer);
    assert_int_equal(stack_table_stack(table, outer, f0), inner);
    assert_true(stack_table_stack(table, inner, f0) != inner);
    assert_int_equal(count_records(f, RECORDING_MODULE), 4);
    assert_int_equal(count_records(f, RECORDING_STRING), 2); // /a and /b
    assert_int_equal(count_records(f, RECORDING_FRAME), 3);
    assert_int_equal(count_records(f, RECORDING_STACK), 3);
}

#define IMAGE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMAGE_TEST(addresses_become_relative_to_their_module),
        IMAGE_TEST(return_address_belongs_to_the_module_of_the_call),
        IMAGE_TEST(address_belongs_to_what_was_there_at_the_time),
        IMAGE_TEST(sample_after_the_unload_finds_nothing),
        IMAGE_TEST(module_over_others_replaces_them),
        IMAGE_TEST(load_that_is_told_twice_counts_once),
        IMAGE_TEST(forked_process_has_its_parents_modules),
        IMAGE_TEST(maps_of_a_process_tell_its_modules),
        IMAGE_TEST(maps_of_a_process_tell_its_jitdump),
        IMAGE_TEST(jitdump_is_kept_while_it_is_mapped),
        IMAGE_TEST(names_are_kept_once_they_are_written),
        IMAGE_TEST(maps_of_a_program_that_was_replaced_are_not_read),
        IMAGE_TEST(each_thing_is_written_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
