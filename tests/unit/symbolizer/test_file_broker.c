/* SPDX-License-Identifier: MIT */
/*
 * test_file_broker.c - which files are opened for others, and what they cannot do to who opens
 * them.
 */
#include "symbolizer/file_broker.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Who opens runs in a thread; who asks is the test. */
struct talk {
    int ends[2];
    struct file_broker broker;
    uint32_t fetched; /* files, from servers */
    pthread_t thread;
};

static void *serve(void *context)
{
    struct talk *talk = context;
    char byte;
    // looked at, not taken: the broker itself does not wait
    while (recv(talk->ends[0], &byte, 1, MSG_PEEK) > 0) {
        enum file_broker_result result = file_broker_serve(&talk->broker, talk->ends[0]);
        talk->fetched += result == FILE_BROKER_FETCHED;
        if (result == FILE_BROKER_OVER)
            break;
    }
    close(talk->ends[0]);
    return NULL;
}

static void talk_begin(struct talk *talk, uint32_t fetches)
{
    *talk = (struct talk){.broker = {fetches}};
    assert_int_equal(file_broker_pair(talk->ends), 0);
    assert_int_equal(pthread_create(&talk->thread, NULL, serve, talk), 0);
}

static void talk_end(struct talk *talk)
{
    close(talk->ends[1]);
    pthread_join(talk->thread, NULL);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static Elf64_Ehdr elf_of_type(uint16_t type)
{
    return (Elf64_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                        .e_type = type};
}

/* An ELF file is given as it is; the error of any other says why, as if it had been opened here. */
static void only_elf_files_are_given(void **state)
{
    const Elf64_Ehdr program = elf_of_type(ET_DYN), core = elf_of_type(ET_CORE);
    const Elf64_Ehdr other_core = elf_of_type(ET_CORE << 8);
    const struct {
        const char *path, *words;
        int code;
    } refused[] = {
        {"broker.text", "cannot use broker.text: not an ELF file", 0},
        {"broker.short", "cannot use broker.short: not an ELF file", 0},
        {"broker.empty", "cannot use broker.empty: not an ELF file", 0},
        {"broker.core", "cannot use broker.core: a core file", 0},
        {"broker.other", "cannot use broker.other: a core file", 0},
        {"broker.link", "cannot use broker.link: not an ELF file", 0},
        {"broker.fifo", "broker.fifo is not a regular file", 0},
        {".", ". is not a regular file", 0},
        {"/dev/null", "/dev/null is not a regular file", 0},
        {"broker.missing", "cannot open broker.missing: No such file or directory", ENOENT},
        {"", "cannot open : No such file or directory", ENOENT},
    };
    struct talk talk;
    struct mapped_file file;
    struct error error;
    (void)state;
    write_file("broker.elf", &program, sizeof program);
    write_file("broker.core", &core, sizeof core);
    write_file("broker.other", &other_core, sizeof other_core);
    write_file("broker.text", "a secret", 8);
    write_file("broker.short", &program, EI_NIDENT + 1);
    write_file("broker.empty", "", 0);
    unlink("broker.link");
    assert_int_equal(symlink("broker.text", "broker.link"), 0);
    unlink("broker.fifo");
    assert_int_equal(mkfifo("broker.fifo", 0600), 0);
    talk_begin(&talk, 0);
    assert_int_equal(file_broker_open(talk.ends[1], &file, "broker.elf", &error), 0);
    assert_int_equal(file.size, sizeof program);
    assert_memory_equal(file.data, &program, sizeof program);
    assert_int_equal(file.owner, geteuid());
    mapped_file_close(&file);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(file_broker_open(talk.ends[1], &file, refused[i].path, &error), -1);
        assert_string_equal(error.text, refused[i].words);
        assert_int_equal(error.code, refused[i].code);
    }
    assert_int_equal(file_broker_open(talk.ends[1], &file, "broker.missing", NULL), -1);
    talk_end(&talk);
}

static void path_longer_than_any_is_not_asked_for(void **state)
{
    char path[PATH_MAX + 1];
    struct talk talk;
    struct mapped_file file;
    struct error error;
    (void)state;
    memset(path, 'x', PATH_MAX);
    path[PATH_MAX] = '\0';
    talk_begin(&talk, 0);
    assert_int_equal(file_broker_open(talk.ends[1], &file, path, &error), -1);
    assert_int_equal(file_broker_open(talk.ends[1], &file, "/proc/self/exe", &error), 0);
    mapped_file_close(&file);
    talk_end(&talk);
}

static void folders_and_real_paths_are_told(void **state)
{
    struct talk talk;
    struct text found = TEXT_INIT, lost = TEXT_INIT;
    (void)state;
    write_file("broker.elf", "x", 1);
    unlink("broker.link");
    assert_int_equal(symlink("broker.elf", "broker.link"), 0);
    char *expected = realpath("broker.elf", NULL);
    talk_begin(&talk, 0);
    assert_true(file_broker_has_folder(talk.ends[1], "."));
    assert_false(file_broker_has_folder(talk.ends[1], "broker.missing"));
    assert_true(file_broker_real_path(talk.ends[1], "broker.link", &found));
    assert_string_equal(found.data, expected);
    assert_false(file_broker_real_path(talk.ends[1], "broker.missing", &lost));
    assert_int_equal(lost.length, 0);
    talk_end(&talk);
    text_release(&found);
    free(expected);
}

