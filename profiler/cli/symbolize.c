/* SPDX-License-Identifier: MIT */
/*
 * symbolize.c - prof symbolize: looks up the names of a recording, later or again.
 */
#include "profiler/base/path.h"
#include "profiler/cli/isolation.h"
#include "profiler/cli/message.h"
#include "profiler/cli/progress.h"
#include "profiler/cli/subcommand.h"
#include "profiler/cli/subcommands.h"
#include "profiler/cli/views.h"
#include "profiler/profile/profile.h"
#include "symbolizer/symbol_cache.h"
#include "symbolizer/symbolize_profile.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct symbolize_settings {
    const char *debug_directory, *sysroot;
    bool no_inlines, no_cache, debuginfod, quiet;
    uint32_t isolate;
};

static const struct option_spec options[] = {
    {'D', "debug-dir", OPTION_STRING, offsetof(struct symbolize_settings, debug_directory), "DIR",
     "look for separate debug files here (default /usr/lib/debug)", 0, 0, NULL},
    {0, "sysroot", OPTION_STRING, offsetof(struct symbolize_settings, sysroot), "DIR",
     "look for programs and libraries below this folder, as of the recorded machine", 0, 0, NULL},
    {0, "debuginfod", OPTION_FLAG, offsetof(struct symbolize_settings, debuginfod), NULL,
     "fetch debug files that are not here with debuginfod-find, those of the modules with most "
     "samples first; Ctrl-C goes on without the rest",
     0, 0, NULL},
    {0, "no-inlines", OPTION_FLAG, offsetof(struct symbolize_settings, no_inlines), NULL,
     "leave inlined calls out", 0, 0, NULL},
    {0, "no-cache", OPTION_FLAG, offsetof(struct symbolize_settings, no_cache), NULL,
     "neither use nor keep answers in the cache (~/.cache/prof)", 0, 0, NULL},
    {0, "isolate", OPTION_CHOICE, offsetof(struct symbolize_settings, isolate), "WHEN",
     "read files in limited processes: auto (those of other users), never or always", 0, 0,
     isolation_choices},
    {'q', "quiet", OPTION_FLAG, offsetof(struct symbolize_settings, quiet), NULL,
     "print errors only", 0, 0, NULL},
};

/* How many of the modules that have frames have names, and what the others lack. */
static void report(const struct profile *profile)
{
    uint32_t named = 0, partly = 0;
    for (uint32_t i = 0; i < profile->module_count; i++) {
        const struct profile_module *module = &profile->modules[i];
        const char *reason = profile_string(profile, module->symbol_reason);
        named += module->symbol_source != 0;
        if (!*reason)
            continue;
        partly++;
        message("%s: %s", profile_string(profile, module->path), reason);
    }
    message("%u module%s with names, %u of %u with something missing", named, named == 1 ? "" : "s",
            partly, profile->module_count);
}

// static: a signal handler has no other way to say it
static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static bool was_interrupted(void)
{
    return interrupted;
}

/* The first Ctrl-C ends the fetching, which may take minutes, and keeps what came of it; the next
 * one ends prof. */
static void catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND}, old;
    if (sigaction(SIGINT, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(SIGINT, &action, NULL);
}

static void show_fetching(void *unused, const struct symbolize_step *step)
{
    (void)unused;
    progress_say("%s %s (%u of %u, %.0f %% of the samples); Ctrl-C %s",
                 interrupted ? "looking up names of" : "fetching debug symbols of",
                 path_base_name(step->module), step->done + 1, step->all, step->percent,
                 interrupted ? "ends it" : "goes on without the rest");
}

static int load(struct profile *profile, const char *path)
{
    struct error error;
    profile_init(profile);
    if (profile_load(profile, path, &error) == 0 && !profile->damaged_bytes)
        return 0;
    if (profile->damaged_bytes)
        message("%s is damaged at its end; names cannot be added to it", path);
    else
        message("%s%s", error.text,
                error.code == ENOENT ? "; make a recording with 'prof run COMMAND'" : "");
    profile_release(profile);
    return -1;
}

static int run(const void *given, int argument_count, char **arguments)
{
    const struct symbolize_settings *settings = given;
    const char *const directories[] = {settings->debug_directory, NULL};
    struct symbolize_options asked = {
        .debug_directories = settings->debug_directory ? directories : NULL,
        .sysroot = settings->sysroot,
        .no_inlines = settings->no_inlines,
        .ask_debuginfod = settings->debuginfod,
        .isolate = (enum symbolizer_isolation)settings->isolate,
        .progress = settings->debuginfod ? show_fetching : views_progress,
        .stop_fetching = was_interrupted,
        .advise = views_advise,
    };
    struct profile profile;
    struct error error;
    const char *path = views_file("symbolize", argument_count, arguments);
    if (!path)
        return EXIT_USAGE;
    if (load(&profile, path) < 0)
        return EXIT_PROF_FAILED;
    struct text cache = TEXT_INIT;
    if (!settings->no_cache && symbol_cache_directory(&cache))
        asked.cache_directory = cache.data;
    if (settings->quiet)
        progress_forbid();
    if (settings->debuginfod)
        catch_interrupt();
    int result = symbolize_profile(&profile, &asked, &error);
    if (result == 0)
        result = profile_save_symbols(&profile, path, &error);
    progress_end();
    if (interrupted && !settings->quiet)
        message("interrupted: nothing more was fetched; 'prof symbolize --debuginfod' goes on");
    if (result < 0)
        message("%s", error.text);
    else if (!settings->quiet)
        report(&profile);
    profile_release(&profile);
    text_release(&cache);
    return result < 0 ? EXIT_PROF_FAILED : EXIT_SUCCESS;
}

const struct subcommand subcommand_symbolize = {
    .name = "symbolize",
    .arguments = "[FILE]",
    .summary = "look up the names of a recording, later or again",
    .description =
        "Looks up functions, source lines and inlined calls for a recording (default prof.data) "
        "and "
        "writes them into it, in place of those that are there: after debug symbols were "
        "installed, "
        "or for a recording that was made elsewhere. Says for each module what is missing and what "
        "would help.",
    .examples =
        "prof symbolize\tafter installing debug symbols\n"
        "prof symbolize --sysroot /mnt/board board.data\twith the files of another machine\n"
        "prof symbolize -D ./symbols release.data\twith debug files that were kept apart\n",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .settings_size = sizeof(struct symbolize_settings),
    .run = run,
};
