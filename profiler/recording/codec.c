/* SPDX-License-Identifier: MIT */
/*
 * codec.c - record fields as numbers and back.
 */
#include "profiler/recording/codec.h"

#include "profiler/base/memory.h"

#include <stdlib.h>
#include <string.h>

void codec_state_init(struct codec_state *state)
{
    *state = (struct codec_state){.chunk = 1};
    state->counts[RECORDING_STRING] = 1; // the empty string needs no record
}

void codec_state_release(struct codec_state *state)
{
    free(state->threads);
    *state = (struct codec_state){0};
}

void codec_state_begin_chunk(struct codec_state *state)
{
    ++state->chunk;
}

bool codec_state_admits(const struct codec_state *state, enum recording_kind kind)
{
    if (state->counts[kind] == RECORDING_NONE)
        return false;
    if (kind == RECORDING_STRING)
        return true;
    return state->counts[RECORDING_SESSION] == (kind == RECORDING_SESSION ? 0 : 1);
}

void codec_state_count(struct codec_state *state, const struct recording_record *record)
{
    ++state->counts[record->kind];
    if (record->kind == RECORDING_SESSION)
        state->start_ns = record->session.start_ns;
}

static struct codec_previous *thread_previous(struct codec_state *state, uint32_t thread)
{
    if (thread >= state->thread_capacity) {
        uint32_t old = state->thread_capacity;
        uint32_t capacity = old ? old : 16;
        while (capacity <= thread)
            capacity = capacity > UINT32_MAX / 2 ? UINT32_MAX : capacity * 2;
        state->threads = memory_resize(state->threads, capacity, sizeof *state->threads);
        memset(state->threads + old, 0, (capacity - old) * sizeof *state->threads);
        state->thread_capacity = capacity;
    }
    return &state->threads[thread];
}

/* Where the value is kept that the field's next one is a difference to. */
static uint64_t *previous_value(struct codec_state *state, const struct recording_record *record,
                                const struct codec_field *field)
{
    struct codec_previous *previous = field->relative == CODEC_TO_THREAD
                                          ? thread_previous(state, record->sample.thread)
                                          : &state->kinds[record->kind];
    if (previous->chunk != state->chunk)
        *previous = (struct codec_previous){.chunk = state->chunk};
    return &previous->values[field - codec_layout_of(record->kind)->fields];
}

static uint64_t zigzag(uint64_t difference)
{
    return (difference << 1) ^ (0 - (difference >> 63));
}

static uint64_t unzigzag(uint64_t coded)
{
    return (coded >> 1) ^ (0 - (coded & 1));
}

static uint64_t time_to_units(uint64_t time_ns, uint64_t start_ns)
{
    int64_t difference = (int64_t)(time_ns - start_ns);
    int64_t units = difference / RECORDING_TIME_UNIT_NS;
    if (difference % RECORDING_TIME_UNIT_NS < 0)
        --units;
    return (uint64_t)units;
}

/* ---- numbers in structs ---- */

static uint64_t load(const void *body, const struct codec_field *field)
{
    const char *at = (const char *)body + field->offset;
    uint64_t value = 0; // little-endian hosts only, as base/bytes.h
    memcpy(&value, at, field->width);
    return value;
}

/* Not one memcpy of the width: that is a call, for each field of each sample. */
static inline bool store(void *body, const struct codec_field *field, uint64_t value)
{
    char *at = (char *)body + field->offset;
    if (field->width == 8)
        memcpy(at, &value, 8);
    else if (value >> (8 * field->width))
        return false;
    else if (field->width == 4)
        memcpy(at, &value, 4);
    else
        memcpy(at, &value, field->width);
    return true;
}

/* ---- encoding ---- */

