/* SPDX-License-Identifier: MIT */
/*
 * profile_save.c - adds the symbols of a profile to the recording it came from.
 */
#include "profiler/profile/profile.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "profiler/recording/writer.h"

#include <stdlib.h>

struct saver {
    const struct profile *profile;
    struct recording_writer *writer;
    uint32_t *strings;       /* string id in the file, or 0 where it was not yet written */
    uint32_t first_function; /* id in the file of the profile's first function */
    uint32_t frame_count, module_count, process_count; /* that the file knows too */
    struct text lines;                                 /* of the frame being written */
};

/* The id of a string in the file. Strings are written again rather than looked for: the file may
 * hold them, but finding out would take more than these few bytes are worth. */
static uint32_t saved_string(struct saver *saver, uint32_t id)
{
    const struct string_table *strings = &saver->profile->strings;
    if (id == 0 || id >= strings->count)
        return 0;
    if (saver->strings[id] == 0) {
        saver->strings[id] = recording_writer_count(saver->writer, RECORDING_STRING);
        recording_writer_put(saver->writer, &(struct recording_record){
                                                .kind = RECORDING_STRING,
                                                .string.bytes = string_table_get(strings, id),
                                                .string.size = string_table_size(strings, id),
                                            });
    }
    return saver->strings[id];
}

static void save_function(struct saver *saver, const struct profile_function *function)
{
    struct recording_record record = {.kind = RECORDING_FUNCTION};
    record.function.name = saved_string(saver, function->name);
    record.function.linkage_name = saved_string(saver, function->linkage_name);
    record.function.file = saved_string(saver, function->file);
    record.function.line = function->line;
    record.function.module =
        function->module < saver->module_count ? function->module : RECORDING_NONE;
    recording_writer_put(saver->writer, &record);
}

/* The lines as the file has them. Borrowed until the next call. */
static const struct recording_line *saved_lines(struct saver *saver, uint32_t first, uint32_t count)
{
    saver->lines.length = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct profile_line *from = &saver->profile->lines[first + i];
        struct recording_line line = {
            .function = saver->first_function + from->function,
            .file = saved_string(saver, from->file),
            .line = from->line,
        };
        text_append(&saver->lines, &line, sizeof line);
    }
    return (const void *)saver->lines.data;
}

/* Also a frame without lines is written: it may have had some before. */
static void save_frame(struct saver *saver, uint32_t id)
{
    const struct profile_frame *frame = &saver->profile->frames[id];
    struct recording_record record = {.kind = RECORDING_FRAME_LINES};
    record.frame_lines.frame = id;
    record.frame_lines.count = frame->line_count;
    record.frame_lines.lines = saved_lines(saver, frame->first_line, frame->line_count);
    recording_writer_put(saver->writer, &record);
}

static void save_version(struct saver *saver, const struct profile_version *version)
{
    struct recording_record record = {.kind = RECORDING_FRAME_VERSION};
    if (version->frame >= saver->frame_count || version->process >= saver->process_count)
        return;
    record.frame_version.frame = version->frame;
    record.frame_version.process = version->process;
    record.frame_version.since_ns = version->since_ns;
    record.frame_version.count = version->line_count;
    record.frame_version.lines = saved_lines(saver, version->first_line, version->line_count);
    recording_writer_put(saver->writer, &record);
}

static void save_module(struct saver *saver, uint32_t id)
{
    const struct profile_module *module = &saver->profile->modules[id];
    struct recording_record record = {.kind = RECORDING_MODULE_SYMBOLS};
    record.module_symbols.module = id;
    record.module_symbols.source = saved_string(saver, module->symbol_source);
    record.module_symbols.reason = saved_string(saver, module->symbol_reason);
    recording_writer_put(saver->writer, &record);
}

/* A damaged recording has had its last chunk cut off, and with it ids that the profile knows. More
 * ids than the profile has mean that it is not the file the profile came from. */
static int agree_on_count(uint32_t *common, uint32_t ours, uint32_t of_file, const char *path,
                          struct error *error)
{
    if (of_file > ours)
        return error_set(error, 0, "%s has changed since it was read", path);
    *common = of_file;
    return 0;
}

static int save_symbols(struct saver *saver, const char *path, struct error *error)
{
    const struct profile *profile = saver->profile;
    struct recording_writer *writer = saver->writer;
    if (agree_on_count(&saver->frame_count, profile->frame_count,
                       recording_writer_count(writer, RECORDING_FRAME), path, error) < 0 ||
        agree_on_count(&saver->module_count, profile->module_count,
                       recording_writer_count(writer, RECORDING_MODULE), path, error) < 0)
        return -1;
    saver->process_count = recording_writer_count(writer, RECORDING_PROCESS);
    saver->first_function = recording_writer_count(writer, RECORDING_FUNCTION);
    for (uint32_t i = 0; i < profile->function_count; i++)
        save_function(saver, &profile->functions[i]);
    for (uint32_t i = 0; i < saver->frame_count; i++)
        save_frame(saver, i);
    for (uint32_t i = 0; i < profile->version_count; i++)
        save_version(saver, &profile->versions[i]);
    for (uint32_t i = 0; i < saver->module_count; i++)
        save_module(saver, i);
    return 0;
}

int profile_save_symbols(const struct profile *profile, const char *path, struct error *error)
{
    struct saver saver = {.profile = profile};
    saver.writer = recording_writer_append(path, error);
    if (!saver.writer)
        return -1;
    saver.strings = memory_new(profile->strings.count, sizeof *saver.strings);
    int result = save_symbols(&saver, path, error);
    if (recording_writer_close(saver.writer, result == 0 ? error : NULL) < 0)
        result = -1;
    free(saver.strings);
    text_release(&saver.lines);
    return result;
}