/* A stand-in for the command: says what it was asked. */
static void put_debuginfod_find(void)
{
    static const char script[] = "#!/bin/sh\necho \"$1/$2\"\n";
    char path[PATH_MAX + 16];
    mkdir("broker.bin", 0700);
    write_file("broker.bin/debuginfod-find", script, sizeof script - 1);
    assert_int_equal(chmod("broker.bin/debuginfod-find", 0700), 0);
    char *folder = realpath("broker.bin", NULL);
    snprintf(path, sizeof path, "%s:/usr/bin:/bin", folder);
    setenv("PATH", path, 1);
    free(folder);
}

static void few_build_ids_are_fetched_and_nothing_else(void **state)
{
    char too_long[200];
    const char *const wrong[] = {"../../x", "12 34", "ABCD", "12\n", too_long};
    struct talk talk;
    struct text path = TEXT_INIT;
    (void)state;
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    put_debuginfod_find();
    talk_begin(&talk, 2);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(file_broker_fetch(talk.ends[1], wrong[i], &path));
    assert_true(file_broker_fetch(talk.ends[1], "0123456789abcdef", &path));
    assert_string_equal(path.data, "debuginfo/0123456789abcdef");
    path.length = 0;
    assert_true(file_broker_fetch(talk.ends[1], "ff", &path));
    assert_string_equal(path.data, "debuginfo/ff");
    path.length = 0;
    assert_false(file_broker_fetch(talk.ends[1], "ee", &path));
    assert_int_equal(path.length, 0);
    talk_end(&talk);
    assert_int_equal(talk.broker.fetches, 0);
    text_release(&path);
}

static void what_makes_no_sense_ends_the_talk(void **state)
{
    struct request {
        uint32_t kind;
        char text[PATH_MAX];
    } request = {.kind = 0};
    const struct {
        uint32_t kind;
        size_t size;
        char filling;
    } wrong[] = {
        {99, 6, 0},                    // of no kind
        {0, 0, 'x'},                   // nothing
        {0, 3, 'x'},                   // less than a kind
        {0, sizeof request.kind, 'x'}, // no text
        {0, 30, 'x'},                  // a text without an end
        {0, sizeof request, 'x'},      // as long as can be
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct file_broker broker = {1};
        int ends[2];
        assert_int_equal(file_broker_pair(ends), 0);
        request.kind = wrong[i].kind;
        memset(request.text, wrong[i].filling, sizeof request.text);
        assert_int_equal(send(ends[1], &request, wrong[i].size, 0), wrong[i].size);
        assert_int_equal(file_broker_serve(&broker, ends[0]), FILE_BROKER_OVER);
        close(ends[0]);
        close(ends[1]);
    }
}

/* Else who asks could hold up who opens. */
static void nobody_waits_for_who_takes_no_answers_out(void **state)
{
    enum { ENOUGH = 100000 };
    const struct {
        uint32_t kind;
        char text[2];
    } request = {0, "."};
    struct file_broker broker = {0};
    enum file_broker_result result = FILE_BROKER_SERVED;
    int ends[2];
    (void)state;
    assert_int_equal(file_broker_pair(ends), 0);
    for (int i = 0; i < ENOUGH && result == FILE_BROKER_SERVED; i++) {
        send(ends[1], &request, sizeof request, MSG_DONTWAIT);
        result = file_broker_serve(&broker, ends[0]);
    }
    assert_int_equal(result, FILE_BROKER_OVER);
    close(ends[1]);
    assert_int_equal(file_broker_serve(&broker, ends[0]), FILE_BROKER_OVER);
    close(ends[0]);
}

static void without_a_question_nothing_is_waited_for(void **state)
{
    struct file_broker broker = {0};
    int ends[2];
    (void)state;
    assert_int_equal(file_broker_pair(ends), 0);
    assert_int_equal(file_broker_serve(&broker, ends[0]), FILE_BROKER_SERVED);
    close(ends[0]);
    struct mapped_file file;
    struct error error;
    assert_int_equal(file_broker_open(ends[1], &file, "x", &error), -1); // nobody is there
    assert_string_equal(error.text, "cannot open x: nobody opens it for this process");
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_elf_files_are_given),
        cmocka_unit_test(path_longer_than_any_is_not_asked_for),
        cmocka_unit_test(folders_and_real_paths_are_told),
        cmocka_unit_test(few_build_ids_are_fetched_and_nothing_else),
        cmocka_unit_test(what_makes_no_sense_ends_the_talk),
        cmocka_unit_test(nobody_waits_for_who_takes_no_answers_out),
        cmocka_unit_test(without_a_question_nothing_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
