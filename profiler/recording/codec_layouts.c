/* SPDX-License-Identifier: MIT */
/*
 * codec_layouts.c - the tables: every record kind and its fields, in the order of the file.
 *
 * FORMAT.md has the same tables in words. New fields go to the end of their table.
 */
#include "profiler/recording/codec.h"

#define FIELD(kind, member, coded_as, ...)                                                         \
    {                                                                                              \
        .name = #member, .offset = offsetof(struct recording_##kind, member),                      \
        .width = sizeof(((struct recording_##kind *)0)->member), .form = coded_as, __VA_ARGS__     \
    }
#define NUMBER(kind, member) FIELD(kind, member, CODEC_NUMBER)
#define STRING(kind, member) FIELD(kind, member, CODEC_ID, .refers = RECORDING_STRING)

static const struct codec_field session_fields[] = {
    STRING(session, command),       STRING(session, directory), STRING(session, host),
    STRING(session, system),        STRING(session, engine),    STRING(session, prof_version),
    NUMBER(session, requested_hz),  NUMBER(session, period_ns), NUMBER(session, start_ns),
    NUMBER(session, start_unix_ns),
};
static const struct codec_field string_fields[] = {
    FIELD(string, bytes, CODEC_BYTES),
};
static const struct codec_field module_fields[] = {
    STRING(module, path),
    FIELD(module, kind, CODEC_CHOICE, .limit = RECORDING_MODULE_KERNEL + 1,
          .otherwise = RECORDING_MODULE_ELF),
    FIELD(module, build_id, CODEC_BUILD_ID),
};
static const struct codec_field process_fields[] = {
    NUMBER(process, pid),     NUMBER(process, parent_pid), STRING(process, executable),
    STRING(process, command), NUMBER(process, start_ns),   NUMBER(process, start_cpu_ns),
};
static const struct codec_field thread_fields[] = {
    FIELD(thread, process, CODEC_ID, .refers = RECORDING_PROCESS),
    NUMBER(thread, tid),
    STRING(thread, name),
    NUMBER(thread, start_ns),
};
static const struct codec_field mapping_fields[] = {
    FIELD(mapping, process, CODEC_ID, .refers = RECORDING_PROCESS),
    FIELD(mapping, module, CODEC_ID, .refers = RECORDING_MODULE),
    NUMBER(mapping, time_ns),
    NUMBER(mapping, start),
    NUMBER(mapping, end),
    NUMBER(mapping, bias),
};
static const struct codec_field frame_fields[] = {
    FIELD(frame, module, CODEC_ID_OR_NONE, .refers = RECORDING_MODULE),
    NUMBER(frame, flags),
    FIELD(frame, address, CODEC_NUMBER, .relative = CODEC_TO_PREVIOUS),
};
static const struct codec_field stack_fields[] = {
    FIELD(stack, parent, CODEC_ANCESTOR, .refers = RECORDING_STACK),
    FIELD(stack, frame, CODEC_ID, .refers = RECORDING_FRAME),
};
static const struct codec_field sample_fields[] = {
    FIELD(sample, thread, CODEC_ID, .refers = RECORDING_THREAD),
    FIELD(sample, stack, CODEC_ID_OR_NONE, .refers = RECORDING_STACK, .relative = CODEC_TO_THREAD),
    FIELD(sample, weight, CODEC_COUNT),
    FIELD(sample, stop, CODEC_CHOICE, .limit = RECORDING_STOP_COUNT,
          .otherwise = RECORDING_STOP_UNSUPPORTED),
    FIELD(sample, time_ns, CODEC_TIME, .relative = CODEC_TO_THREAD),
};
static const struct codec_field loss_fields[] = {
    FIELD(loss, thread, CODEC_ID_OR_NONE, .refers = RECORDING_THREAD),
    FIELD(loss, reason, CODEC_CHOICE, .limit = RECORDING_LOSS_COUNT,
          .otherwise = RECORDING_LOSS_RING_FULL),
    NUMBER(loss, samples),
    NUMBER(loss, weight),
};
static const struct codec_field thread_end_fields[] = {
    FIELD(thread_end, thread, CODEC_ID, .refers = RECORDING_THREAD),
    STRING(thread_end, name),
    NUMBER(thread_end, end_ns),
    NUMBER(thread_end, cpu_ns),
};
static const struct codec_field process_end_fields[] = {
    FIELD(process_end, process, CODEC_ID, .refers = RECORDING_PROCESS),
    NUMBER(process_end, end_ns),
    NUMBER(process_end, cpu_ns),
};
static const struct codec_field end_fields[] = {
    NUMBER(end, end_ns),
    FIELD(end, wait_status, CODEC_SIGNED),
};
static const struct codec_field function_fields[] = {
    STRING(function, name),
    STRING(function, linkage_name),
    FIELD(function, module, CODEC_ID_OR_NONE, .refers = RECORDING_MODULE),
    STRING(function, file),
    NUMBER(function, line),
};
static const struct codec_field frame_lines_fields[] = {
    FIELD(frame_lines, frame, CODEC_ID, .refers = RECORDING_FRAME, .relative = CODEC_TO_PREVIOUS),
    FIELD(frame_lines, lines, CODEC_LINES),
};
static const struct codec_field line_fields[] = {
    FIELD(line, function, CODEC_ID, .refers = RECORDING_FUNCTION),
    STRING(line, file),
    NUMBER(line, line),
};
static const struct codec_field module_symbols_fields[] = {
    FIELD(module_symbols, module, CODEC_ID, .refers = RECORDING_MODULE),
    STRING(module_symbols, source),
    STRING(module_symbols, reason),
};
static const struct codec_field frame_version_fields[] = {
    FIELD(frame_version, frame, CODEC_ID, .refers = RECORDING_FRAME, .relative = CODEC_TO_PREVIOUS),
    FIELD(frame_version, lines, CODEC_LINES),
    FIELD(frame_version, process, CODEC_ID, .refers = RECORDING_PROCESS),
    NUMBER(frame_version, since_ns),
};
_Static_assert(offsetof(struct recording_frame_version, lines) ==
                   offsetof(struct recording_frame_lines, lines),
               "the codec reads the lines of both as those of recording_frame_lines");

#define LAYOUT(name, shape, fields)                                                                \
    {                                                                                              \
        name, shape, sizeof(fields) / sizeof *(fields), fields                                     \
    }
static const struct codec_layout layouts[CODEC_KIND_COUNT] = {
    [RECORDING_SESSION] = LAYOUT("SESSION", CODEC_ROW, session_fields),
    [RECORDING_STRING] = LAYOUT("STRING", CODEC_DEFINITION, string_fields),
    [RECORDING_MODULE] = LAYOUT("MODULE", CODEC_DEFINITION, module_fields),
    [RECORDING_PROCESS] = LAYOUT("PROCESS", CODEC_DEFINITION, process_fields),
    [RECORDING_THREAD] = LAYOUT("THREAD", CODEC_DEFINITION, thread_fields),
    [RECORDING_MAPPING] = LAYOUT("MAPPING", CODEC_DEFINITION, mapping_fields),
    [RECORDING_FRAME] = LAYOUT("FRAME", CODEC_BATCH, frame_fields),
    [RECORDING_STACK] = LAYOUT("STACK", CODEC_BATCH, stack_fields),
    [RECORDING_SAMPLE] = LAYOUT("SAMPLE", CODEC_BATCH, sample_fields),
    [RECORDING_LOSS] = LAYOUT("LOSS", CODEC_ROW, loss_fields),
    [RECORDING_THREAD_END] = LAYOUT("THREAD_END", CODEC_ROW, thread_end_fields),
    [RECORDING_PROCESS_END] = LAYOUT("PROCESS_END", CODEC_ROW, process_end_fields),
    [RECORDING_END] = LAYOUT("END", CODEC_ROW, end_fields),
    [RECORDING_FUNCTION] = LAYOUT("FUNCTION", CODEC_DEFINITION, function_fields),
    [RECORDING_FRAME_LINES] = LAYOUT("FRAME_LINES", CODEC_ROW, frame_lines_fields),
    [RECORDING_MODULE_SYMBOLS] = LAYOUT("MODULE_SYMBOLS", CODEC_ROW, module_symbols_fields),
    [RECORDING_FRAME_VERSION] = LAYOUT("FRAME_VERSION", CODEC_ROW, frame_version_fields),
};
const struct codec_layout codec_line_layout = LAYOUT("line", CODEC_ROW, line_fields);

const struct codec_layout *codec_layout_of(uint64_t kind)
{
    return kind < CODEC_KIND_COUNT && layouts[kind].name ? &layouts[kind] : NULL;
}
