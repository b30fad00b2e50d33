/* SPDX-License-Identifier: MIT */
/*
 * info_text.c - what was recorded and how well, for people.
 */
#include "render/activity.h"
#include "render/amounts.h"
#include "render/figures.h"
#include "render/health.h"
#include "render/names.h"
#include "render/views.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

/* Begins a line with the name of a fact in a column of its own. */
static void begin_fact(struct text *out, const char *name)
{
    text_printf(out, "%-16s", name);
}

static void append_string(struct text *out, const struct profile *profile, uint32_t string)
{
    name_append_visible(out, string_table_get(&profile->strings, string),
                        string_table_size(&profile->strings, string));
}

static void append_fact(struct text *out, const char *name, const struct profile *profile,
                        uint32_t string)
{
    if (!string)
        return;
    begin_fact(out, name);
    append_string(out, profile, string);
    text_append_char(out, '\n');
}

static void append_time(struct text *out, const struct profile *profile,
                        const struct profile_totals *totals)
{
    time_t start = (time_t)(profile->start_unix_ns / 1000000000);
    struct tm utc;
    char words[64] = "";
    if (profile->start_unix_ns && gmtime_r(&start, &utc))
        strftime(words, sizeof words, "%Y-%m-%d %H:%M:%S UTC, ", &utc);
    if (!words[0] && !totals->duration_ns)
        return;
    begin_fact(out, "recorded");
    text_append_string(out, words);
    figure_append_duration(out, totals->duration_ns);
    text_append_char(out, '\n');
}

static void append_result(struct text *out, const struct profile *profile)
{
    int status = profile->wait_status;
    if (status == -1)
        return;
    begin_fact(out, "result");
    if (WIFSIGNALED(status)) {
        text_printf(out, "killed by signal %d (%s)\n", WTERMSIG(status),
                    strsignal(WTERMSIG(status)));
    } else {
        text_printf(out, "exit status %d\n", WEXITSTATUS(status));
    }
}

static void append_run(struct text *out, const struct profile *profile,
                       const struct profile_totals *totals)
{
    append_fact(out, "command", profile, profile->command);
    append_fact(out, "directory", profile, profile->directory);
    append_fact(out, "host", profile, profile->host);
    append_fact(out, "system", profile, profile->system);
    append_time(out, profile, totals);
    append_result(out, profile);
    append_fact(out, "prof version", profile, profile->prof_version);
}

static void append_sampling(struct text *out, const struct profile *profile,
                            const struct profile_totals *totals)
{
    append_fact(out, "engine", profile, profile->engine);
    if (!profile->requested_hz) { // not recorded by prof
        begin_fact(out, "samples");
        figure_append_count(out, totals->samples);
        text_append_string(out, ", ");
        amount_append(out, profile, totals->weight);
        text_append_char(out, '\n');
        return;
    }
    begin_fact(out, "rate");
    text_printf(out, "asked for %" PRIu64 " Hz, got %.0f Hz of CPU time\n", profile->requested_hz,
                totals->achieved_hz);
    begin_fact(out, "CPU time");
    figure_append_duration(out, totals->cpu_ns);
    text_append_string(out, ", ");
    figure_append_share(out, totals->accounted_ns, totals->cpu_ns);
    text_append_string(out, " accounted for by ");
    figure_append_counted(out, totals->samples, "sample");
    text_append_char(out, '\n');
    begin_fact(out, "not seen");
    figure_append_duration(out, totals->start_cpu_ns);
    text_append_string(out, " before sampling began; ");
    figure_append_counted(out, totals->lost_samples, "sample");
    text_append_string(out, " lost, ");
    figure_append_duration(out, totals->lost_weight * profile->period_ns);
    text_append_char(out, '\n');
}

static void append_stops(struct text *out, const struct profile_totals *totals)
{
    begin_fact(out, "stacks");
    figure_append_share(out, totals->complete, totals->samples);
    text_append_string(out, " complete\n");
    for (unsigned stop = RECORDING_STOP_COMPLETE + 1; stop < RECORDING_STOP_COUNT; stop++) {
        if (!totals->stops[stop])
            continue;
        begin_fact(out, "");
        figure_append_count(out, totals->stops[stop]);
        text_printf(out, " %s\n", health_stop_words(stop));
    }
}

static void append_number(struct text *out, uint64_t number, size_t cells)
{
    struct text figure = TEXT_INIT;
    figure_append_count(&figure, number);
    text_printf(out, "%*s", (int)cells, figure.data);
    text_release(&figure);
}

static void append_processes(struct text *out, const struct profile *profile,
                             const struct activity *activity)
{
    text_printf(out, "\n%10s%12s%12s  %s\n", "samples", "CPU", "pid", "program");
    for (uint32_t i = 0; i < profile->process_count; i++) {
        const struct profile_process *process = &profile->processes[i];
        append_number(out, activity->process_samples[i], 10);
        text_printf(out, "%10.3f s%12u  ", (double)process->cpu_ns / 1e9, process->pid);
        append_string(out, profile, process->executable);
        text_append_char(out, '\n');
    }
}

static void append_threads(struct text *out, const struct profile *profile,
                           const struct activity *activity)
{
    text_printf(out, "\n%10s%12s%12s  %s\n", "samples", "CPU", "tid", "thread");
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        const struct profile_thread *thread = &profile->threads[i];
        append_number(out, activity->thread_samples[i], 10);
        text_printf(out, "%10.3f s%12u  ", (double)thread->cpu_ns / 1e9, thread->tid);
        append_string(out, profile, thread->name);
        if (profile->process_count > 1)
            text_printf(out, " (pid %u)", profile->processes[thread->process].pid);
        text_append_char(out, '\n');
    }
}

static void append_modules(struct text *out, const struct profile *profile,
                           const struct activity *activity)
{
    text_printf(out, "\n%10s  %s\n", "samples", "module, and where its names come from");
    for (uint32_t i = 0; i < profile->module_count; i++) {
        const struct profile_module *module = &profile->modules[activity->modules_by_use[i]];
        append_number(out, activity->module_samples[activity->modules_by_use[i]], 10);
        text_append_string(out, "  ");
        append_string(out, profile, module->path);
        if (module->symbol_source) {
            text_append_string(out, ": ");
            append_string(out, profile, module->symbol_source);
        } else if (!profile->symbolized) {
            text_append_string(out, ": not looked up yet");
        } else if (!module->symbol_reason) {
            text_append_string(out, ": not needed");
        }
        if (module->symbol_reason) {
            text_append_string(out, module->symbol_source ? "; " : ": ");
            append_string(out, profile, module->symbol_reason);
        }
        text_append_char(out, '\n');
    }
}

void render_info(struct text *out, const struct profile *profile)
{
    struct profile_totals totals;
    struct activity activity;
    profile_totals(profile, &totals);
    activity_count(&activity, profile);
    append_run(out, profile, &totals);
    append_sampling(out, profile, &totals);
    append_stops(out, &totals);
    health_append(out, profile, &totals, "note            ");
    if (profile->process_count)
        append_processes(out, profile, &activity);
    if (profile->thread_count)
        append_threads(out, profile, &activity);
    if (profile->module_count)
        append_modules(out, profile, &activity);
    activity_release(&activity);
}
