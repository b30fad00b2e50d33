/* SPDX-License-Identifier: MIT */
/*
 * summary.c - the few lines after `prof run`.
 */
#include "render/activity.h"
#include "render/figures.h"
#include "render/health.h"
#include "render/views.h"

#include <inttypes.h>

#define PREFIX "prof: "

static void append_samples(struct text *out, const struct profile *profile,
                           const struct profile_totals *totals, bool color)
{
    struct activity activity;
    activity_count(&activity, profile);
    text_append_string(out, color ? PREFIX "\x1b[1m" : PREFIX);
    figure_append_counted(out, totals->samples, "sample");
    text_append_string(out, " in ");
    figure_append_duration(out, totals->duration_ns);
    text_append_string(out, ", ");
    figure_append_duration(out, totals->cpu_ns);
    text_append_string(out, " CPU in ");
    figure_append_count(out, activity.pid_count);
    text_append_string(out, activity.pid_count == 1 ? " process, " : " processes, ");
    figure_append_counted(out, activity.thread_count, "thread");
    text_append_string(out, color ? "\x1b[0m\n" : "\n");
    activity_release(&activity);
}

static void append_quality(struct text *out, const struct profile *profile,
                           const struct profile_totals *totals)
{
    text_append_string(out, PREFIX);
    if (!totals->samples) {
        text_append_string(out, totals->losses[RECORDING_LOSS_PAUSED]
                                    ? "nothing was sampled: sampling was switched off\n"
                                    : "nothing was sampled: the program used less CPU time than "
                                      "lies between two samples, or could not be sampled\n");
        return;
    }
    text_append_string(out, "accounted ");
    figure_append_share(out, totals->accounted_ns, totals->cpu_ns - totals->paused_ns);
    text_printf(out, " of the CPU time at %.0f Hz (%" PRIu64 " asked, %s clock); ",
                totals->achieved_hz, profile->requested_hz,
                profile_string(profile, profile->engine));
    figure_append_share(out, totals->complete, totals->samples);
    text_append_string(out, " complete stacks; ");
    figure_append_count(out, totals->lost_samples);
    text_append_string(out, " lost\n");
}

void render_summary(struct text *out, const struct profile *profile, bool color)
{
    struct profile_totals totals;
    profile_totals(profile, &totals);
    append_samples(out, profile, &totals, color);
    append_quality(out, profile, &totals);
    health_append(out, profile, &totals, PREFIX);
}
