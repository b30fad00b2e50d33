/* SPDX-License-Identifier: MIT */
/*
 * test_isolated_child.c - whatever the child does, the caller gets on with it.
 */
#include "symbolizer/isolated_child.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct isolated_limits none = {0};

static void echo(void *context, int socket, int files)
{
    char byte;
    (void)context;
    (void)files;
    while (isolated_child_read(socket, &byte, 1))
        isolated_child_write(socket, &byte, 1);
}

static void crash(void *context, int socket, int files)
{
    (void)context;
    (void)files;
    (void)socket;
    raise(SIGSEGV);
}

static void leave(void *context, int socket, int files)
{
    (void)socket;
    (void)files;
    _exit(*(int *)context);
}

static void spin(void *context, int socket, int files)
{
    (void)context;
    (void)files;
    (void)socket;
    for (volatile unsigned i = 0;; i++)
        ;
}

static void stay(void *context, int socket, int files)
{
    (void)context;
    (void)files;
    close(socket); // and neither answers nor ends
    for (;;)
        pause();
}

static void wait_forever(void *context, int socket, int files)
{
    (void)context;
    (void)files;
    (void)socket;
    for (;;)
        pause();
}

static struct isolated_child started(void (*serve)(void *context, int socket, int files),
                                     void *context, struct isolated_limits limits)
{
    struct isolated_child child = {0};
    struct error error;
    assert_int_equal(isolated_child_start(&child, serve, context, &error), 0);
    isolated_child_begin(&child, limits);
    return child;
}

static void tell_inode(void *context, int socket, int files)
{
    struct mapped_file file = {0};
    (void)context;
    file_broker_open(files, &file, "/proc/self/exe", NULL);
    isolated_child_write(socket, &file.inode, sizeof file.inode);
}

/* How a child ends that is waited for in vain. */
static void ends(void (*serve)(void *context, int socket, int files), void *context,
                 struct isolated_limits limits, const char *expected)
{
    struct isolated_child child = started(serve, context, limits);
    char byte;
    assert_false(isolated_child_receive(&child, &byte, 1));
    const char *words = isolated_child_end(&child);
    if (strncmp(words, expected, strlen(expected)) != 0)
        fail_msg("'%s' instead of '%s'", words, expected);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // there is none left
    isolated_child_release(&child);
}

