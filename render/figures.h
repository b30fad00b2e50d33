/* SPDX-License-Identifier: MIT */
/*
 * figures.h - numbers for people: "12,310", "12.31 s", "99.1 %".
 */
#ifndef PROF_RENDER_FIGURES_H
#define PROF_RENDER_FIGURES_H

#include "profiler/base/text.h"

#include <stdint.h>

/* "12,310" */
void figure_append_count(struct text *out, uint64_t count);

/* "3 threads", "1 thread": the word with an "s" unless there is exactly one. */
void figure_append_counted(struct text *out, uint64_t count, const char *word);

/* "12.31 s", "830 ms", "1,234 s": three or four digits that matter. */
void figure_append_duration(struct text *out, uint64_t ns);

/* Seconds with always the same number of decimals, for columns: "12.310 s". */
void figure_append_seconds(struct text *out, uint64_t ns);

/* "99.1 %"; of nothing, 0 is 0.0 %. What is not all never shows as "100.0 %". */
void figure_append_share(struct text *out, uint64_t part, uint64_t whole);

/* A weight, and the number of samples it comes from. */
struct figure_part {
    uint64_t weight, samples;
};

/* How a share of the whole changed, and the standard error of that: a share of n samples has one of
 * share / sqrt(n); where there are none, that of one sample. flamegraph.js computes the same. */
struct figure_change {
    double before, after, error;
};
struct figure_change figure_change(struct figure_part after, struct figure_part all_after,
                                   struct figure_part before, struct figure_part all_before);

double figure_percent(uint64_t part, uint64_t whole);

#endif
