/* SPDX-License-Identifier: MIT */
/*
 * svg_data.c - all frames of a call tree as compressed columns.
 *
 * Columns instead of records, and small numbers for what is frequent: it compresses to about 3.5
 * bytes a frame, and a reader fills its arrays one after the other.
 */
#include "render/svg_data.h"

#include "profiler/base/memory.h"
#include "render/names.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum section {
    SECTION_RUN = 1,
    SECTION_STRINGS = 2,
    SECTION_FUNCTIONS = 3,
    SECTION_NODES = 4,
};

enum { CHUNK_BYTES = 3 * 256 * 1024 }; // 1 MiB of base64

struct encoder {
    const struct call_tree *tree;
    struct string_table strings;
    uint32_t *functions;        /* tree functions, the most frequent first */
    uint32_t *id_of_function;   /* the reverse */
    uint32_t *uses_of_function; /* nodes it has */
};

static void append_section(struct text *out, enum section section, struct text *body)
{
    text_append_varint(out, section);
    text_append_varint(out, body->length);
    text_append(out, body->data ? body->data : "", body->length);
    text_release(body);
}

/* The id of the bytes, made visible, among the strings of the document. */
static uint32_t string_id(struct encoder *encoder, const char *bytes, size_t size)
{
    struct text visible = TEXT_INIT;
    name_append_visible_cut(&visible, bytes, size, SVG_DATA_NAME_MAX);
    uint32_t id = string_table_add(&encoder->strings, visible.data, visible.length);
    text_release(&visible);
    return id;
}

static uint32_t profile_string_id(struct encoder *encoder, uint32_t string)
{
    const struct string_table *strings = &encoder->tree->profile->strings;
    return string_id(encoder, string_table_get(strings, string),
                     string_table_size(strings, string));
}

static int compare_uses(const void *left, const void *right, void *context)
{
    const uint32_t *uses = context, a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (uses[a] != uses[b])
        return uses[a] > uses[b] ? -1 : 1;
    return a < b ? -1 : 1;
}

static void number_functions(struct encoder *encoder)
{
    const struct call_tree *tree = encoder->tree;
    uint32_t count = tree->function_count;
    encoder->functions = memory_new(count + 1, sizeof *encoder->functions);
    encoder->id_of_function = memory_new(count + 1, sizeof *encoder->id_of_function);
    encoder->uses_of_function = memory_new(count + 1, sizeof *encoder->uses_of_function);
    for (uint32_t i = CALL_TREE_ROOT + 1; i < tree->node_count; i++)
        encoder->uses_of_function[tree->nodes[i].function]++;
    for (uint32_t i = 0; i < count; i++)
        encoder->functions[i] = i;
    qsort_r(encoder->functions, count, sizeof *encoder->functions, compare_uses,
            encoder->uses_of_function);
    for (uint32_t i = 0; i < count; i++)
        encoder->id_of_function[encoder->functions[i]] = i;
}

static void append_run(struct text *out, struct encoder *encoder)
{
    const struct profile *profile = encoder->tree->profile;
    struct profile_totals totals;
    profile_totals(profile, &totals);
    struct text body = TEXT_INIT;
    text_append_varint(&body, profile->period_ns);
    text_append_varint(&body, profile->requested_hz);
    text_append_varint(&body, totals.duration_ns);
    text_append_varint(&body, totals.cpu_ns);
    text_append_varint(&body, totals.lost_samples);
    text_append_varint(&body, totals.lost_weight);
    text_append_varint(&body, profile_string_id(encoder, profile->command));
    text_append_varint(&body, profile_string_id(encoder, profile->host));
    text_append_varint(&body, profile_string_id(encoder, profile->system));
    text_append_varint(&body, profile_string_id(encoder, profile->engine));
    append_section(out, SECTION_RUN, &body);
}

/* A section of equally long columns: their length, then each with its size in bytes. */
static void append_columns(struct text *out, enum section section, uint32_t length,
                           struct text *columns, size_t count)
{
    struct text body = TEXT_INIT;
    text_append_varint(&body, length);
    for (size_t i = 0; i < count; i++) {
        text_append_varint(&body, columns[i].length);
        text_append(&body, columns[i].data ? columns[i].data : "", columns[i].length);
        text_release(&columns[i]);
    }
    append_section(out, section, &body);
}

