/* SPDX-License-Identifier: MIT */
/*
 * test_isolated_child.c - whatever the child does, the caller gets on with it.
 */
#include "symbolizer/isolated_child.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct isolated_limits none = {0};

static void echo(void *context, int socket)
{
    char byte;
    (void)context;
    while (isolated_child_read(socket, &byte, 1))
        isolated_child_write(socket, &byte, 1);
}

static void crash(void *context, int socket)
{
    (void)context;
    (void)socket;
    raise(SIGSEGV);
}

static void leave(void *context, int socket)
{
    (void)socket;
    _exit(*(int *)context);
}

static void spin(void *context, int socket)
{
    (void)context;
    (void)socket;
    for (volatile unsigned i = 0;; i++)
        ;
}

static void stay(void *context, int socket)
{
    (void)context;
    close(socket); // and neither answers nor ends
    for (;;)
        pause();
}

static void wait_forever(void *context, int socket)
{
    (void)context;
    (void)socket;
    for (;;)
        pause();
}

static struct isolated_child started(void (*serve)(void *context, int socket), void *context,
                                     struct isolated_limits limits)
{
    struct isolated_child child = {0};
    struct error error;
    assert_int_equal(isolated_child_start(&child, serve, context, NULL, &error), 0);
    isolated_child_begin(&child, limits);
    return child;
}

/* How a child ends that is waited for in vain. */
static void ends(void (*serve)(void *context, int socket), void *context,
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
            echo(NULL, ends[1]);
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
    struct isolated_child child = {.pid = start_stranger(&socket), .socket = dup(socket)};
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
