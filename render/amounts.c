/* SPDX-License-Identifier: MIT */
/*
 * amounts.c - weights for people.
 */
#include "render/amounts.h"

#include "render/figures.h"
#include "render/names.h"

void amount_append(struct text *out, const struct profile *profile, uint64_t weight)
{
    if (profile->period_ns) {
        figure_append_duration(out, weight * profile->period_ns);
    } else if (profile->unit) {
        figure_append_count(out, weight);
        text_append_char(out, ' ');
        name_append_visible(out, string_table_get(&profile->strings, profile->unit),
                            string_table_size(&profile->strings, profile->unit));
    } else {
        figure_append_counted(out, weight, "sample");
    }
}

void amount_append_column(struct text *out, const struct profile *profile, uint64_t weight)
{
    if (profile->period_ns)
        figure_append_seconds(out, weight * profile->period_ns);
    else
        figure_append_count(out, weight);
}
