/* SPDX-License-Identifier: MIT */
/*
 * run.c - prof run and prof record: run a command and record it; run also shows what was found.
 *
 * Whatever goes wrong on our side, the command runs, and its result is the result.
 */
#include "profiler/base/clock.h"
#include "profiler/cli/destination.h"
#include "profiler/cli/message.h"
#include "profiler/cli/progress.h"
#include "profiler/cli/record_options.h"
#include "profiler/cli/results.h"
#include "profiler/cli/subcommands.h"
#include "profiler/cli/supervise.h"
#include "profiler/cli/terminal.h"
#include "profiler/cli/views.h"
#include "profiler/collector/collector.h"
#include "profiler/collector/launch.h"
#include "profiler/collector/preflight.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct recording_run {
    const struct record_settings *settings;
    char **arguments;
    bool show; /* prof run: pictures and tables */
    char *recording;
    struct supervise supervise;
    struct collector *collector; /* NULL: nothing is recorded, or not any more */
    pid_t pid;
};

static const struct option_spec run_options[] = {
    RECORD_OPTIONS,
    {0, "svg", OPTION_STRING, offsetof(struct record_settings, picture), "FILE",
     "write the picture here, same patterns (default flamegraph.svg)", 0, 0, NULL},
    {'n', "limit", OPTION_NUMBER, offsetof(struct record_settings, limit), "N",
     "print the N hottest functions (default 10; 0 for none)", 0, 1000, NULL},
    {0, "color", OPTION_CHOICE, offsetof(struct record_settings, color), "WHEN",
     "auto, always or never (default auto; NO_COLOR is respected)", 0, 0, color_choices},
};
static const struct option_spec record_options[] = {
    RECORD_OPTIONS,
    {0, "no-symbols", OPTION_FLAG, offsetof(struct record_settings, no_symbols), NULL,
     "leave names to the first look at the recording, when files may be others", 0, 0, NULL},
};

static const struct record_settings defaults = {
    .hz = RECORD_DEFAULT_HZ,
    .output = VIEWS_RECORDING,
    .picture = VIEWS_PICTURE,
    .limit = 10,
};

