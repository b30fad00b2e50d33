/* SPDX-License-Identifier: MIT */
/*
 * record_options.c - the choices of the options for recording.
 */
#include "profiler/cli/record_options.h"

#include "profiler/channel/channel.h"
#include "profiler/collector/collector.h"

#include <signal.h>

const char *const record_clocks[] = {
    [COLLECTOR_CLOCK_AUTO] = "auto",
    [COLLECTOR_CLOCK_PERF] = "perf",
    [COLLECTOR_CLOCK_TIMER] = "timer",
    NULL,
};

const char *const record_unwinds[] = {
    [CHANNEL_UNWIND_AUTO] = "auto",
    [CHANNEL_UNWIND_CFI] = "cfi",
    [CHANNEL_UNWIND_LIBUNWIND] = "libunwind",
    [CHANNEL_UNWIND_FP] = "fp",
    NULL,
};

const char *const record_toggles[] = {"none", "USR1", "USR2", NULL};

int record_toggle_signal(const struct record_settings *settings)
{
    static const int signals[] = {0, SIGUSR1, SIGUSR2};
    return signals[settings->toggle];
}
