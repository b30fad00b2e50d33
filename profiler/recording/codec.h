/* SPDX-License-Identifier: MIT */
/*
 * codec.h - the fields of every record kind as tables, and how one field becomes a number.
 *
 * Writer and reader both walk these tables, and a test holds FORMAT.md to them: a field is
 * described once. What a field's number means is its `form`; whether the number itself or the
 * difference to an earlier one is kept is its `relative`.
 *
 * Memory: zero-initialised is not enough for a state; it owns its threads until release.
 */
#ifndef PROF_RECORDING_CODEC_H
#define PROF_RECORDING_CODEC_H

#include "profiler/base/bytes.h"
#include "profiler/base/text.h"
#include "profiler/recording/format.h"

#include <stdbool.h>

enum {
    CODEC_KIND_COUNT = RECORDING_FRAME_VERSION + 1, /* kinds we know are below this */
    CODEC_COLUMNS_MAX = 5,
    CODEC_STRING_MAX = 16 << 20, /* bytes of one string; the writer cuts what is longer */
    CODEC_LINES_MAX = 1 << 16,   /* lines of one frame; likewise */
};

enum codec_form {
    CODEC_NUMBER,     /* the value */
    CODEC_SIGNED,     /* zigzag: 0, -1, 1, -2, ... */
    CODEC_COUNT,      /* the value - 1: never 0 */
    CODEC_CHOICE,     /* a value below `limit`; a later one is read as `otherwise` */
    CODEC_ID,         /* an id of kind `refers` that came before */
    CODEC_ID_OR_NONE, /* 0 for none, else the id + 1 */
    CODEC_ANCESTOR,   /* 0 for none, else own id - the id of the same kind */
    CODEC_TIME,       /* microseconds since the session's start, signed */
    CODEC_BYTES,      /* byte count, bytes (recording_string) */
    CODEC_BUILD_ID,   /* byte count, bytes (recording_module) */
    CODEC_LINES,      /* line count, then the fields of each (recording_frame_lines) */
};

enum codec_relative {
    CODEC_ABSOLUTE,
    CODEC_TO_PREVIOUS, /* zigzag difference to the record of this kind before it in the chunk */
    CODEC_TO_THREAD,   /* zigzag difference to the sample of its thread before it in the chunk */
};

struct codec_field {
    const char *name;
    uint16_t offset; /* in the record's struct */
    uint8_t width;   /* in bytes there */
    uint8_t form;    /* enum codec_form */
    uint8_t relative;
    uint8_t refers; /* enum recording_kind, of ids */
    uint8_t limit, otherwise;
};

enum codec_shape {
    CODEC_ROW,        /* the record alone, field after field */
    CODEC_DEFINITION, /* a row that may overtake waiting batches: it refers to nothing in them */
    CODEC_BATCH,      /* many records in one, a column for each field */
};

struct codec_layout {
    const char *name; /* NULL: no such kind */
    enum codec_shape shape;
    unsigned field_count;
    const struct codec_field *fields;
};

/* The layout of a kind, or NULL when this version does not know it. */
const struct codec_layout *codec_layout_of(uint64_t kind);

/* The fields of one line in FRAME_LINES. */
extern const struct codec_layout codec_line_layout;

/* What coding depends on: how many ids there are, and the values before. */
struct codec_state {
    uint32_t counts[CODEC_KIND_COUNT]; /* the id the next record of a kind will have */
    uint64_t start_ns;                 /* of the session */
    uint64_t chunk;                    /* counts chunks, so that older values are known as such */
    struct codec_previous {
        uint64_t chunk;
        uint64_t values[CODEC_COLUMNS_MAX];
    } kinds[CODEC_KIND_COUNT], *threads;
    uint32_t thread_capacity;
};

void codec_state_init(struct codec_state *state);
void codec_state_release(struct codec_state *state);

/* Differences begin anew: each chunk decodes without the one before. */
void codec_state_begin_chunk(struct codec_state *state);

/* Whether a record of this kind may come now: SESSION once, before all but STRING. */
bool codec_state_admits(const struct codec_state *state, enum recording_kind kind);

/* Takes note of a record that was coded. */
void codec_state_count(struct codec_state *state, const struct recording_record *record);

/* Appends one field. Returns false, with nothing appended, when it holds an id that does not
 * exist. */
bool codec_encode(struct codec_state *state, const struct recording_record *record,
                  const struct codec_field *field, struct text *out);

/*
 * Reads one field into the record, whose kind is set and whose earlier fields are read. Bytes and
 * lines are put into `scratch`, to which the record then points. Returns false when the bytes end
 * too soon, the value does not fit or an id does not exist.
 */
bool codec_decode(struct codec_state *state, struct recording_record *record,
                  const struct codec_field *field, struct bytes *in, struct text *scratch);

/*
 * Reads one field, which is a number, of `count` records, which are the next ones of their kind:
 * their kind is set and their earlier fields are read. Returns how many were read; at the one after
 * them the bytes end or make no sense.
 */
uint32_t codec_decode_column(struct codec_state *state, struct recording_record *records,
                             uint32_t count, const struct codec_field *field, struct bytes *in);

/* Gives the field the value of a record that ends before it: zero. Returns as codec_decode. */
bool codec_decode_absent(struct codec_state *state, struct recording_record *record,
                         const struct codec_field *field);

#endif
