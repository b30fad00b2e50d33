/* SPDX-License-Identifier: MIT */
/*
 * recording_fixture.c - folders, files and recordings for tests.
 */
#include "tests/unit/recording/recording_fixture.h"

#include "profiler/base/memory.h"
#include "profiler/recording/codec.h"
#include "profiler/recording/reader.h"
#include "profiler/recording/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- files ---- */

static char folder[64];
static char paths[16][128];
static unsigned path_count;

int folder_begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/prof-test-XXXXXX");
    path_count = 0;
    return mkdtemp(folder) ? 0 : -1;
}

int folder_end(void **state)
{
    (void)state;
    DIR *all = opendir(folder);
    for (struct dirent *entry; all && (entry = readdir(all));)
        unlinkat(dirfd(all), entry->d_name, 0);
    if (all)
        closedir(all);
    return rmdir(folder);
}

const char *folder_path(const char *name)
{
    char *path = paths[path_count++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void file_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void file_read(const char *path, struct text *bytes)
{
    char block[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    bytes->length = 0;
    for (size_t size; (size = fread(block, 1, sizeof block, file)) > 0;)
        text_append(bytes, block, size);
    fclose(file);
}

bool file_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

/* ---- lists of records ---- */

static const void *own(struct record_list *list, const void *bytes, size_t size)
{
    char *copy = memory_new(size + 1, 1);
    if (size)
        memcpy(copy, bytes, size);
    *array_push(&list->owned, &list->owned_count, &list->owned_capacity) = copy;
    return copy;
}

void record_list_add(struct record_list *list, const struct recording_record *record)
{
    struct recording_record *copy = array_push(&list->records, &list->count, &list->capacity);
    *copy = *record;
    if (record->kind == RECORDING_STRING)
        copy->string.bytes = own(list, record->string.bytes, record->string.size);
    if (record->kind == RECORDING_FRAME_LINES || record->kind == RECORDING_FRAME_VERSION)
        copy->frame_lines.lines = own(list, record->frame_lines.lines,
                                      record->frame_lines.count * sizeof(struct recording_line));
}

void record_list_release(struct record_list *list)
{
    for (uint32_t i = 0; i < list->owned_count; i++)
        free(list->owned[i]);
    free(list->owned);
    free(list->records);
    *list = (struct record_list){0};
}

#define ADD(list, recording_kind, member, ...)                                                     \
    record_list_add(list,                                                                          \
                    &(struct recording_record){.kind = recording_kind, .member = {__VA_ARGS__}})

enum { START = 1000000000 }; // of the session, in ns

static void add_string(struct record_list *list, const char *bytes, size_t size)
{
    ADD(list, RECORDING_STRING, string, .bytes = bytes, .size = (uint32_t)size);
}

static void add_run(struct record_list *list)
{
    static const char *const strings[] = {"./app --fast", "/home/user", "host", "Linux", "timer",
                                          "0.1.0",        "/bin/app",   "main", "[vdso]"};
    for (unsigned i = 0; i < sizeof strings / sizeof *strings; i++)
        add_string(list, strings[i], strlen(strings[i]));
    add_string(list, "nul \0 and \xff", 11); // 10
    ADD(list, RECORDING_SESSION, session, 1, 2, 3, 4, 5, 6, 997, 1003009, START, UINT64_MAX);
    ADD(list, RECORDING_MODULE, module, .path = 7, .build_id_size = 20, .build_id = "\1\2\3\xff");
    ADD(list, RECORDING_MODULE, module, .path = 9, .kind = RECORDING_MODULE_VDSO);
    ADD(list, RECORDING_PROCESS, process, 4711, 1, 7, 1, START, 5000);
    ADD(list, RECORDING_PROCESS, process, UINT32_MAX, UINT32_MAX, 0, 0, UINT64_MAX, UINT64_MAX);
    ADD(list, RECORDING_THREAD, thread, 0, 4711, 8, START);
    ADD(list, RECORDING_THREAD, thread, 1, 4712, 10, START + 1);
    ADD(list, RECORDING_MAPPING, mapping, 0, 0, START, 0x1000, 0x2000, 0xffffffff00000000);
    ADD(list, RECORDING_MAPPING, mapping, 1, 1, START + 7, 0x1000, 0, 0);
}

static void add_samples(struct record_list *list)
{
    ADD(list, RECORDING_FRAME, frame, 0, RECORDING_FRAME_RETURN, 0x401000);
    ADD(list, RECORDING_FRAME, frame, 1, 0, 0);
    ADD(list, RECORDING_FRAME, frame, RECORDING_NONE, UINT32_MAX, UINT64_MAX);
    ADD(list, RECORDING_STACK, stack, RECORDING_NONE, 0);
    ADD(list, RECORDING_STACK, stack, 0, 1);
    ADD(list, RECORDING_STACK, stack, 0, 2);
    ADD(list, RECORDING_SAMPLE, sample, 0, 2, 1, RECORDING_STOP_COMPLETE, START + 1003000);
    ADD(list, RECORDING_SAMPLE, sample, 1, RECORDING_NONE, UINT32_MAX, RECORDING_STOP_NO_PROGRESS,
        START - 5000);
    ADD(list, RECORDING_SAMPLE, sample, 0, 0, 4, RECORDING_STOP_NO_CFI, START + 1001000);
}

static void add_more_samples(struct record_list *list, unsigned more)
{
    uint64_t random = 12345;
    for (unsigned i = 0; i < more; i++) {
        random = random * 6364136223846793005 + 1442695040888963407;
        uint32_t dice = (uint32_t)(random >> 33);
        if (dice % 4 == 0) {
            ADD(list, RECORDING_FRAME, frame, dice / 4 % 2, 1, 0x401000 + dice % 0x10000);
            ADD(list, RECORDING_STACK, stack, dice % 3, dice % 3);
        }
        ADD(list, RECORDING_SAMPLE, sample, dice / 16 % 2, dice % 3, 1 + (dice % 50 == 0),
            dice % 97 == 0 ? RECORDING_STOP_TRUNCATED : RECORDING_STOP_COMPLETE,
            START + (uint64_t)i * 1003000 + dice % 16 * 1000);
    }
}

static void add_ends(struct record_list *list)
{
    ADD(list, RECORDING_LOSS, loss, 1, RECORDING_LOSS_PAUSED, 3, 5);
    ADD(list, RECORDING_LOSS, loss, RECORDING_NONE, RECORDING_LOSS_NOT_PRELOADED, 1, 0);
    ADD(list, RECORDING_THREAD_END, thread_end, 0, 10, START + 9, 8);
    ADD(list, RECORDING_PROCESS_END, process_end, 0, START + 10, 9000);
    ADD(list, RECORDING_END, end, START + 11, -1);
}

static void add_symbols(struct record_list *list)
{
    static const struct recording_line lines[] = {{1, 7, 42}, {0, 0, UINT32_MAX}};
    ADD(list, RECORDING_FUNCTION, function, 8, 0, 0, 7, 12);
    ADD(list, RECORDING_FUNCTION, function, 8, 10, RECORDING_NONE, 0, 0);
    ADD(list, RECORDING_FRAME_LINES, frame_lines, 2, 2, lines);
    ADD(list, RECORDING_FRAME_LINES, frame_lines, 0, 0, lines);
    ADD(list, RECORDING_MODULE_SYMBOLS, module_symbols, 1, 9, 10);
    ADD(list, RECORDING_FRAME_VERSION, frame_version, 2, 1, lines + 1, 1, START + 7000);
    ADD(list, RECORDING_FRAME_VERSION, frame_version, 1, 0, NULL, 0, START - 1000);
}

void record_list_fill(struct record_list *list, unsigned more)
{
    add_run(list);
    add_samples(list);
    add_more_samples(list, more);
    add_ends(list);
    add_symbols(list);
}

void record_list_write(const struct record_list *list, const char *path, unsigned per_chunk)
{
    struct error error = {0};
    struct recording_writer *writer = recording_writer_create(path, &error);
    assert_string_equal(error.text, "");
    for (uint32_t i = 0; i < list->count; i++) {
        recording_writer_put(writer, &list->records[i]);
        if ((i + 1) % per_chunk == 0)
            assert_int_equal(recording_writer_flush(writer, &error), 0);
    }
    assert_int_equal(recording_writer_close(writer, &error), 0);
}

void record_list_read(struct record_list *list, const char *path, char damage[160])
{
    struct error error = {0};
    struct recording_record record;
    struct recording_reader *reader = recording_reader_open(path, &error);
    assert_string_equal(error.text, "");
    while (recording_reader_next(reader, &record) == 1)
        record_list_add(list, &record);
    assert_int_equal(recording_reader_next(reader, &record), 0);
    // Words exactly when something was lost.
    assert_int_equal(recording_reader_lost_bytes(reader) > 0,
                     *recording_reader_damage(reader) != 0);
    if (damage)
        snprintf(damage, 160, "%s", recording_reader_damage(reader));
    recording_reader_close(reader);
}

/* ---- JSON ---- */

static void append_hex(struct text *out, const void *bytes, size_t size)
{
    text_append_char(out, '"');
    for (size_t i = 0; i < size; i++)
        text_printf(out, "%02x", ((const unsigned char *)bytes)[i]);
    text_append_char(out, '"');
}

static void append_fields(struct text *out, const void *body, const struct codec_layout *layout);

static void append_lines(struct text *out, const struct recording_frame_lines *lines)
{
    text_append_char(out, '[');
    for (uint32_t i = 0; i < lines->count; i++) {
        text_append_string(out, i ? ", {" : "{");
        append_fields(out, &lines->lines[i], &codec_line_layout);
        text_append_char(out, '}');
    }
    text_append_char(out, ']');
}

static void append_value(struct text *out, const void *body, const struct codec_field *field)
{
    const struct recording_module *module = body;
    const struct recording_string *string = body;
    uint64_t value = 0;
    switch (field->form) {
    case CODEC_BYTES:
        append_hex(out, string->bytes, string->size);
        return;
    case CODEC_BUILD_ID:
        append_hex(out, module->build_id, module->build_id_size);
        return;
    case CODEC_LINES:
        append_lines(out, body);
        return;
    default:
        memcpy(&value, (const char *)body + field->offset, field->width);
    }
    bool may_be_none = field->form == CODEC_ID_OR_NONE || field->form == CODEC_ANCESTOR;
    if (may_be_none && value == RECORDING_NONE)
        text_append_string(out, "null");
    else if (field->form == CODEC_SIGNED)
        text_printf(out, "%" PRId32, (int32_t)value);
    else
        text_printf(out, "%" PRIu64, value);
}

static void append_fields(struct text *out, const void *body, const struct codec_layout *layout)
{
    for (unsigned i = 0; i < layout->field_count; i++) {
        text_printf(out, "%s\"%s\": ", i ? ", " : "", layout->fields[i].name);
        append_value(out, body, &layout->fields[i]);
    }
}

void record_append_json(struct text *out, const struct recording_record *record)
{
    const struct codec_layout *layout = codec_layout_of(record->kind);
    text_printf(out, "{\"record\": \"%s\", ", layout->name);
    append_fields(out, &record->session, layout);
    text_append_string(out, "}\n");
}

void record_list_append_json(struct text *out, const struct record_list *list, unsigned kind)
{
    text_append(out, "", 0);
    for (uint32_t i = 0; i < list->count; i++) {
        if (kind == 0 || list->records[i].kind == kind)
            record_append_json(out, &list->records[i]);
    }
}
