/* SPDX-License-Identifier: MIT */
/*
 * perf_script.c - reads what `perf script` prints.
 *
 * A sample is a line that begins in the first column, then a line for each frame, the innermost
 * first, then an empty line:
 *
 *     program name 123/124 [000] 45.678901:     250000 cpu-clock:pppH:
 *             55d0c0de1234 work+0x12 (/opt/app/bin/app)
 *             55d0c0de1100 main (inlined)
 *
 * What stands between the name and the time depends on the fields that were asked for; the time and
 * the event are known by their colons.
 */
#include "profiler/import/perf_script.h"

#include "profiler/base/memory.h"
#include "profiler/import/names_of_frames.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct header {
    struct slice comm, event;
    uint32_t pid, tid;
    uint64_t time_ns, period; /* period 0: not told */
};

struct script {
    struct profile_builder builder;
    struct import_notes *notes;
    uint32_t *frames; /* of the sample being read, innermost first */
    uint32_t frame_count, frame_capacity;
    uint64_t *periods; /* by sample */
    uint32_t period_count, period_capacity;
    bool all_clocks; /* every event is a clock that tells its CPU time */
    struct header header;
    bool in_sample;
};

static struct slice trimmed(struct slice text)
{
    while (text.at < text.end && isspace((unsigned char)*text.at))
        text.at++;
    while (text.at < text.end && isspace((unsigned char)text.end[-1]))
        text.end--;
    return text;
}

static struct slice next_word(struct slice *rest)
{
    *rest = trimmed(*rest);
    struct slice word = {rest->at, rest->at};
    while (word.end < rest->end && !isspace((unsigned char)*word.end))
        word.end++;
    rest->at = word.end;
    return word;
}

static bool read_number(struct slice *text, uint64_t *number)
{
    const char *start = text->at;
    for (*number = 0; text->at < text->end && isdigit((unsigned char)*text->at); text->at++)
        *number = *number * 10 + (uint64_t)(*text->at - '0');
    return text->at > start && text->at - start < 20;
}

/* "123" or "123/124". */
static bool read_ids(struct slice word, struct header *header)
{
    uint64_t pid, tid;
    if (!read_number(&word, &pid))
        return false;
    tid = pid;
    if (word.at < word.end && (*word.at++ != '/' || !read_number(&word, &tid)))
        return false;
    header->pid = (uint32_t)pid;
    header->tid = (uint32_t)tid;
    return word.at == word.end;
}

/* "45.678901:" */
static bool read_time(struct slice word, uint64_t *time_ns)
{
    uint64_t seconds, unit = 1000000000, fraction = 0;
    if (!read_number(&word, &seconds) || word.at == word.end || *word.at++ != '.')
        return false;
    for (; word.at < word.end && isdigit((unsigned char)*word.at); word.at++) {
        unit /= 10;
        fraction += unit * (uint64_t)(*word.at - '0');
    }
    *time_ns = seconds * 1000000000 + fraction;
    return word.at + 1 == word.end && *word.at == ':';
}

/* What is behind the ids: "[000]" or nothing, the time or nothing, "250000" or nothing, "event:".
 */
static bool read_fields(struct slice rest, struct header *header)
{
    struct slice word = next_word(&rest);
    if (word.at < word.end && *word.at == '[')
        word = next_word(&rest);
    if (read_time(word, &header->time_ns))
        word = next_word(&rest);
    struct slice number = word;
    if (read_number(&number, &header->period) && number.at == number.end)
        word = next_word(&rest);
    else
        header->period = 0;
    header->event = word;
    return word.end > word.at + 1 && word.end[-1] == ':' && !isdigit((unsigned char)*word.at);
}

static bool read_header(struct slice line, struct header *header)
{
    struct slice rest = line;
    if (line.at == line.end || isspace((unsigned char)*line.at) || *line.at == '#')
        return false;
    // Names of programs may hold blanks and numbers: the first ids that fields follow are the ones.
    for (next_word(&rest); rest.at < rest.end;) {
        const char *comm_end = rest.at;
        struct slice word = next_word(&rest);
        struct header found = {.comm = {line.at, comm_end}};
        if (read_ids(word, &found) && read_fields(rest, &found)) {
            *header = found;
            return true;
        }
    }
    return false;
}

bool perf_script_is_header(struct slice line)
{
    struct header header;
    return read_header(line, &header);
}

/* "name+0x12" without its offset. */
static struct slice without_offset(struct slice name)
{
    for (const char *at = name.end; at > name.at + 1 && isxdigit((unsigned char)at[-1]);) {
        at--;
        if (at - name.at > 3 && at[-1] == 'x' && at[-2] == '0' && at[-3] == '+')
            return (struct slice){name.at, at - 3};
    }
    return name;
}

