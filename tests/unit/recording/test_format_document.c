/* SPDX-License-Identifier: MIT */
/*
 * test_format_document.c - FORMAT.md says of every field what the code does.
 */
#include "profiler/recording/codec.h"
#include "tests/unit/recording/recording_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* How a field's first three columns read in the document. */
static void expect_row(struct text *row, const struct codec_field *field)
{
    static const char *const forms[] = {
        [CODEC_NUMBER] = "number", [CODEC_SIGNED] = "signed",     [CODEC_COUNT] = "count",
        [CODEC_CHOICE] = "choice", [CODEC_ID] = "id of",          [CODEC_ID_OR_NONE] = "id of",
        [CODEC_TIME] = "time",     [CODEC_ANCESTOR] = "ancestor", [CODEC_BYTES] = "bytes",
        [CODEC_LINES] = "lines",   [CODEC_BUILD_ID] = "bytes",
    };
    static const char *const relatives[] = {"", "previous ", "thread "};
    text_printf(row, "| %s | %s ", field->name, forms[field->form]);
    if (field->form == CODEC_ID || field->form == CODEC_ID_OR_NONE)
        text_printf(row, "%s ", codec_layout_of(field->refers)->name);
    if (field->form == CODEC_ID_OR_NONE)
        text_append_string(row, "or none ");
    text_printf(row, "| %s|", relatives[field->relative]);
}

/* The last meaning of a choice is marked when it stands for later ones, or whichever is. */
static void check_choice(const char *row, const struct codec_field *field)
{
    char mark[16], last[16], beyond[16];
    snprintf(mark, sizeof mark, " %u* ", field->otherwise);
    snprintf(last, sizeof last, " %u ", field->limit - 1);
    snprintf(beyond, sizeof beyond, " %u ", field->limit);
    const char *end = strchr(row, '\n');
    const char *found = strstr(row, mark);
    assert_true(found && found < end);
    found = strstr(row, last);
    assert_true(found && found < end);
    found = strstr(row, beyond);
    assert_false(found && found < end);
}

static const char *check_rows(const char *at, const struct codec_layout *layout)
{
    at = strstr(at, "| field | form | relative to | meaning |\n|---|---|---|---|\n");
    assert_non_null(at);
    at = strstr(at, "|---|---|---|---|\n") + strlen("|---|---|---|---|\n");
    for (unsigned i = 0; i < layout->field_count; i++) {
        struct text row = TEXT_INIT;
        expect_row(&row, &layout->fields[i]);
        if (strncmp(at, row.data, row.length) != 0)
            fail_msg("%s: expected \"%s\" but there is \"%.60s\"", layout->name, row.data, at);
        if (layout->fields[i].form == CODEC_CHOICE)
            check_choice(at, &layout->fields[i]);
        at = strchr(at, '\n') + 1;
        text_release(&row);
    }
    assert_int_equal(*at, '\n'); // no further row
    return at;
}

static void the_document_describes_every_field(void **state)
{
    (void)state;
    struct text document = TEXT_INIT;
    file_read(FORMAT_DOCUMENT, &document);
    for (unsigned kind = 1; kind < CODEC_KIND_COUNT; kind++) {
        const struct codec_layout *layout = codec_layout_of(kind);
        char title[64];
        snprintf(title, sizeof title, "\n### %u %s\n", kind, layout->name);
        const char *at = strstr(document.data, title);
        if (!at)
            fail_msg("no section \"%u %s\"", kind, layout->name);
        const char *intro = at + strlen(title);
        assert_int_equal(strncmp(intro, "A batch.", 8) == 0, layout->shape == CODEC_BATCH);
        at = check_rows(at, layout);
        if (kind == RECORDING_FRAME_LINES)
            check_rows(at, &codec_line_layout);
    }
    text_release(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_describes_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