/* The number that stands for the field's value; false when the value is an id out of range. */
static bool number_of(const struct codec_state *state, enum recording_kind kind, const void *body,
                      const struct codec_field *field, uint64_t *number)
{
    uint64_t value = load(body, field);
    *number = value;
    switch ((enum codec_form)field->form) {
    case CODEC_SIGNED:
        *number = zigzag((uint64_t)(int64_t)(int32_t)value);
        return true;
    case CODEC_COUNT:
        *number = value ? value - 1 : 0;
        return true;
    case CODEC_ID:
        return value < state->counts[field->refers];
    case CODEC_ID_OR_NONE:
        *number = value == RECORDING_NONE ? 0 : value + 1;
        return *number <= state->counts[field->refers];
    case CODEC_ANCESTOR:
        *number = value == RECORDING_NONE ? 0 : state->counts[kind] - value;
        return value == RECORDING_NONE || value < state->counts[kind];
    case CODEC_TIME:
        *number = time_to_units(value, state->start_ns);
        return true;
    default:
        return true;
    }
}

static bool encode_lines(const struct codec_state *state, const struct recording_frame_lines *lines,
                         struct text *out)
{
    size_t begin = out->length;
    uint32_t count = lines->count < CODEC_LINES_MAX ? lines->count : CODEC_LINES_MAX;
    text_append_varint(out, count);
    for (uint32_t i = 0; i < count; i++) {
        for (unsigned f = 0; f < codec_line_layout.field_count; f++) {
            uint64_t number;
            if (!number_of(state, RECORDING_FRAME_LINES, &lines->lines[i],
                           &codec_line_layout.fields[f], &number)) {
                out->length = begin;
                return false;
            }
            text_append_varint(out, number);
        }
    }
    return true;
}

static void encode_bytes(const void *bytes, size_t size, struct text *out)
{
    text_append_varint(out, size);
    text_append(out, bytes, size);
}

bool codec_encode(struct codec_state *state, const struct recording_record *record,
                  const struct codec_field *field, struct text *out)
{
    const struct recording_string *string = &record->string;
    const struct recording_module *module = &record->module;
    switch ((enum codec_form)field->form) {
    case CODEC_BYTES:
        encode_bytes(string->bytes,
                     string->size < CODEC_STRING_MAX ? string->size : CODEC_STRING_MAX, out);
        return true;
    case CODEC_BUILD_ID:
        encode_bytes(module->build_id,
                     module->build_id_size < RECORDING_BUILD_ID_MAX ? module->build_id_size
                                                                    : RECORDING_BUILD_ID_MAX,
                     out);
        return true;
    case CODEC_LINES:
        return encode_lines(state, &record->frame_lines, out);
    default:
        break;
    }
    uint64_t number;
    if (!number_of(state, record->kind, &record->session, field, &number))
        return false;
    if (field->relative != CODEC_ABSOLUTE) {
        uint64_t *previous = previous_value(state, record, field);
        uint64_t difference = number - *previous;
        *previous = number;
        number = zigzag(difference);
    }
    text_append_varint(out, number);
    return true;
}

/* ---- decoding ---- */

/* Stores the value a number stands for; false when it stands for none. `id` is that of the record.
 */
static inline bool value_of(const struct codec_state *state, uint32_t id, void *body,
                            const struct codec_field *field, uint64_t number)
{
    switch ((enum codec_form)field->form) {
    case CODEC_SIGNED: {
        int64_t value = (int64_t)unzigzag(number);
        return value == (int32_t)value && store(body, field, (uint32_t)value);
    }
    case CODEC_COUNT:
        return number < UINT32_MAX && store(body, field, number + 1);
    case CODEC_CHOICE:
        return store(body, field, number < field->limit ? number : field->otherwise);
    case CODEC_ID:
        return number < state->counts[field->refers] && store(body, field, number);
    case CODEC_ID_OR_NONE:
        return number <= state->counts[field->refers] &&
               store(body, field, number ? number - 1 : RECORDING_NONE);
    case CODEC_ANCESTOR:
        return number <= id && store(body, field, number ? id - number : RECORDING_NONE);
    case CODEC_TIME:
        return store(body, field, state->start_ns + number * RECORDING_TIME_UNIT_NS);
    default:
        return store(body, field, number);
    }
}