/* The command as if prof had not been there; returns only when it cannot be executed. */
static int run_unprofiled(char **arguments, const struct preflight *preflight)
{
    // execvp would hand a program for another machine to the shell, as a script
    if (preflight->is_elf)
        execv(preflight->path, arguments);
    else
        execvp(arguments[0], arguments);
    int cause = errno;
    message("cannot run '%s': %s", arguments[0], strerror(cause));
    return cause == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static int give_up_profiling(const struct recording_run *run, const struct preflight *preflight,
                             const char *why)
{
    if (run->settings->strict) {
        message("%s", why);
        return EXIT_PROF_FAILED;
    }
    message("%s; running it without profiling", why);
    return run_unprofiled(run->arguments, preflight);
}

/* Ends the recording and shows it. `wait_status`: -1 while the command still runs. */
static void finish_recording(struct recording_run *run, int wait_status)
{
    struct error error, refusal = {0};
    snprintf(refusal.text, sizeof refusal.text, "%s", collector_clock_refusal(run->collector));
    collector_drain_rest(run->collector);
    struct collector_count count = collector_count_processes(run->collector);
    struct kept_files files = collector_take_files(run->collector);
    if (collector_close(run->collector, wait_status, &error) < 0)
        message("%s; %s holds what was recorded before", error.text, run->recording);
    run->collector = NULL;
    if (count.seen == 0) {
        message("the sampler was never loaded into '%s', so there is nothing to see; it may have "
                "ended before its first instruction, or removed LD_PRELOAD",
                run->arguments[0]);
        kept_files_release(&files);
        return;
    }
    if (wait_status != -1 && count.alive)
        message("%u process%s started by the command still run%s; the recording ends here",
                count.alive, count.alive == 1 ? "" : "es", count.alive == 1 ? "s" : "");
    if (refusal.text[0] && !run->settings->quiet)
        message("%s; sampled by timers alone, at the kernel's tick", refusal.text);
    if (run->settings->quiet)
        progress_forbid();
    if (files.dropped && !run->settings->quiet)
        message("%u files with names could not be held open until now (the limit is %u); names are "
                "missing where they were deleted or replaced",
                files.dropped, files.modules.most);
    if (run->show)
        results_show(run->settings, run->recording, run->pid, &files);
    else
        results_summarize(run->settings, run->recording, &files);
    kept_files_release(&files);
}

static int start(struct recording_run *run, const struct preflight *preflight)
{
    struct error error;
    char library[PATH_MAX];
    struct collector_options collect = {
        .hz = run->settings->hz,
        .clock = run->settings->clock,
        .unwind = run->settings->unwind,
        .paused = run->settings->paused || run->settings->delay > 0,
        .follow_children = !run->settings->no_children,
        .arguments = run->arguments,
    };
    if (launch_find_library(library, sizeof library, &error) < 0)
        return give_up_profiling(run, preflight, error.text);
    supervise_begin(&run->supervise);
    run->recording = destination_expand(run->settings->output, getpid());
    collect.path = run->recording;
    run->collector = collector_open(&collect, &error);
    if (!run->collector) {
        supervise_cancel(&run->supervise);
        return give_up_profiling(run, preflight, error.text);
    }
    struct launch_options launch = {
        .arguments = run->arguments,
        .path = preflight->is_elf ? preflight->path : NULL,
        .files = &run->supervise.files_before,
        .library = library,
        .session = collector_session(run->collector),
        .address_sanitizer = preflight->address_sanitizer,
        .mask = &run->supervise.before,
        .ignore_child = run->supervise.child_was_ignored,
    };
    run->pid = launch_command(&launch, &error);
    if (run->pid < 0) {
        collector_close(run->collector, -1, NULL);
        unlink(run->recording);
        message("%s", error.text);
        return error.code == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    }
    return -1;
}

/* The signal of --toggle has come. */
static void toggle(const struct recording_run *run)
{
    bool paused = !collector_is_paused(run->collector);
    collector_pause(run->collector, paused);
    if (!run->settings->quiet)
        message("sampling is %s", paused ? "off" : "on");
}

/* Until the command has ended; the recording may end before. */
static void follow(struct recording_run *run)
{
    const struct record_settings *settings = run->settings;
    double begin = clock_monotonic_seconds();
    bool delayed = settings->delay > 0;
    while (run->collector) {
        double limit = delayed ? settings->delay : settings->seconds;
        double left = limit > 0 ? begin + limit - clock_monotonic_seconds() : 0;
        enum { NO_LIMIT = 0 };
        enum supervise_event event = supervise_wait(
            run->pid, limit > 0 ? fmax(left, 1e-9) : NO_LIMIT, record_toggle_signal(settings));
        if (event == SUPERVISE_ENDED)
            return;
        if (event == SUPERVISE_TOGGLED) {
            toggle(run);
        } else if (!delayed) {
            finish_recording(run, -1);
        } else {
            collector_pause(run->collector, false);
        }
        if (delayed) // what ends the delay begins the duration
            begin = clock_monotonic_seconds();
        delayed = false;
    }
    supervise_wait(run->pid, 0, 0);
}

static int record(const struct record_settings *settings, char **arguments, bool show)
{
    struct recording_run run = {.settings = settings, .arguments = arguments, .show = show};
    struct preflight preflight;
    preflight_check(&preflight, arguments[0]);
    switch (preflight.verdict) {
    case PREFLIGHT_NOT_FOUND:
        message("%s", preflight.reason.text);
        return EXIT_NOT_FOUND;
    case PREFLIGHT_NOT_EXECUTABLE:
        message("%s", preflight.reason.text);
        return EXIT_NOT_EXECUTABLE;
    case PREFLIGHT_NOT_PRELOADABLE:
        return give_up_profiling(&run, &preflight, preflight.reason.text);
    case PREFLIGHT_OK:
        break;
    }
    int status = start(&run, &preflight);
    if (status < 0) {
        follow(&run);
        // a zombie's clock can still be read, so the recording ends before it is reaped
        if (run.collector)
            collector_drain_rest(run.collector);
        int wait_status = supervise_reap(run.pid);
        supervise_relax(&run.supervise);
        if (run.collector)
            finish_recording(&run, wait_status);
        free(run.recording);
        return supervise_exit(&run.supervise, wait_status);
    }
    free(run.recording);
    return status;
}

static int check_arguments(const char *name, const struct record_settings *settings,
                           int argument_count)
{
    if (strcmp(settings->output, "-") == 0 || strcmp(settings->picture, "-") == 0) {
        message("standard output belongs to the command; name a file instead of -");
        return EXIT_USAGE;
    }
    if (settings->paused && settings->delay > 0) {
        message("--paused and --delay cannot both say when sampling begins");
        return EXIT_USAGE;
    }
    if (argument_count > 0)
        return 0;
    message("%s needs a command to run, as in 'prof %s ./app'; see 'prof help %s'", name, name,
            name);
    return EXIT_USAGE;
}

static int run_command(const void *settings, int argument_count, char **arguments)
{
    int status = check_arguments("run", settings, argument_count);
    return status ? status : record(settings, arguments, true);
}

static int record_command(const void *settings, int argument_count, char **arguments)
{
    int status = check_arguments("record", settings, argument_count);
    return status ? status : record(settings, arguments, false);
}

#define HOW_IT_RUNS                                                                                \
    "The command runs as it would without prof: same output, same exit status, same signals; all " \
    "messages of prof go to stderr and begin with 'prof: '. Programs that it forks or executes "   \
    "are recorded, too. A program that a library cannot be preloaded into (static, set-user-ID, "  \
    "32-bit, musl) is recognised beforehand and runs without profiling."

const struct subcommand subcommand_run = {
    .name = "run",
    .arguments = "[--] COMMAND [ARG...]",
    .summary = "run a command, write flamegraph.svg, print the hot functions",
    .description =
        "Runs a command, records where it spends its CPU time, writes the recording (prof.data) "
        "and the picture (flamegraph.svg), and prints the hottest functions.\n\n" HOW_IT_RUNS,
    .examples = "prof run ./app --its-own --options\tprofile one run of ./app\n"
                "prof run -F 4999 -- make -j4\ta build with all its compilers, at a higher rate\n"
                "prof run -d 10 ./server\tthe first ten seconds; the server goes on\n",
    .options = run_options,
    .option_count = sizeof run_options / sizeof *run_options,
    .defaults = &defaults,
    .settings_size = sizeof defaults,
    .run = run_command,
};

const struct subcommand subcommand_record = {
    .name = "record",
    .arguments = "[--] COMMAND [ARG...]",
    .summary = "run a command and only record it",
    .description = "Like 'prof run', but without picture and table: look at the recording later "
                   "with 'prof report' or 'prof flamegraph'.\n\n" HOW_IT_RUNS,
    .examples = "prof record -o before.data ./app\trecord now, compare later\n",
    .options = record_options,
    .option_count = sizeof record_options / sizeof *record_options,
    .defaults = &defaults,
    .settings_size = sizeof defaults,
    .run = record_command,
};
