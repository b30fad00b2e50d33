/* SPDX-License-Identifier: MIT */
/*
 * import.c - recognises what it is given, and hands it to who can read it.
 */
#include "profiler/import/import.h"

#include "profiler/import/collapsed.h"
#include "profiler/import/perf_script.h"
#include "profiler/import/svg.h"

#include <string.h>

#define LOOKED_AT 4096 /* bytes that tell what it is */
#define LINES_MAX 100  /* comments before the first sample */

static bool contains(const char *bytes, size_t size, const char *part)
{
    return memmem(bytes, size < LOOKED_AT ? size : LOOKED_AT, part, strlen(part)) != NULL;
}

static bool is_picture(const char *bytes, size_t size)
{
    return contains(bytes, size, "<svg") || contains(bytes, size, "<!DOCTYPE html");
}

bool import_recognises(const char *bytes, size_t size)
{
    return is_picture(bytes, size) || !memchr(bytes, '\0', size < LOOKED_AT ? size : LOOKED_AT);
}

/* The first line that is no comment tells. */
static bool is_perf_script(const char *bytes, size_t size)
{
    const char *end = bytes + size;
    for (int line = 0; line < LINES_MAX && bytes < end; line++) {
        const char *line_end = memchr(bytes, '\n', (size_t)(end - bytes));
        line_end = line_end ? line_end : end;
        if (line_end > bytes && *bytes != '#')
            return perf_script_is_header((struct slice){bytes, line_end});
        bytes = line_end + 1;
    }
    return false;
}

int import_profile(struct profile *profile, const char *bytes, size_t size, const char *name,
                   struct import_notes *notes, struct error *error)
{
    struct error cause;
    *notes = (struct import_notes){0};
    if (is_picture(bytes, size)) {
        if (svg_read(profile, bytes, size, &cause) < 0)
            return error_set(error, 0, "cannot read %s: %s", name, cause.text);
        return 0;
    }
    if (is_perf_script(bytes, size))
        perf_script_read(profile, bytes, size, notes);
    else
        collapsed_read(profile, bytes, size, notes);
    if (!profile->sample_count && (size || notes->lines_ignored))
        return error_set(error, 0,
                         "%s holds no samples: it is neither a recording, nor a picture of prof, "
                         "nor collapsed stacks, nor the output of 'perf script'",
                         name);
    return 0;
}
