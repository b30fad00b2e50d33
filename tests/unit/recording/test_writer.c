/* SPDX-License-Identifier: MIT */
/*
 * test_writer.c - what becomes of records and of the files that are there already.
 */
#include "profiler/recording/writer.h"

#include "profiler/recording/codec.h"
#include "profiler/recording/reader.h"
#include "tests/unit/recording/recording_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void put_session(struct recording_writer *writer)
{
    recording_writer_put(writer, &(struct recording_record){.kind = RECORDING_SESSION});
}

static void put_string(struct recording_writer *writer, const char *bytes, size_t size)
{
    recording_writer_put(writer, &(struct recording_record){
                                     .kind = RECORDING_STRING,
                                     .string = {bytes, (uint32_t)size},
                                 });
}

/* A recording of a session and one string. */
static void write_small(const char *path, const char *string)
{
    struct error error = {0};
    struct recording_writer *writer = recording_writer_create(path, &error);
    assert_string_equal(error.text, "");
    put_session(writer);
    put_string(writer, string, strlen(string));
    assert_int_equal(recording_writer_close(writer, &error), 0);
}

/* Of a recording of write_small, and maybe more records after. */
static void assert_holds(const char *path, const char *string)
{
    struct record_list list = {0};
    record_list_read(&list, path, NULL);
    assert_true(list.count >= 2);
    assert_string_equal(list.records[1].string.bytes, string);
    record_list_release(&list);
}

static void assert_create_fails(const char *path, const char *words)
{
    struct error error = {0};
    assert_null(recording_writer_create(path, &error));
    if (!strstr(error.text, words))
        fail_msg("\"%s\" is not in \"%s\"", words, error.text);
}

/* ---- records ---- */

static void every_kind_survives(void **state)
{
    (void)state;
    struct record_list written = {0}, read = {0};
    struct text a = TEXT_INIT, b = TEXT_INIT;
    const char *path = folder_path("prof.data");
    record_list_fill(&written, 100);
    for (unsigned per_chunk = 1; per_chunk < 1000; per_chunk *= 3) {
        record_list_write(&written, path, per_chunk);
        record_list_read(&read, path, NULL);
        for (unsigned kind = 1; kind < CODEC_KIND_COUNT; kind++) {
            a.length = b.length = 0;
            record_list_append_json(&a, &written, kind);
            record_list_append_json(&b, &read, kind);
            assert_true(a.length > 0);
            assert_string_equal(a.data, b.data);
        }
        record_list_release(&read);
    }
    text_release(&a);
    text_release(&b);
    record_list_release(&written);
}

static void records_come_out_in_order_where_order_matters(void **state)
{
    (void)state;
    struct record_list list = {0};
    struct error error;
    const char *path = folder_path("prof.data");
    static const enum recording_kind put[] = {
        RECORDING_SESSION, RECORDING_PROCESS,    RECORDING_THREAD, RECORDING_SAMPLE,
        RECORDING_FRAME,   RECORDING_SAMPLE,     RECORDING_STACK,  RECORDING_STRING,
        RECORDING_LOSS,    RECORDING_THREAD_END, RECORDING_SAMPLE, RECORDING_END,
    };
    static const enum recording_kind come[] = {
        RECORDING_SESSION, RECORDING_PROCESS,    RECORDING_THREAD, RECORDING_STRING,
        RECORDING_FRAME,   RECORDING_STACK,      RECORDING_SAMPLE, RECORDING_SAMPLE,
        RECORDING_LOSS,    RECORDING_THREAD_END, RECORDING_SAMPLE, RECORDING_END,
    };
    struct recording_writer *writer = recording_writer_create(path, &error);
    for (unsigned i = 0; i < 12; i++) {
        struct recording_record record = {.kind = put[i]};
        if (put[i] == RECORDING_SAMPLE)
            record.sample.stack = RECORDING_NONE;
        if (put[i] == RECORDING_FRAME)
            record.frame.module = RECORDING_NONE;
        if (put[i] == RECORDING_STACK)
            record.stack.parent = RECORDING_NONE;
        if (put[i] == RECORDING_STRING)
            record.string = (struct recording_string){"s", 1};
        recording_writer_put(writer, &record);
    }
    assert_int_equal(recording_writer_close(writer, &error), 0);
    record_list_read(&list, path, NULL);
    assert_int_equal(list.count, 12);
    for (unsigned i = 0; i < 12; i++)
        assert_int_equal(list.records[i].kind, come[i]);
    record_list_release(&list);
}

