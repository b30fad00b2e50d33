/* SPDX-License-Identifier: MIT */
/*
 * collect.c - prof collect: the collector of a program that preloads libprof.so by itself.
 *
 * Started by the library, in the background and with stdout on a pipe to it. Prints where the
 * segment is once it is ready; ends when the last process it knows of has ended.
 */
#include "profiler/base/clock.h"
#include "profiler/base/memory.h"
#include "profiler/cli/destination.h"
#include "profiler/cli/message.h"
#include "profiler/cli/options.h"
#include "profiler/cli/record_options.h"
#include "profiler/cli/subcommands.h"
#include "profiler/cli/views.h"
#include "profiler/collector/collector.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_spec options[] = {RECORD_OPTIONS};

static const struct record_settings defaults = {.hz = RECORD_DEFAULT_HZ, .output = VIEWS_RECORDING};

enum { MAX_WORDS = 64 };

/* PROF_OPTIONS is a command line's worth of options, split at blanks. */
static int parse_environment(struct record_settings *settings, struct error *error)
{
    const char *value = getenv("PROF_OPTIONS");
    char *copy = memory_copy_string(value ? value : ""), *rest = copy, *word;
    static char *words[MAX_WORDS + 2] = {"record"};
    int count = 1;
    while ((word = strsep(&rest, " \t\n")) && count < MAX_WORDS) {
        if (*word)
            words[count++] = word;
    }
    words[count] = NULL;
    int first = options_parse(&subcommand_collect, settings, count, words, error);
    if (first > 0 && first < count)
        return error_set(error, 0, "'%s' is not an option", words[first]);
    if (first == 0)
        return error_set(error, 0, "there is no help here; see 'prof help record'");
    return first > 0 ? 0 : -1; // the settings point into the copy: it stays
}

/* The target's command line, as NULL-terminated argv. */
static char **read_arguments(const char *pid)
{
    static char bytes[16384];
    static char *arguments[1024];
    struct text path = TEXT_INIT;
    text_printf(&path, "/proc/%s/cmdline", pid);
    int fd = open(path.data, O_RDONLY | O_CLOEXEC);
    text_release(&path);
    ssize_t size = fd < 0 ? 0 : read(fd, bytes, sizeof bytes - 1);
    if (fd >= 0)
        close(fd);
    size_t count = 0;
    for (char *at = bytes; size > 0 && at < bytes + size && count < 1023; at += strlen(at) + 1)
        arguments[count++] = at;
    return arguments;
}

/* Whether nobody is left. A child whose parent has ended may not have been heard of yet, but not
 * for longer than a second: a fork that failed is never heard of. A program that ended before it
 * could announce itself gets ten. */
static bool nobody_is_left(const struct collector *collector, double *last_alive)
{
    struct collector_count count = collector_count_processes(collector);
    if (count.alive)
        *last_alive = clock_monotonic_seconds();
    if (!count.seen)
        return clock_monotonic_seconds() - *last_alive > 10;
    return !count.alive && (!count.expected || clock_monotonic_seconds() - *last_alive > 1);
}

/* The signal of --toggle, if there is one. */
static sigset_t toggle_set(const struct record_settings *settings)
{
    sigset_t set;
    sigemptyset(&set);
    if (settings->toggle)
        sigaddset(&set, record_toggle_signal(settings));
    return set;
}

/* Until nobody is left, or the time is over. */
static void wait_for_end(struct collector *collector, const struct record_settings *settings)
{
    const struct timespec slice = {.tv_nsec = 20 * 1000000};
    double begin = clock_monotonic_seconds(), last_alive = begin;
    bool delayed = settings->delay > 0;
    sigset_t toggle = toggle_set(settings);
    while (!nobody_is_left(collector, &last_alive) && !collector_has_ended(collector)) {
        bool toggled = sigtimedwait(&toggle, NULL, &slice) > 0;
        double passed = clock_monotonic_seconds() - begin;
        bool over = delayed && passed >= settings->delay;
        if (toggled || over) {
            collector_pause(collector, toggled && !collector_is_paused(collector));
            begin = delayed ? clock_monotonic_seconds() : begin;
            delayed = false;
        } else if (!delayed && settings->seconds > 0 && passed >= settings->seconds) {
            break;
        }
    }
}

static int run(const void *unused, int argument_count, char **arguments)
{
    (void)unused;
    struct record_settings settings = defaults;
    struct error error;
    if (argument_count != 1) {
        message("collect is started by libprof.so, not by hand");
        return EXIT_USAGE;
    }
    if (parse_environment(&settings, &error) < 0) {
        message("PROF_OPTIONS: %s; running without profiling", error.text);
        return EXIT_USAGE;
    }
    sigset_t toggle = toggle_set(&settings); // blocked before there is a thread that it could end
    sigprocmask(SIG_BLOCK, &toggle, NULL);
    char *path = destination_expand(settings.output, (pid_t)atoi(arguments[0]));
    struct collector_options collect = {.path = path,
                                        .hz = settings.hz,
                                        .clock = settings.clock,
                                        .unwind = settings.unwind,
                                        .paused = settings.paused || settings.delay > 0,
                                        .nobody_waits = true,
                                        .follow_children = !settings.no_children,
                                        .arguments = read_arguments(arguments[0])};
    struct collector *collector = collector_open(&collect, &error);
    if (!collector) {
        message("%s; running without profiling", error.text);
        free(path);
        return EXIT_PROF_FAILED;
    }
    printf("%s\n", collector_session(collector));
    fflush(stdout);
    // who reads the program's output or errors to their end must not wait for us
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    wait_for_end(collector, &settings);
    int result = collector_close(collector, -1, NULL);
    free(path);
    return result < 0 ? EXIT_PROF_FAILED : EXIT_SUCCESS;
}

const struct subcommand subcommand_collect = {
    .name = "collect",
    .arguments = "PID",
    .summary = "collector for a program that preloads libprof.so itself",
    .description = "Started by libprof.so.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .settings_size = sizeof(struct record_settings),
    .run = run,
    .hidden = true,
};
