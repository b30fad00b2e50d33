/* SPDX-License-Identifier: MIT */
/*
 * profile.c - the life of a profile.
 */
#include "profiler/profile/profile.h"

#include <stdlib.h>

void profile_init(struct profile *profile)
{
    *profile = (struct profile){.wait_status = -1};
    string_table_init(&profile->strings);
}

void profile_release(struct profile *profile)
{
    string_table_release(&profile->strings);
    free(profile->modules);
    free(profile->processes);
    free(profile->threads);
    free(profile->mappings);
    free(profile->frames);
    free(profile->stacks);
    free(profile->samples);
    free(profile->losses);
    free(profile->functions);
    free(profile->lines);
    free(profile->versions);
    free(profile->split_stacks);
    free(profile->totals);
    *profile = (struct profile){0};
}

const char *profile_string(const struct profile *profile, uint32_t id)
{
    return string_table_get(&profile->strings, id);
}

static const char *const stop_names[RECORDING_STOP_COUNT] = {
    [RECORDING_STOP_COMPLETE] = "complete",       [RECORDING_STOP_NO_CFI] = "no_cfi",
    [RECORDING_STOP_BAD_CFI] = "bad_cfi",         [RECORDING_STOP_BAD_MEMORY] = "bad_memory",
    [RECORDING_STOP_TRUNCATED] = "truncated",     [RECORDING_STOP_UNSUPPORTED] = "unsupported",
    [RECORDING_STOP_NO_PROGRESS] = "no_progress",
};

const char *profile_stop_name(unsigned stop)
{
    return stop < RECORDING_STOP_COUNT ? stop_names[stop] : "unsupported";
}
