/* SPDX-License-Identifier: MIT */
/*
 * import.c - recognises what it is given, and hands it to who can read it.
 */
#include "profiler/import/import.h"

#include "profiler/import/collapsed.h"
#include "profiler/import/perf_script.h"
#include "profiler/import/svg.h"

#include <ctype.h>
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

/* Whether the first line ends as one of collapsed stacks does. A name in it may have any bytes. */
static bool begins_with_stack(const char *bytes, size_t size)
{
    const char *end = memchr(bytes, '\n', size), *at = end;
    while (at && at > bytes && isdigit((unsigned char)at[-1]))
        at--;
    return at && at < end && at > bytes && at[-1] == ' ';
}

static bool is_compressed(const char *bytes, size_t size)
{
    return size > 2 && (!memcmp(bytes, "\x1f\x8b", 2) || !memcmp(bytes, "BZh", 3) ||
                        (size > 5 && !memcmp(bytes,
                                             "\xfd"
                                             "7zXZ",
                                             5)) ||
                        (size > 4 && !memcmp(bytes, "\x28\xb5\x2f\xfd", 4)));
}

bool import_recognises(const char *bytes, size_t size)
{
    return is_picture(bytes, size) || is_compressed(bytes, size) ||
           !memchr(bytes, '\0', size < LOOKED_AT ? size : LOOKED_AT) ||
           begins_with_stack(bytes, size);
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

/* Sums of weights are 64-bit numbers everywhere; those of scripts and JSON have a sign. */
static bool is_countable(const struct profile *profile)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        if (profile->samples[i].weight > INT64_MAX - sum)
            return false;
        sum += profile->samples[i].weight;
    }
    return true;
}

int import_profile(struct profile *profile, const char *bytes, size_t size, const char *name,
                   struct import_notes *notes, struct error *error)
{
    struct error cause;
    *notes = (struct import_notes){0};
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { // a byte order mark
        bytes += 3;
        size -= 3;
    }
    if (is_compressed(bytes, size))
        return error_set(error, 0,
                         "%s is compressed: give what it holds on standard input, as in "
                         "'zcat FILE | prof flamegraph -'",
                         name);
    if (is_picture(bytes, size)) {
        if (svg_read(profile, bytes, size, &cause) < 0)
            return error_set(error, 0, "cannot read %s: %s", name, cause.text);
        return 0;
    }
    if (is_perf_script(bytes, size))
        perf_script_read(profile, bytes, size, notes);
    else
        collapsed_read(profile, bytes, size, notes);
    if (!is_countable(profile))
        return error_set(error, 0, "%s has counts that add up to more than 2^63", name);
    if (!profile->sample_count && (size || notes->lines_ignored))
        return error_set(error, 0,
                         "%s holds no samples: it is neither a recording, nor a picture of prof, "
                         "nor collapsed stacks, nor the output of 'perf script'",
                         name);
    return 0;
}
