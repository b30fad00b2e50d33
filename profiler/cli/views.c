/* SPDX-License-Identifier: MIT */
/*
 * views.c - what the subcommands that look at a recording have in common.
 */
#include "profiler/cli/views.h"

#include "profiler/cli/destination.h"
#include "profiler/cli/message.h"
#include "profiler/cli/subcommand.h"
#include "symbolizer/symbol_cache.h"
#include "symbolizer/symbolize_profile.h"

#include <stdlib.h>

int views_load(struct profile *profile, const char *path)
{
    struct error error;
    profile_init(profile);
    if (profile_load(profile, path, &error) < 0) {
        message("%s%s", error.text,
                error.code == 2 /* ENOENT */ ? "; make a recording with 'prof run COMMAND'" : "");
        profile_release(profile);
        return -1;
    }
    if (profile->symbolized)
        return 0;
    struct text cache = TEXT_INIT;
    struct symbolize_options options = {
        .cache_directory = symbol_cache_directory(&cache) ? cache.data : NULL,
    };
    if (symbolize_profile(profile, &options, &error) < 0)
        message("cannot look up names: %s", error.text);
    else if (!profile->damaged_bytes) // appending would cut off what is damaged
        profile_save_symbols(profile, path, NULL);
    text_release(&cache);
    return 0;
}

const char *views_file(const char *subcommand, int argument_count, char **arguments)
{
    if (argument_count <= 1)
        return argument_count == 1 ? arguments[0] : VIEWS_RECORDING;
    message("%s looks at one recording, but %d files were given; see 'prof help %s'", subcommand,
            argument_count, subcommand);
    return NULL;
}

int views_write(const char *path, struct text *text)
{
    struct error error;
    int result = destination_write(path, text, &error);
    if (result < 0)
        message("%s", error.text);
    text_release(text);
    return result < 0 ? EXIT_PROF_FAILED : EXIT_SUCCESS;
}
