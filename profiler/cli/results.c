/* SPDX-License-Identifier: MIT */
/*
 * results.c - what is shown of a recording that was just made.
 *
 * The user waits: while one thread draws the picture, another writes the names into the recording
 * and the cache, and makes the table. Both only read the profile.
 */
#include "profiler/cli/results.h"

#include "profiler/cli/destination.h"
#include "profiler/cli/message.h"
#include "profiler/cli/subcommand.h"
#include "profiler/cli/terminal.h"
#include "profiler/cli/views.h"
#include "render/views.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* What is done beside the picture. */
struct beside {
    const struct record_settings *settings;
    const struct profile *profile;
    const char *recording;
    struct symbol_cache_writes names;
    bool color;
    unsigned width;   /* of the table */
    struct text text; /* for the user */
};

/* Beside the command's own output the table stays narrow, whether or not that is a terminal;
 * 'prof report' shows whole names. */
static unsigned table_width(void)
{
    unsigned width = terminal_width(stderr);
    return width ? width - 6 : 110;
}

static void *work_beside(void *argument)
{
    struct beside *beside = argument;
    const struct record_settings *settings = beside->settings;
    views_keep_names(beside->profile, beside->recording, &beside->names);
    if (settings->quiet)
        return NULL;
    render_summary(&beside->text, beside->profile, beside->color);
    if (!settings->limit || !beside->profile->sample_count)
        return NULL;
    text_append_char(&beside->text, '\n');
    render_report(&beside->text, beside->profile,
                  &(struct report_options){
                      .limit = settings->limit, .color = beside->color, .width = beside->width});
    return NULL;
}

static bool draw(const struct profile *profile, const char *picture)
{
    struct text svg = TEXT_INIT;
    render_flamegraph(&svg, profile, &(struct flamegraph_options){0});
    return views_write(picture, &svg) == EXIT_SUCCESS;
}

void results_show(const struct record_settings *settings, const char *recording, pid_t pid,
                  const struct kept_files *files)
{
    struct profile profile;
    pthread_t thread;
    struct beside beside = {
        .settings = settings,
        .profile = &profile,
        .recording = recording,
        .color = terminal_color(settings->color, stderr),
        .width = table_width(),
    };
    if (views_load_fresh(&profile, recording, files, &beside.names) < 0)
        return;
    char *picture = destination_expand(settings->picture, pid);
    bool is_apart = pthread_create(&thread, NULL, work_beside, &beside) == 0;
    bool drawn = draw(&profile, picture);
    if (is_apart)
        pthread_join(thread, NULL);
    else
        work_beside(&beside);
    if (!settings->quiet) {
        message_lines(&beside.text);
        if (drawn)
            message("wrote %s and %s; open the picture in a browser", recording, picture);
        else
            message("wrote %s", recording);
    }
    text_release(&beside.text);
    free(picture);
    profile_release(&profile);
}

void results_summarize(const struct record_settings *settings, const char *recording,
                       const struct kept_files *files)
{
    struct profile profile;
    struct text out = TEXT_INIT;
    struct symbol_cache_writes names = {0};
    profile_init(&profile);
    if ((settings->no_symbols ? profile_load(&profile, recording, NULL)
                              : views_load_fresh(&profile, recording, files, &names)) < 0)
        return;
    if (!settings->no_symbols)
        views_keep_names(&profile, recording, &names);
    if (!settings->quiet) {
        render_summary(&out, &profile, terminal_color(COLOR_AUTO, stderr));
        message_lines(&out);
        message("wrote %s", recording);
    }
    text_release(&out);
    profile_release(&profile);
}
