/* SPDX-License-Identifier: MIT */
/*
 * collapsed.c - reads collapsed stacks.
 */
#include "profiler/import/collapsed.h"

#include "profiler/base/memory.h"
#include "profiler/import/known_stacks.h"
#include "profiler/import/names_of_frames.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* At the least: of each line, about the last three frames are new. */
enum { BYTES_PER_STACK = 32 };

struct collapsed {
    struct profile_builder builder;
    struct known_stacks known;
    struct beginnings beginnings;  /* of the line at hand */
    struct string_table texts;     /* of frames, close together: the input is not */
    struct hash_map frame_by_hash; /* of the text of a frame */
    struct slice *frame_texts;     /* by frame */
    uint32_t frame_text_count, frame_text_capacity;
    uint32_t thread;
    const char *end; /* of the input */
};

static struct slice frame_text(const struct collapsed *collapsed, struct slice text, uint32_t index)
{
    const struct beginning *beginning = &collapsed->beginnings.at[index];
    const char *at = text.at + (index ? beginning[-1].length + 1 : 0);
    return (struct slice){at, text.at + beginning->length};
}

static bool is_same(struct slice a, struct slice b)
{
    size_t size = (size_t)(a.end - a.at);
    return size == (size_t)(b.end - b.at) && memcmp(a.at, b.at, size) == 0;
}

static uint32_t frame_of(struct collapsed *collapsed, struct slice name, uint64_t hash)
{
    uint32_t *known = hash_map_at(&collapsed->frame_by_hash, hash);
    if (*known != HASH_MAP_NONE && is_same(collapsed->frame_texts[*known], name))
        return *known;
    uint32_t frame = frame_of_collapsed_name(&collapsed->builder, name);
    if (frame == collapsed->frame_text_count) {
        size_t size = (size_t)(name.end - name.at);
        const char *copy =
            string_table_get(&collapsed->texts, string_table_add(&collapsed->texts, name.at, size));
        *array_push(&collapsed->frame_texts, &collapsed->frame_text_count,
                    &collapsed->frame_text_capacity) = (struct slice){copy, copy + size};
        *known = frame;
    }
    return frame;
}

/* Whatever is met for the first time is a new stack. Where texts differ and mean the same (an empty
 * name and "[unknown]"), two stacks are: folding makes them one. */
static uint32_t new_stack(struct collapsed *collapsed, uint32_t parent, uint32_t frame)
{
    struct profile *profile = collapsed->builder.profile;
    *array_push(&profile->stacks, &profile->stack_count, &profile->stack_capacity) =
        (struct profile_stack){parent, frame};
    return profile->stack_count - 1;
}

static uint32_t stack_of(struct collapsed *collapsed, struct slice text)
{
    uint32_t stack = PROFILE_NONE;
    beginnings_of_line(&collapsed->beginnings, text.at, text.end, collapsed->end);
    int known = known_stacks_find(&collapsed->known, text.at, &collapsed->beginnings, &stack);
    if (known < 0) // frame by frame, then
        collapsed->builder.profile->distinct_stacks = false;
    for (uint32_t i = known < 0 ? 0 : (uint32_t)known; i < collapsed->beginnings.count; i++) {
        const struct beginning *beginning = &collapsed->beginnings.at[i];
        struct slice name = frame_text(collapsed, text, i);
        if (name.at == name.end)
            collapsed->builder.profile->distinct_stacks = false;
        stack = new_stack(collapsed, stack, frame_of(collapsed, name, beginning->frame_hash));
        known_stacks_add(&collapsed->known, text.at, beginning);
    }
    return stack;
}

/* The number behind the last blank, which is cut off. Returns false when there is none. */
static bool cut_count(struct slice *line, uint64_t *count, struct import_notes *notes)
{
    while (line->end > line->at && isspace((unsigned char)line->end[-1]))
        line->end--;
    const char *at = line->end;
    while (at > line->at && (isdigit((unsigned char)at[-1]) || at[-1] == '.'))
        at--;
    if (at == line->end || at - 1 <= line->at || !isspace((unsigned char)at[-1]))
        return false;
    char digits[64] = "", *end;
    size_t size = (size_t)(line->end - at);
    if (size >= sizeof digits)
        return false;
    memcpy(digits, at, size);
    *count = strtoull(digits, &end, 10);
    if (*end == '.') {
        double exact = strtod(digits, &end);
        *count = exact < 0x1p63 ? (uint64_t)(exact + 0.5) : UINT64_MAX;
        notes->counts_rounded += (double)*count < exact || (double)*count > exact;
    }
    line->end = at - 1;
    while (line->end > line->at && isspace((unsigned char)line->end[-1]))
        line->end--;
    return *end == '\0' && line->end > line->at;
}

static void add_line(struct collapsed *collapsed, struct slice line, struct import_notes *notes)
{
    uint64_t count;
    if (line.at == line.end || *line.at == '#')
        return;
    if (line.end - line.at > INT32_MAX || !cut_count(&line, &count, notes)) {
        notes->lines_ignored++;
        return;
    }
    if (!count)
        return;
    // As with flamegraph.pl, frames without a name are frames, but not where the line ends.
    while (line.end > line.at && line.end[-1] == ';')
        line.end--;
    struct profile *profile = collapsed->builder.profile;
    uint32_t stack = stack_of(collapsed, line);
    *array_push(&profile->samples, &profile->sample_count, &profile->sample_capacity) =
        (struct profile_sample){
            .stack = stack,
            .thread = collapsed->thread,
            .weight = count,
            .more = count > UINT32_MAX ? UINT32_MAX : (uint32_t)(count - 1),
        };
}

void collapsed_read(struct profile *profile, const char *bytes, size_t size,
                    struct import_notes *notes)
{
    struct collapsed collapsed = {.end = bytes + size};
    profile_builder_init(&collapsed.builder, profile);
    string_table_init(&collapsed.texts);
    profile->distinct_stacks = true;
    array_reserve(&profile->stacks, &profile->stack_capacity, size / BYTES_PER_STACK);
    array_reserve(&collapsed.known.stacks, &collapsed.known.capacity, size / BYTES_PER_STACK);
    collapsed.thread = profile_builder_thread(&collapsed.builder, 0, 0, (struct slice){"", ""});
    for (const char *at = bytes, *end = bytes + size; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        add_line(&collapsed, (struct slice){at, line_end}, notes);
        at = line_end + 1;
    }
    profile_builder_release(&collapsed.builder);
    known_stacks_release(&collapsed.known);
    string_table_release(&collapsed.texts);
    hash_map_release(&collapsed.frame_by_hash);
    free(collapsed.frame_texts);
    free(collapsed.beginnings.at);
}
