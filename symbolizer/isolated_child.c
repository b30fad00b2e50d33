/* SPDX-License-Identifier: MIT */
/*
 * isolated_child.c - fork, a pair of sockets, and a look at the clock while waiting.
 */
#include "symbolizer/isolated_child.h"

#include "profiler/base/clock.h"
#include "symbolizer/confinement.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often the clocks are looked at while nothing comes. */
enum { LOOK_MS = 50 };

static void close_pair(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/* Both pairs of sockets, or none. */
static int make_sockets(int answers[2], int files[2], struct error *error)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, answers) < 0)
        return error_errno(error, "cannot make a pair of sockets");
    if (file_broker_pair(files) == 0)
        return 0;
    error_errno(error, "cannot make a pair of sockets");
    close_pair(answers);
    return -1;
}

int isolated_child_start(struct isolated_child *child,
                         void (*serve)(void *context, int socket, int files), void *context,
                         struct error *error)
{
    int answers[2], files[2];
    isolated_child_release(child);
    if (make_sockets(answers, files, error) < 0)
        return -1;
    pid_t pid = fork();
    if (pid < 0) {
        error_errno(error, "cannot start a process");
        close_pair(answers);
        close_pair(files);
        return -1;
    }
    if (pid == 0) {
        confinement_begin(answers[1], files[1]);
        serve(context, answers[1], files[1]);
        _exit(0); // nothing of the caller's is flushed or cleaned up twice
    }
    close(answers[1]);
    close(files[1]);
    child->pid = pid;
    child->socket = answers[0];
    child->files = files[0];
    return 0;
}

static uint64_t cpu_ns(const struct isolated_child *child)
{
    clockid_t clock;
    return clock_getcpuclockid(child->pid, &clock) == 0 ? clock_read_ns(clock) : 0;
}

void isolated_child_begin(struct isolated_child *child, struct isolated_limits limits)
{
    child->limits = limits;
    child->cpu_from = cpu_ns(child);
    child->wall_from = clock_read_ns(CLOCK_MONOTONIC);
}

static bool is_within_limits(struct isolated_child *child)
{
    const struct isolated_limits *limits = &child->limits;
    uint64_t cpu = cpu_ns(child);
    if (limits->cpu_ns && cpu > child->cpu_from && cpu - child->cpu_from > limits->cpu_ns)
        child->over = "took too much time and was ended";
    else if (limits->wall_ns && clock_read_ns(CLOCK_MONOTONIC) - child->wall_from > limits->wall_ns)
        child->over = "did not come to an end and was ended";
    return !child->over;
}

/* Opens what the child has asked for. */
static void attend(struct isolated_child *child)
{
    switch (file_broker_serve(&child->broker, child->files)) {
    case FILE_BROKER_OVER:
        close(child->files);
        child->files = -1;
        break;
    case FILE_BROKER_FETCHED:
        isolated_child_begin(child, child->limits);
        break;
    case FILE_BROKER_SERVED:
        break;
    }
}

/* Whether something can be sent or received now, be it the news of the end. */
static bool wait_for(struct isolated_child *child, short events)
{
    while (is_within_limits(child)) {
        struct pollfd both[] = {{.fd = child->socket, .events = events},
                                {.fd = child->files, .events = POLLIN}};
        int count = poll(both, 2, LOOK_MS);
        if (count < 0 && errno != EINTR)
            return false;
        if (count > 0 && both[1].revents)
            attend(child);
        if (count > 0 && both[0].revents)
            return true;
    }
    return false;
}

static bool is_passing(ssize_t result)
{
    return result < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK);
}

bool isolated_child_send(struct isolated_child *child, const void *data, size_t size)
{
    const char *at = data;
    while (size) {
        if (!wait_for(child, POLLOUT))
            return false;
        ssize_t sent = send(child->socket, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && !is_passing(sent))
            return false;
        at += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

bool isolated_child_receive(struct isolated_child *child, void *data, size_t size)
{
    char *at = data;
    while (size) {
        if (!wait_for(child, POLLIN))
            return false;
        ssize_t got = recv(child->socket, at, size, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && !is_passing(got)))
            return false;
        at += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

static void describe(struct isolated_child *child, int status)
{
    struct text *words = &child->words;
    words->length = 0;
    if (child->over)
        text_append_string(words, child->over);
    else if (WIFSIGNALED(status))
        text_printf(words, "ended with signal %d (%s)", WTERMSIG(status),
                    strsignal(WTERMSIG(status)));
    else if (WIFEXITED(status) && WEXITSTATUS(status) == ISOLATED_CHILD_NO_MEMORY)
        text_append_string(words, "needed more memory than it is worth");
    else
        text_append_string(words, "ended before there was an answer");
}

/* A child that has closed its end is about to end by itself, and how it does is worth a moment; one
 * that closed it and stays is hostile. Returns whether it is gone. */
static bool has_ended(const struct isolated_child *child, int *status)
{
    for (int i = 0; i < 100; i++) {
        if (waitpid(child->pid, status, WNOHANG) != 0)
            return true;
        poll(NULL, 0, 1);
    }
    return false;
}

static int reap(struct isolated_child *child, bool may_be_ending)
{
    int status = 0;
    close(child->socket);
    if (child->files >= 0)
        close(child->files);
    bool lives_on = !may_be_ending || !has_ended(child, &status);
    // as long as nobody took its end away, the number is its own
    if (lives_on && waitpid(child->pid, &status, WNOHANG) == 0) {
        kill(child->pid, SIGKILL);
        while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    child->pid = 0;
    return status;
}

const char *isolated_child_end(struct isolated_child *child)
{
    if (child->pid)
        describe(child, reap(child, !child->over));
    return child->words.data;
}

void isolated_child_release(struct isolated_child *child)
{
    if (child->pid)
        reap(child, false);
    text_release(&child->words);
    *child = (struct isolated_child){0};
}

bool isolated_child_read(int socket, void *data, size_t size)
{
    char *at = data;
    while (size) {
        ssize_t got = read(socket, at, size);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        at += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool isolated_child_write(int socket, const void *data, size_t size)
{
    const char *at = data;
    while (size) {
        ssize_t sent = write(socket, at, size);
        if (sent < 0 && errno != EINTR)
            return false;
        at += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
    }
    return true;
}
