/* SPDX-License-Identifier: MIT */
/*
 * health.c - what a reader of the figures must know.
 */
#include "render/health.h"

#include "render/figures.h"
#include "render/nameless.h"
#include "render/names.h"

#include <inttypes.h>
#include <string.h>

#define RATE_REACHED   0.9 /* of the requested rate; below, it is worth a sentence */
#define RATE_SAMPLES   50  /* fewer samples say nothing about a rate */
#define START_PERCENT  2.0 /* of the CPU time, before sampling began */
#define STACKS_PERCENT 1.0 /* of the samples, with incomplete stacks */

static const char *const stop_words[RECORDING_STOP_COUNT] = {
    [RECORDING_STOP_COMPLETE] = "complete",
    [RECORDING_STOP_NO_CFI] = "no unwind information",
    [RECORDING_STOP_BAD_CFI] = "damaged unwind information",
    [RECORDING_STOP_BAD_MEMORY] = "unreadable stack memory",
    [RECORDING_STOP_TRUNCATED] = "deeper than the limit",
    [RECORDING_STOP_UNSUPPORTED] = "unsupported unwind rule",
    [RECORDING_STOP_NO_PROGRESS] = "stack leads back to itself",
};

const char *health_stop_words(unsigned stop)
{
    return stop < RECORDING_STOP_COUNT ? stop_words[stop] : "unknown reason";
}

static void append_rate(struct text *out, const struct profile *profile,
                        const struct profile_totals *totals, const char *prefix)
{
    double asked = (double)profile->requested_hz;
    if (totals->samples < RATE_SAMPLES || totals->achieved_hz >= RATE_REACHED * asked)
        return;
    text_printf(out, "%sasked for %" PRIu64 " Hz, got %.0f Hz", prefix, profile->requested_hz,
                totals->achieved_hz);
    bool timer = strcmp(profile_string(profile, profile->engine), "timer") == 0;
    text_append_string(out, timer ? ": the timer is no faster than the kernel's tick, and each "
                                    "sample counts for the time since the one before\n"
                                  : ": time in the kernel is sampled at its tick only, and each of "
                                    "those samples counts for more\n");
}

static const struct loss_words {
    const char *one, *many;
} loss_words[RECORDING_LOSS_COUNT] = {
    [RECORDING_LOSS_RING_FULL] = {"sample was lost: the buffer was full",
                                  "samples were lost: the buffer was full"},
    [RECORDING_LOSS_PAUSED] = {"sample was not taken: sampling was switched off",
                               "samples were not taken: sampling was switched off"},
    [RECORDING_LOSS_NO_SLOT] = {"thread was not sampled: no buffer was free",
                                "threads were not sampled: no buffer was free"},
    [RECORDING_LOSS_NO_CLOCK] = {"thread was not sampled: no timer could be had",
                                 "threads were not sampled: no timer could be had"},
    [RECORDING_LOSS_NOT_PRELOADED] = {"program was not sampled: it could not be preloaded",
                                      "programs were not sampled: they could not be preloaded"},
};

static void append_losses(struct text *out, const struct profile *profile,
                          const struct profile_totals *totals, const char *prefix)
{
    for (unsigned reason = 0; reason < RECORDING_LOSS_COUNT; reason++) {
        uint64_t weight = 0;
        for (uint32_t i = 0; i < profile->loss_count; i++)
            weight += profile->losses[i].reason == reason ? profile->losses[i].weight : 0;
        if (!totals->losses[reason])
            continue;
        text_append_string(out, prefix);
        figure_append_count(out, totals->losses[reason]);
        text_append_char(out, ' ');
        text_append_string(out, totals->losses[reason] == 1 ? loss_words[reason].one
                                                            : loss_words[reason].many);
        if (weight) {
            text_append_string(out, " (");
            figure_append_duration(out, weight * profile->period_ns);
            text_append_string(out, " CPU)");
        }
        text_append_char(out, '\n');
    }
}

static void append_start(struct text *out, const struct profile_totals *totals, const char *prefix)
{
    if (figure_percent(totals->start_cpu_ns, totals->cpu_ns) <= START_PERCENT)
        return;
    text_append_string(out, prefix);
    figure_append_duration(out, totals->start_cpu_ns);
    text_append_string(out, " CPU (");
    figure_append_share(out, totals->start_cpu_ns, totals->cpu_ns);
    text_append_string(out, ") went by before sampling began: the loader, and programs before "
                            "exec\n");
}

static void append_stacks(struct text *out, const struct profile_totals *totals, const char *prefix)
{
    uint64_t incomplete = totals->samples - totals->complete;
    if (figure_percent(incomplete, totals->samples) <= STACKS_PERCENT)
        return;
    text_append_string(out, prefix);
    figure_append_counted(out, incomplete, "incomplete stack");
    const char *separator = ": ";
    for (unsigned stop = RECORDING_STOP_COMPLETE + 1; stop < RECORDING_STOP_COUNT; stop++) {
        if (!totals->stops[stop])
            continue;
        text_append_string(out, separator);
        figure_append_count(out, totals->stops[stop]);
        text_printf(out, " %s", stop_words[stop]);
        separator = ", ";
    }
    text_append_char(out, '\n');
}

static void append_recording(struct text *out, const struct profile *profile, const char *prefix)
{
    if (profile->damaged_bytes || profile->damage) {
        text_printf(out, "%sthe recording is damaged", prefix);
        if (profile->damage) {
            text_append_string(out, " (");
            name_append_visible(out, string_table_get(&profile->strings, profile->damage),
                                string_table_size(&profile->strings, profile->damage));
            text_append_char(out, ')');
        }
        text_append_string(out, ": ");
        figure_append_counted(out, profile->damaged_bytes, "byte");
        text_append_string(out, " could not be read\n");
    } else if (!profile->finished) {
        text_printf(out, "%sthe recording was not finished: what came last is missing\n", prefix);
    }
}

void health_append(struct text *out, const struct profile *profile,
                   const struct profile_totals *totals, const char *prefix)
{
    append_rate(out, profile, totals, prefix);
    append_losses(out, profile, totals, prefix);
    append_start(out, totals, prefix);
    append_stacks(out, totals, prefix);
    nameless_append(out, profile, prefix);
    append_recording(out, profile, prefix);
}