static void what_was_flushed_is_in_the_file(void **state)
{
    (void)state;
    struct error error;
    const char *path = folder_path("prof.data");
    struct recording_writer *writer = recording_writer_create(path, &error);
    uint64_t header = recording_writer_size(writer);
    put_session(writer);
    put_string(writer, "safe", 4);
    assert_int_equal(recording_writer_size(writer), header);
    assert_int_equal(recording_writer_flush(writer, &error), 0);
    uint64_t size = recording_writer_size(writer);
    assert_true(size > header);
    assert_holds(path, "safe"); // while it is still being written
    assert_int_equal(recording_writer_flush(writer, &error), 0);
    assert_int_equal(recording_writer_size(writer), size); // nothing new, nothing written
    recording_writer_close(writer, NULL);
}

static void chunks_go_out_by_themselves(void **state)
{
    (void)state;
    struct error error;
    struct recording_writer *writer = recording_writer_create(folder_path("prof.data"), &error);
    uint64_t header = recording_writer_size(writer);
    put_session(writer);
    recording_writer_put(writer, &(struct recording_record){.kind = RECORDING_PROCESS});
    recording_writer_put(writer, &(struct recording_record){.kind = RECORDING_THREAD});
    for (unsigned i = 0; i < 40000; i++)
        recording_writer_put(writer, &(struct recording_record){
                                         .kind = RECORDING_SAMPLE,
                                         .sample = {0, RECORDING_NONE, 1, 0, i * 1003000ULL},
                                     });
    assert_int_equal(recording_writer_size(writer), header); // 5 columns, 6 bytes: not yet
    for (unsigned i = 0; i < 20000; i++)
        recording_writer_put(writer, &(struct recording_record){
                                         .kind = RECORDING_SAMPLE,
                                         .sample = {0, RECORDING_NONE, 1, 0, i * 1003000ULL},
                                     });
    assert_true(recording_writer_size(writer) > header);
    assert_int_equal(recording_writer_close(writer, &error), 0);
}

static void a_record_without_its_ids_does_not_spoil_the_file(void **state)
{
    (void)state;
    struct error error;
    const char *path = folder_path("prof.data");
    struct recording_writer *writer = recording_writer_create(path, &error);
    put_session(writer);
    put_string(writer, "before", 6);
    assert_int_equal(recording_writer_flush(writer, &error), 0);
    recording_writer_put(writer, &(struct recording_record){.kind = RECORDING_THREAD});
    assert_int_equal(recording_writer_flush(writer, &error), -1);
    assert_string_equal(error.text, "a THREAD record refers to what was not recorded");
    put_string(writer, "after", 5);
    assert_int_equal(recording_writer_close(writer, &error), -1);
    struct record_list list = {0};
    record_list_read(&list, path, NULL);
    assert_int_equal(list.count, 2);
    record_list_release(&list);
}

/* ---- files that are there already ---- */

static void an_older_recording_is_kept(void **state)
{
    (void)state;
    const char *path = folder_path("prof.data"), *old = folder_path("prof.data.old");
    write_small(path, "first");
    assert_false(file_exists(old));
    write_small(path, "second");
    write_small(path, "third");
    assert_holds(path, "third");
    assert_holds(old, "second");
}