/* Nobody's child of ours: it answers through the socket, which it has sent its number by. */
static pid_t start_stranger(int *socket)
{
    int ends[2];
    pid_t stranger = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pid_t between = fork();
    if (between == 0) {
        close(ends[0]);
        stranger = fork();
        if (stranger == 0)
            echo(NULL, ends[1], -1);
        else
            isolated_child_write(ends[1], &stranger, sizeof stranger);
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(waitpid(between, NULL, 0), between);
    assert_true(isolated_child_read(ends[0], &stranger, sizeof stranger));
    *socket = ends[0];
    return stranger;
}

/* A caller that waits for all its children may have taken the child's end away, and the kernel may
 * have given the number to another process since. */
static void process_that_has_the_number_by_now_is_left_alone(void **state)
{
    (void)state;
    int socket;
    char byte = 'x';
    struct isolated_child child = {
        .pid = start_stranger(&socket), .socket = dup(socket), .files = -1};
    isolated_child_release(&child);
    assert_int_equal(send(socket, &byte, 1, MSG_NOSIGNAL), 1);
    assert_true(isolated_child_read(socket, &byte, 1));
    close(socket);
}

static void bytes_come_back(void **state)
{
    enum { SIZE = 100 };
    char out[SIZE], in[SIZE];
    (void)state;
    struct isolated_child child = started(echo, NULL, none);
    for (int i = 0; i < SIZE; i++)
        out[i] = (char)i;
    assert_true(isolated_child_send(&child, out, SIZE));
    assert_true(isolated_child_receive(&child, in, SIZE));
    assert_memory_equal(in, out, SIZE);
    isolated_child_release(&child);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void end_of_the_child_is_told_in_words(void **state)
{
    int no_memory = ISOLATED_CHILD_NO_MEMORY, other = 3;
    (void)state;
    ends(crash, NULL, none, "ended with signal 11 (");
    ends(leave, &no_memory, none, "needed more memory");
    ends(leave, &other, none, "ended before there was an answer");
}

static void child_that_computes_too_long_is_ended(void **state)
{
    (void)state;
    ends(spin, NULL, (struct isolated_limits){.cpu_ns = 20000000}, "took too much time");
}

static void child_that_waits_too_long_is_ended(void **state)
{
    (void)state;
    ends(wait_forever, NULL, (struct isolated_limits){.wall_ns = 20000000},
         "did not come to an end");
}

static void child_that_closes_its_end_and_stays_is_ended(void **state)
{
    (void)state;
    ends(stay, NULL, none, "ended with signal 9 (");
}

/* More than a socket holds, which nobody takes out. */
static void sending_to_a_dead_or_deaf_child_fails_without_a_signal(void **state)
{
    enum { SIZE = 8 << 20 };
    (void)state;
    char *bytes = calloc(1, SIZE);
    struct isolated_child child = started(crash, NULL, none);
    assert_false(isolated_child_send(&child, bytes, SIZE));
    isolated_child_release(&child);
    child = started(wait_forever, NULL, (struct isolated_limits){.wall_ns = 20000000});
    assert_false(isolated_child_send(&child, bytes, SIZE));
    isolated_child_release(&child);
    free(bytes);
}

static void caller_that_waits_for_any_child_loses_words_only(void **state)
{
    (void)state;
    struct isolated_child child = started(crash, NULL, none);
    char byte;
    assert_false(isolated_child_receive(&child, &byte, 1));
    assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
    assert_string_equal(isolated_child_end(&child), "ended before there was an answer");
    isolated_child_release(&child);
}

/* Asks for files for ever, or stops asking, or asks for nothing that makes sense. */
static void ask_on(void *context, int socket, int files)
{
    struct mapped_file file;
    (void)context;
    (void)socket;
    for (;;)
        file_broker_open(files, &file, "missing", NULL);
}

static void ask_no_more(void *context, int socket, int files)
{
    close(files);
    echo(context, socket, -1);
}

static void ask_for_nothing(void *context, int socket, int files)
{
    send(files, "?", 1, MSG_NOSIGNAL);
    echo(context, socket, files);
}

static void files_are_opened_while_an_answer_is_waited_for(void **state)
{
    struct mapped_file ours;
    uint64_t theirs;
    (void)state;
    assert_int_equal(mapped_file_open(&ours, "/proc/self/exe", NULL), 0);
    struct isolated_child child = started(tell_inode, NULL, none);
    assert_true(isolated_child_receive(&child, &theirs, sizeof theirs));
    assert_int_equal(theirs, ours.inode);
    isolated_child_release(&child);
    mapped_file_close(&ours);
}

static void asking_for_files_does_not_stop_the_clock(void **state)
{
    (void)state;
    ends(ask_on, NULL, (struct isolated_limits){.wall_ns = 20000000}, "did not come to an end");
    ends(ask_on, NULL, (struct isolated_limits){.cpu_ns = 20000000}, "took too much time");
}

static void fetch(void *context, int socket, int files)
{
    struct text path = TEXT_INIT;
    (void)context;
    file_broker_fetch(files, "aa", &path);
    isolated_child_write(socket, path.data, path.length);
}

/* A download takes longer than any question may. */
static void fetching_stops_the_clock(void **state)
{
    char answer[4];
    (void)state;
    assert_int_equal(system("mkdir -p child.bin && printf '#!/bin/sh\\nsleep 0.3\\necho here' "
                            ">child.bin/debuginfod-find && chmod +x child.bin/debuginfod-find"),
                     0);
    char *before = strdup(getenv("PATH")), *folder = realpath("child.bin", NULL);
    char path[8192];
    snprintf(path, sizeof path, "%s:%s", folder, before);
    setenv("PATH", path, 1);
    struct isolated_child child = started(fetch, NULL, (struct isolated_limits){0});
    child.broker.fetches = 1;
    isolated_child_begin(&child, (struct isolated_limits){.wall_ns = 200000000});
    assert_true(isolated_child_receive(&child, answer, sizeof answer));
    assert_memory_equal(answer, "here", sizeof answer);
    isolated_child_release(&child);
    setenv("PATH", before, 1);
    free(before);
    free(folder);
}

static void child_that_asks_for_no_files_answers_all_the_same(void **state)
{
    void (*const serve[])(void *, int, int) = {ask_no_more, ask_for_nothing};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct isolated_child child = started(serve[i], NULL, none);
        char byte = 'x';
        assert_true(isolated_child_send(&child, &byte, 1));
        assert_true(isolated_child_receive(&child, &byte, 1));
        assert_int_equal(byte, 'x');
        isolated_child_release(&child);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(process_that_has_the_number_by_now_is_left_alone),
        cmocka_unit_test(end_of_the_child_is_told_in_words),
        cmocka_unit_test(child_that_computes_too_long_is_ended),
        cmocka_unit_test(child_that_waits_too_long_is_ended),
        cmocka_unit_test(child_that_closes_its_end_and_stays_is_ended),
        cmocka_unit_test(sending_to_a_dead_or_deaf_child_fails_without_a_signal),
        cmocka_unit_test(caller_that_waits_for_any_child_loses_words_only),
        cmocka_unit_test(files_are_opened_while_an_answer_is_waited_for),
        cmocka_unit_test(asking_for_files_does_not_stop_the_clock),
        cmocka_unit_test(child_that_asks_for_no_files_answers_all_the_same),
        cmocka_unit_test(fetching_stops_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