static bool decode_string(struct recording_string *string, struct bytes *in, struct text *scratch)
{
    uint64_t size = bytes_varint(in);
    const uint8_t *bytes = size <= CODEC_STRING_MAX ? bytes_take(in, size) : NULL;
    if (!bytes)
        return false;
    scratch->length = 0;
    text_append(scratch, bytes, size);
    *string = (struct recording_string){scratch->data, (uint32_t)size};
    return true;
}

static bool decode_build_id(struct recording_module *module, struct bytes *in)
{
    uint64_t size = bytes_varint(in);
    const uint8_t *bytes = size <= RECORDING_BUILD_ID_MAX ? bytes_take(in, size) : NULL;
    if (!bytes)
        return false;
    memset(module->build_id, 0, sizeof module->build_id);
    memcpy(module->build_id, bytes, size);
    module->build_id_size = (uint8_t)size;
    return true;
}

static bool decode_lines(const struct codec_state *state, struct recording_frame_lines *lines,
                         struct bytes *in, struct text *scratch)
{
    uint64_t count = bytes_varint(in);
    if (count > CODEC_LINES_MAX || count * codec_line_layout.field_count > bytes_left(in))
        return false;
    scratch->length = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct recording_line line = {0};
        for (unsigned f = 0; f < codec_line_layout.field_count; f++) {
            uint64_t number = bytes_varint(in);
            if (in->failed || !value_of(state, 0, &line, &codec_line_layout.fields[f], number))
                return false;
        }
        text_append(scratch, &line, sizeof line);
    }
    lines->count = (uint32_t)count;
    lines->lines = (const void *)scratch->data;
    return true;
}

bool codec_decode(struct codec_state *state, struct recording_record *record,
                  const struct codec_field *field, struct bytes *in, struct text *scratch)
{
    switch ((enum codec_form)field->form) {
    case CODEC_BYTES:
        return decode_string(&record->string, in, scratch);
    case CODEC_BUILD_ID:
        return decode_build_id(&record->module, in);
    case CODEC_LINES:
        return decode_lines(state, &record->frame_lines, in, scratch);
    default:
        break;
    }
    uint64_t number = bytes_varint(in);
    if (in->failed)
        return false;
    if (field->relative != CODEC_ABSOLUTE) {
        uint64_t *previous = previous_value(state, record, field);
        number = *previous + unzigzag(number);
        *previous = number;
    }
    return value_of(state, state->counts[record->kind], &record->session, field, number);
}

uint32_t codec_decode_column(struct codec_state *state, struct recording_record *records,
                             uint32_t count, const struct codec_field *field, struct bytes *in)
{
    uint64_t *previous = NULL;
    uint32_t first_id = state->counts[records->kind];
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = bytes_varint(in);
        if (in->failed)
            return i;
        if (field->relative != CODEC_ABSOLUTE) {
            if (!previous || (field->relative == CODEC_TO_THREAD &&
                              records[i].sample.thread != records[i - 1].sample.thread))
                previous = previous_value(state, &records[i], field);
            number = *previous += unzigzag(number);
        }
        if (!value_of(state, first_id + i, &records[i].session, field, number))
            return i;
    }
    return count;
}

bool codec_decode_absent(struct codec_state *state, struct recording_record *record,
                         const struct codec_field *field)
{
    switch ((enum codec_form)field->form) {
    case CODEC_BYTES:
        record->string = (struct recording_string){"", 0};
        return true;
    case CODEC_BUILD_ID:
        record->module.build_id_size = 0;
        memset(record->module.build_id, 0, sizeof record->module.build_id);
        return true;
    case CODEC_LINES:
        record->frame_lines.count = 0;
        record->frame_lines.lines = NULL;
        return true;
    default:
        return value_of(state, state->counts[record->kind], &record->session, field, 0);
    }
}