static void a_file_of_another_kind_is_not_touched(void **state)
{
    (void)state;
    struct text bytes = TEXT_INIT;
    const char *path = folder_path("thesis.tex");
    file_write(path, "dear reader", 11);
    assert_create_fails(path, "is there already and is not a recording of prof");
    file_read(path, &bytes);
    assert_string_equal(bytes.data, "dear reader");
    assert_false(file_exists(folder_path("thesis.tex.old")));
    text_release(&bytes);
}

static void an_empty_file_is_used_as_it_is(void **state)
{
    (void)state;
    struct stat status;
    const char *path = folder_path("made-by-mktemp");
    file_write(path, "", 0);
    assert_int_equal(chmod(path, 0600), 0);
    write_small(path, "x");
    assert_holds(path, "x");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_false(file_exists(folder_path("made-by-mktemp.old")));
}

static void a_link_stays_and_its_file_is_moved(void **state)
{
    (void)state;
    const char *link = folder_path("link"), *path = folder_path("prof.data");
    write_small(path, "first");
    assert_int_equal(symlink("prof.data", link), 0);
    write_small(link, "second");
    assert_holds(path, "second");
    assert_holds(link, "second");
    assert_holds(folder_path("prof.data.old"), "first");
}

static void a_recording_that_is_being_written_is_left_alone(void **state)
{
    (void)state;
    struct error error;
    const char *path = folder_path("prof.data");
    struct recording_writer *writer = recording_writer_create(path, &error);
    put_session(writer);
    put_string(writer, "mine", 4);
    assert_int_equal(recording_writer_flush(writer, &error), 0);
    assert_create_fails(path, "another process is writing to");
    assert_null(recording_writer_append(path, &error));
    assert_non_null(strstr(error.text, "another process is writing to"));
    assert_int_equal(recording_writer_close(writer, &error), 0);
    assert_holds(path, "mine");
}

static void places_that_cannot_be_written_are_named(void **state)
{
    (void)state;
    assert_create_fails(folder_path("none/prof.data"), "none/prof.data: No such file");
    assert_create_fails(folder_path("."), "Is a directory");
}

