/* SPDX-License-Identifier: MIT */
/*
 * progress.c - a line on the terminal that comes late and goes away.
 */
#include "profiler/cli/progress.h"

#include "profiler/base/clock.h"
#include "profiler/cli/terminal.h"
#include "render/names.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 1.0 /* what is over sooner needs no words */
#define INTERVAL_S 0.2

// static: there is one terminal
static struct {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    pthread_t thread;
    bool runs, over, shown, forbidden;
    char text[256];
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

/* The line must not wrap: it could not be taken off again. */
static void show(double seconds)
{
    char line[sizeof state.text + 64];
    unsigned width = terminal_width(stderr);
    snprintf(line, sizeof line, "prof: %s (%.0f s)", state.text, seconds);
    if (width && strlen(line) >= width)
        line[width - 1] = '\0';
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    state.shown = true;
}

/* Waits with the lock held; false when it is over. */
static bool wait_until(double deadline)
{
    struct timespec until = {.tv_sec = (time_t)deadline};
    until.tv_nsec = (long)((deadline - (double)until.tv_sec) * 1e9);
    while (!state.over) {
        if (pthread_cond_clockwait(&state.ended, &state.lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT)
            return true;
    }
    return false;
}

static void *run(void *unused)
{
    (void)unused;
    double begin = clock_monotonic_seconds(), next = begin + PATIENCE_S;
    pthread_mutex_lock(&state.lock);
    while (wait_until(next)) {
        show(next - begin);
        next += INTERVAL_S;
    }
    pthread_mutex_unlock(&state.lock);
    return NULL;
}

/* The thread takes no signals: they are the main one's. */
static void start(void)
{
    sigset_t all, before;
    state.over = state.shown = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    state.runs = pthread_create(&state.thread, NULL, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_forbid(void)
{
    state.forbidden = true;
}

void progress_say(const char *format, ...)
{
    va_list arguments;
    char plain[sizeof state.text];
    struct text line = TEXT_INIT;
    if (state.forbidden || !isatty(STDERR_FILENO))
        return;
    va_start(arguments, format);
    vsnprintf(plain, sizeof plain, format, arguments);
    va_end(arguments);
    name_append_visible(&line, plain, strlen(plain));
    pthread_mutex_lock(&state.lock);
    snprintf(state.text, sizeof state.text, "%s", line.data);
    pthread_mutex_unlock(&state.lock);
    text_release(&line);
    if (!state.runs)
        start();
}

void progress_end(void)
{
    if (!state.runs)
        return;
    pthread_mutex_lock(&state.lock);
    state.over = true;
    pthread_cond_signal(&state.ended);
    pthread_mutex_unlock(&state.lock);
    pthread_join(state.thread, NULL);
    state.runs = false;
    if (state.shown)
        fputs("\r\033[K", stderr);
}
