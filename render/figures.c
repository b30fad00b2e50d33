/* SPDX-License-Identifier: MIT */
/*
 * figures.c - numbers for people.
 */
#include "render/figures.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void figure_append_count(struct text *out, uint64_t count)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, count);
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            text_append_char(out, ',');
        text_append_char(out, digits[i]);
    }
}

void figure_append_counted(struct text *out, uint64_t count, const char *word)
{
    const char *plural = count == 1 ? "" : "s";
    figure_append_count(out, count);
    text_printf(out, " %s%s", word, plural);
}

void figure_append_duration(struct text *out, uint64_t ns)
{
    if (ns >= 1000000000000) {
        figure_append_count(out, (ns + 500000000) / 1000000000);
        text_append_string(out, " s");
    } else if (ns >= 100000000000) {
        text_printf(out, "%.1f s", (double)ns / 1e9);
    } else if (ns >= 995000000) {
        text_printf(out, "%.2f s", (double)ns / 1e9);
    } else if (ns >= 9950000) {
        text_printf(out, "%.0f ms", (double)ns / 1e6);
    } else if (ns >= 995000) {
        text_printf(out, "%.1f ms", (double)ns / 1e6);
    } else if (ns > 0) {
        text_printf(out, "%.0f µs", (double)ns / 1e3);
    } else {
        text_append_string(out, "0 s");
    }
}

void figure_append_seconds(struct text *out, uint64_t ns)
{
    text_printf(out, "%.3f s", (double)ns / 1e9);
}

double figure_percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

void figure_append_share(struct text *out, uint64_t part, uint64_t whole)
{
    double percent = figure_percent(part, whole);
    if (part < whole && percent > 99.9)
        percent = 99.9;
    text_printf(out, "%.1f %%", percent);
}

static double squared_error(double share, uint64_t samples, uint64_t all_samples)
{
    if (samples)
        return share * share / (double)samples;
    return all_samples ? 1 / ((double)all_samples * (double)all_samples) : 1;
}

struct figure_change figure_change(struct figure_part after, struct figure_part all_after,
                                   struct figure_part before, struct figure_part all_before)
{
    double now = figure_percent(after.weight, all_after.weight) / 100;
    double then = figure_percent(before.weight, all_before.weight) / 100;
    return (struct figure_change){
        .before = then,
        .after = now,
        .error = sqrt(squared_error(now, after.samples, all_after.samples) +
                      squared_error(then, before.samples, all_before.samples)),
    };
}