static void the_umask_decides_about_permissions(void **state)
{
    (void)state;
    struct stat status;
    mode_t before = umask(027);
    write_small(folder_path("prof.data"), "x");
    umask(before);
    assert_int_equal(stat(folder_path("prof.data"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
}

/* A process that copies what comes through a pipe, after a while in which the pipe fills up. */
static pid_t begin_copy(const char *pipe, const char *copy)
{
    assert_int_equal(mkfifo(pipe, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        char block[4096];
        int from = open(pipe, O_RDONLY), to = open(copy, O_WRONLY | O_CREAT, 0600);
        usleep(50000);
        for (ssize_t size; (size = read(from, block, sizeof block)) > 0;) {
            if (write(to, block, (size_t)size) != size)
                _exit(1);
        }
        _exit(0);
    }
    return child;
}

static void end_copy(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_int_equal(status, 0);
}

static void a_pipe_receives_a_recording(void **state)
{
    (void)state;
    const char *pipe = folder_path("pipe"), *copy = folder_path("copy");
    pid_t child = begin_copy(pipe, copy);
    write_small(pipe, "through");
    end_copy(child);
    assert_holds(copy, "through");
    assert_false(file_exists(folder_path("pipe.old")));
}

static volatile sig_atomic_t interruptions;

static void count_interruption(int number)
{
    (void)number;
    ++interruptions;
}

static void put_noise(struct recording_writer *writer, size_t size, unsigned *seed)
{
    static char noise[200000];
    for (size_t i = 0; i < size; i++)
        noise[i] = (char)rand_r(seed);
    put_string(writer, noise, size);
}

static void interrupted_writes_go_on(void **state)
{
    (void)state;
    struct error error = {0};
    struct record_list list = {0};
    unsigned seed = 7;
    struct sigaction action = {.sa_handler = count_interruption}, before;
    struct itimerval often = {{0, 5000}, {0, 5000}}, never = {0};
    const char *pipe = folder_path("pipe"), *copy = folder_path("copy");
    pid_t child = begin_copy(pipe, copy);
    struct recording_writer *writer = recording_writer_create(pipe, &error);
    sigaction(SIGALRM, &action, &before); // without SA_RESTART
    setitimer(ITIMER_REAL, &often, NULL);
    put_session(writer);
    put_noise(writer, 200000, &seed); // more than a pipe holds
    int result = recording_writer_close(writer, &error);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_string_equal(error.text, "");
    assert_int_equal(result, 0);
    end_copy(child);
    assert_true(interruptions > 1);
    record_list_read(&list, copy, NULL);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.records[1].string.size, 200000);
    record_list_release(&list);
}

/* ---- disks ---- */

static void a_full_device_is_reported_every_time(void **state)
{
    (void)state;
    struct error first = {0}, again = {0};
    struct recording_writer *writer = recording_writer_create("/dev/full", &first);
    assert_non_null(writer);
    put_session(writer);
    assert_int_equal(recording_writer_flush(writer, &first), -1);
    assert_int_equal(first.code, ENOSPC);
    assert_string_equal(first.text, "cannot write the recording: No space left on device");
    assert_int_equal(recording_writer_flush(writer, &again), -1);
    assert_string_equal(again.text, first.text);
    assert_int_equal(recording_writer_close(writer, NULL), -1);
}

static void a_file_that_may_not_grow_stays_readable(void **state)
{
    (void)state;
    struct error error = {0};
    struct rlimit limit, small = {50001, RLIM_INFINITY};
    const char *path = folder_path("prof.data");
    unsigned seed = 1, flushed = 0;
    struct record_list list = {0};
    getrlimit(RLIMIT_FSIZE, &limit);
    small.rlim_max = limit.rlim_max;
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct recording_writer *writer = recording_writer_create(path, &error);
    put_session(writer);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (; flushed < 100; flushed++) {
        put_noise(writer, 2000, &seed);
        if (recording_writer_flush(writer, &error) < 0)
            break;
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, before);
    assert_int_equal(flushed, 24); // of about 2,026 bytes
    assert_int_equal(error.code, EFBIG);
    put_noise(writer, 2000, &seed); // there would be room again, but a gap before it
    uint64_t size = recording_writer_size(writer);
    assert_int_equal(recording_writer_close(writer, &error), -1);
    assert_int_equal(error.code, EFBIG);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, size); // the part of a chunk was cut off
    char damage[160];
    record_list_read(&list, path, damage);
    assert_string_equal(damage, "");
    assert_int_equal(list.count, 1 + 24);
    record_list_release(&list);
}

/* ---- adding to a recording ---- */

static void records_are_added_with_ids_going_on(void **state)
{
    (void)state;
    struct error error;
    struct record_list list = {0};
    const char *path = folder_path("prof.data");
    write_small(path, "one");
    struct recording_writer *writer = recording_writer_append(path, &error);
    assert_non_null(writer);
    assert_int_equal(recording_writer_count(writer, RECORDING_STRING), 2);
    assert_int_equal(recording_writer_count(writer, RECORDING_SESSION), 1);
    put_string(writer, "two", 3);
    recording_writer_put(writer, &(struct recording_record){
                                     .kind = RECORDING_MODULE,
                                     .module.path = 2,
                                 });
    assert_int_equal(recording_writer_close(writer, &error), 0);
    record_list_read(&list, path, NULL);
    assert_int_equal(list.count, 4);
    assert_string_equal(list.records[2].string.bytes, "two");
    assert_int_equal(list.records[3].module.path, 2);
    record_list_release(&list);
}

static void a_damaged_tail_is_cut_off_before_adding(void **state)
{
    (void)state;
    struct error error;
    struct record_list list = {0}, all = {0};
    struct text bytes = TEXT_INIT;
    char damage[160];
    const char *path = folder_path("prof.data");
    record_list_fill(&all, 0);
    record_list_write(&all, path, 20);
    file_read(path, &bytes);
    file_write(path, bytes.data, bytes.length - 3);
    record_list_read(&list, path, damage);
    assert_non_null(strstr(damage, "is cut off"));
    uint32_t whole = list.count;
    assert_in_range(whole, 20, all.count - 1);
    record_list_release(&list);

    struct recording_writer *writer = recording_writer_append(path, &error);
    put_string(writer, "added", 5);
    assert_int_equal(recording_writer_close(writer, &error), 0);
    record_list_read(&list, path, damage);
    assert_string_equal(damage, "");
    assert_int_equal(list.count, whole + 1);
    assert_string_equal(list.records[whole].string.bytes, "added");
    record_list_release(&list);
    record_list_release(&all);
    text_release(&bytes);
}

static void samples_added_later_have_right_times(void **state)
{
    (void)state;
    struct error error;
    struct record_list all = {0}, list = {0};
    const char *path = folder_path("prof.data");
    record_list_fill(&all, 0);
    record_list_write(&all, path, 1000);
    struct recording_writer *writer = recording_writer_append(path, &error);
    recording_writer_put(writer, &(struct recording_record){
                                     .kind = RECORDING_SAMPLE,
                                     .sample = {0, RECORDING_NONE, 1, 0, 7001000000},
                                 });
    assert_int_equal(recording_writer_close(writer, &error), 0);
    record_list_read(&list, path, NULL);
    assert_int_equal(list.count, all.count + 1);
    assert_true(list.records[all.count].sample.time_ns == 7001000000);
    record_list_release(&all);
    record_list_release(&list);
}

static void nothing_is_added_to_what_is_no_recording(void **state)
{
    (void)state;
    struct error error;
    struct text bytes = TEXT_INIT;
    const char *path = folder_path("prof.data");
    assert_null(recording_writer_append(path, &error));
    assert_int_equal(error.code, ENOENT);
    file_write(path, "text", 4);
    assert_null(recording_writer_append(path, &error));
    assert_non_null(strstr(error.text, "is not a recording of prof"));
    file_read(path, &bytes);
    assert_string_equal(bytes.data, "text");
    assert_null(recording_writer_append("/dev/null", &error));
    assert_string_equal(error.text, "/dev/null is not a regular file");
    text_release(&bytes);
}

static void nothing_is_added_to_a_recording_that_lost_its_start(void **state)
{
    (void)state;
    struct error error;
    struct text bytes = TEXT_INIT;
    const char *path = folder_path("prof.data");
    write_small(path, "x");
    file_read(path, &bytes);
    bytes.data[30] ^= 1;
    file_write(path, bytes.data, bytes.length);
    size_t before = bytes.length;
    assert_null(recording_writer_append(path, &error));
    assert_non_null(strstr(error.text, "damaged so early"));
    file_read(path, &bytes);
    assert_int_equal(bytes.length, before); // what may be rescued by hand is not cut off
    text_release(&bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_begin, folder_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_survives),
        TEST(records_come_out_in_order_where_order_matters),
        TEST(what_was_flushed_is_in_the_file),
        TEST(chunks_go_out_by_themselves),
        TEST(a_record_without_its_ids_does_not_spoil_the_file),
        TEST(an_older_recording_is_kept),
        TEST(a_file_of_another_kind_is_not_touched),
        TEST(an_empty_file_is_used_as_it_is),
        TEST(a_link_stays_and_its_file_is_moved),
        TEST(a_recording_that_is_being_written_is_left_alone),
        TEST(places_that_cannot_be_written_are_named),
        TEST(the_umask_decides_about_permissions),
        TEST(a_pipe_receives_a_recording),
        TEST(interrupted_writes_go_on),
        TEST(a_full_device_is_reported_every_time),
        TEST(a_file_that_may_not_grow_stays_readable),
        TEST(records_are_added_with_ids_going_on),
        TEST(a_damaged_tail_is_cut_off_before_adding),
        TEST(samples_added_later_have_right_times),
        TEST(nothing_is_added_to_what_is_no_recording),
        TEST(nothing_is_added_to_a_recording_that_lost_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