/* The bracket that belongs to the one at the end: names of modules may hold brackets, too. */
static const char *opening_bracket(struct slice text)
{
    int depth = 0;
    for (const char *at = text.end; at > text.at; at--) {
        depth += (at[-1] == ')') - (at[-1] == '(');
        if (depth == 0)
            return at - 1;
    }
    return NULL;
}

/* "55d0c0de1234 name+0x12 (module)"; inlined frames have "(inlined)" for a module. */
static bool read_frame(struct script *script, struct slice line)
{
    struct slice text = trimmed(line), address = next_word(&text);
    for (const char *at = address.at; at < address.end; at++) {
        if (!isxdigit((unsigned char)*at))
            return false;
    }
    text = trimmed(text);
    struct slice module = {"", ""};
    bool inlined = false;
    if (text.at < text.end && text.end[-1] == ')') {
        const char *open = opening_bracket(text);
        if (open && (open == text.at || open[-1] == ' ')) {
            module = (struct slice){open + 1, text.end - 1};
            text.end = open;
        }
    }
    if (module.end - module.at == 7 && memcmp(module.at, "inlined", 7) == 0) {
        inlined = true;
        module = (struct slice){"", ""};
    }
    if (module.end - module.at == 9 && memcmp(module.at, "[unknown]", 9) == 0)
        module = (struct slice){"", ""};
    struct slice name = without_offset(trimmed(text));
    if (name.at == name.end)
        name = (struct slice){"[unknown]", "[unknown]" + 9};
    struct profile_builder *builder = &script->builder;
    uint32_t function = profile_builder_function(
        builder, name, profile_builder_module(builder, module), code_of_name(name));
    *array_push(&script->frames, &script->frame_count, &script->frame_capacity) =
        profile_builder_frame(builder, function, inlined);
    return true;
}

static bool is_clock(struct slice event)
{
    size_t size = (size_t)(event.end - event.at);
    return size > 9 && (memcmp(event.at, "cpu-clock", 9) == 0 ||
                        (size > 10 && memcmp(event.at, "task-clock", 10) == 0));
}

static void end_sample(struct script *script)
{
    struct profile *profile = script->builder.profile;
    if (!script->in_sample)
        return;
    script->in_sample = false;
    uint32_t stack = PROFILE_NONE;
    for (uint32_t i = script->frame_count; i-- > 0;)
        stack = profile_builder_stack(&script->builder, stack, script->frames[i]);
    const struct header *header = &script->header;
    script->all_clocks &= header->period && is_clock(header->event);
    *array_push(&script->periods, &script->period_count, &script->period_capacity) = header->period;
    *array_push(&profile->samples, &profile->sample_count,
                &profile->sample_capacity) = (struct profile_sample){
        .time_ns = header->time_ns,
        .thread = profile_builder_thread(&script->builder, header->pid, header->tid, header->comm),
        .stack = stack,
        .weight = 1,
    };
}

static void read_line(struct script *script, struct slice line)
{
    if (line.end > line.at && line.end[-1] == '\r')
        line.end--;
    if (line.at == line.end) {
        end_sample(script);
    } else if (isspace((unsigned char)*line.at)) {
        if (!script->in_sample || !read_frame(script, line))
            script->notes->lines_ignored++;
    } else if (*line.at != '#') {
        end_sample(script);
        script->in_sample = read_header(line, &script->header);
        script->frame_count = 0;
        script->notes->lines_ignored += !script->in_sample;
    }
}

/* Clocks count nanoseconds: then the weights are CPU time. */
static void weigh(struct script *script)
{
    struct profile *profile = script->builder.profile;
    uint64_t first = UINT64_MAX, last = 0;
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        struct profile_sample *sample = &profile->samples[i];
        if (script->all_clocks)
            sample->weight = script->periods[i];
        first = sample->time_ns < first ? sample->time_ns : first;
        last = sample->time_ns > last ? sample->time_ns : last;
    }
    if (!profile->sample_count)
        return;
    profile->period_ns = script->all_clocks;
    profile->start_ns = first ? first - 1 : 0; // a sample at the very beginning has a time, too
    profile->end_ns = last;
}

void perf_script_read(struct profile *profile, const char *bytes, size_t size,
                      struct import_notes *notes)
{
    struct script script = {.notes = notes, .all_clocks = true};
    profile_builder_init(&script.builder, profile);
    for (const char *at = bytes, *end = bytes + size; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        read_line(&script, (struct slice){at, line_end});
        at = line_end + 1;
    }
    end_sample(&script);
    weigh(&script);
    profile_builder_release(&script.builder);
    free(script.frames);
    free(script.periods);
}