static void append_functions(struct text *out, struct encoder *encoder)
{
    enum { NAME, MODULE, FILE_NAME, LINE, FLAGS, COLUMNS };
    struct text columns[COLUMNS] = {0};
    const struct call_tree *tree = encoder->tree;
    const struct profile *profile = tree->profile;
    for (uint32_t i = 0; i < tree->function_count; i++) {
        const struct call_tree_function *function = &tree->functions[encoder->functions[i]];
        uint32_t size, module = 0;
        const char *name = call_tree_name(tree, function, &size);
        if (function->module < profile->module_count)
            module = profile_string_id(encoder, profile->modules[function->module].path);
        text_append_varint(&columns[NAME], string_id(encoder, name, size));
        text_append_varint(&columns[MODULE], module);
        text_append_varint(&columns[FILE_NAME], profile_string_id(encoder, function->file));
        text_append_varint(&columns[LINE], function->line);
        text_append_varint(&columns[FLAGS], function->kind | (unsigned)function->inlined << 3);
    }
    append_columns(out, SECTION_FUNCTIONS, tree->function_count, columns, COLUMNS);
}

static void append_nodes(struct text *out, struct encoder *encoder)
{
    enum { LEVELS, FUNCTION, SELF, SELF_SAMPLES, LINE, FILE_NAME, COLUMNS };
    struct text columns[COLUMNS] = {0};
    const struct call_tree *tree = encoder->tree;
    uint32_t depth = 0, node = CALL_TREE_ROOT;
    for (uint32_t last = 0; (node = call_tree_next(tree, node, &depth)) != PROFILE_NONE;
         last = depth) {
        const struct call_tree_node *n = &tree->nodes[node];
        bool elsewhere = n->file != tree->functions[n->function].file;
        text_append_varint(&columns[LEVELS], last + 1 - depth);
        text_append_varint(&columns[FUNCTION], encoder->id_of_function[n->function]);
        text_append_varint(&columns[SELF], n->self);
        text_append_varint(&columns[SELF_SAMPLES], n->self_samples);
        text_append_varint(&columns[LINE], n->line);
        text_append_varint(&columns[FILE_NAME],
                           elsewhere && n->file ? profile_string_id(encoder, n->file) : 0);
    }
    append_columns(out, SECTION_NODES, tree->node_count - 1, columns, COLUMNS);
}

static void append_strings(struct text *out, const struct encoder *encoder)
{
    struct text body = TEXT_INIT;
    text_append_varint(&body, encoder->strings.count);
    for (uint32_t id = 0; id < encoder->strings.count; id++) {
        text_append(&body, string_table_get(&encoder->strings, id),
                    string_table_size(&encoder->strings, id));
        text_append_char(&body, '\n');
    }
    append_section(out, SECTION_STRINGS, &body);
}

void svg_data_append(struct text *out, const struct call_tree *tree)
{
    struct encoder encoder = {.tree = tree};
    string_table_init(&encoder.strings);
    number_functions(&encoder);
    text_append_string(out, "prof-svg");
    text_append_varint(out, SVG_DATA_VERSION);
    append_run(out, &encoder);
    append_functions(out, &encoder);
    append_nodes(out, &encoder);
    append_strings(out, &encoder); // last: by now all are known
    free(encoder.functions);
    free(encoder.id_of_function);
    free(encoder.uses_of_function);
    string_table_release(&encoder.strings);
}

/* Memory for zlib that cannot fail: deflate then cannot fail either. */
static voidpf allocate(voidpf unused, uInt count, uInt size)
{
    (void)unused;
    return memory_new(count, size);
}

static void release(voidpf unused, voidpf block)
{
    (void)unused;
    free(block);
}

void svg_data_compress(struct text *out, const struct text *data)
{
    z_stream stream = {.zalloc = allocate, .zfree = release};
    deflateInit(&stream, 6);
    const char *at = data->data;
    size_t left = data->length;
    char buffer[8192];
    int flush;
    do {
        // zlib counts in 32 bits
        uInt piece = left > 1u << 30 ? 1u << 30 : (uInt)left;
        stream.next_in = (Bytef *)at;
        stream.avail_in = piece;
        at += piece;
        left -= piece;
        flush = left ? Z_NO_FLUSH : Z_FINISH;
        do {
            stream.next_out = (Bytef *)buffer;
            stream.avail_out = sizeof buffer;
            deflate(&stream, flush);
            text_append(out, buffer, sizeof buffer - stream.avail_out);
        } while (stream.avail_out == 0);
    } while (flush != Z_FINISH);
    deflateEnd(&stream);
}

static void append_base64(struct text *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        char four[4] = {digits[group >> 18], digits[group >> 12 & 63], '=', '='};
        if (left > 1)
            four[2] = digits[group >> 6 & 63];
        if (left > 2)
            four[3] = digits[group & 63];
        text_append(out, four, 4);
    }
}

void svg_data_append_elements(struct text *out, const struct text *compressed)
{
    for (size_t at = 0; at < compressed->length; at += CHUNK_BYTES) {
        size_t size = compressed->length - at;
        text_append_string(out, "<metadata class=\"prof-data\">");
        append_base64(out, (const unsigned char *)compressed->data + at,
                      size > CHUNK_BYTES ? CHUNK_BYTES : size);
        text_append_string(out, "</metadata>\n");
    }
}
