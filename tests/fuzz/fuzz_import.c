/* SPDX-License-Identifier: MIT */
/*
 * fuzz_import.c - any bytes may be in what prof is told to draw.
 *
 * Bytes are used as they are (collapsed stacks, the text of `perf script`, a document), or, after a
 * '!', as the data inside a picture, whose compression a fuzzer cannot guess. What was read is
 * drawn; the picture, read again, must hold the same weight.
 */
#include "profiler/base/text.h"
#include "profiler/base/zlib_stream.h"
#include "profiler/import/import.h"
#include "render/svg_pack.h"
#include "render/views.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every table must be usable without another check: that is what importing promises. */
static void check_profile(const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->stack_count; i++) {
        const struct profile_stack *stack = &profile->stacks[i];
        if (stack->frame >= profile->frame_count ||
            (stack->parent != PROFILE_NONE && stack->parent >= i))
            abort();
    }
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        if (sample->thread >= profile->thread_count ||
            (sample->stack != PROFILE_NONE && sample->stack >= profile->stack_count))
            abort();
    }
    for (uint32_t i = 0; i < profile->line_count; i++) {
        if (profile->lines[i].function >= profile->function_count)
            abort();
    }
}

static uint64_t weight_of(const struct profile *profile)
{
    uint64_t weight = 0;
    for (uint32_t i = 0; i < profile->sample_count; i++)
        weight += profile->samples[i].older ? 0 : profile->samples[i].weight;
    return weight;
}

static int read_bytes(struct profile *profile, const char *bytes, size_t size)
{
    struct import_notes notes;
    struct error error;
    profile_init(profile);
    int result = import_profile(profile, bytes, size, "input", &notes, &error);
    if (result == 0)
        check_profile(profile);
    return result;
}

static void draw_and_read_again(const struct profile *profile)
{
    struct text picture = TEXT_INIT;
    struct profile again;
    render_flamegraph(&picture, profile, NULL);
    if (read_bytes(&again, picture.data, picture.length) < 0 ||
        weight_of(&again) != weight_of(profile))
        abort();
    profile_release(&again);
    text_release(&picture);
}

static void wrap_in_picture(struct text *out, const char *bytes, size_t size)
{
    struct text data = TEXT_INIT, packed = TEXT_INIT;
    text_append_string(&data, "prof-svg\x02");
    text_append(&data, bytes, size);
    zlib_stream_append(&packed, data.data, data.length);
    text_append_string(out, "<svg>");
    svg_pack_append_elements(out, &packed);
    text_append_string(out, "</svg>");
    text_release(&data);
    text_release(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = TEXT_INIT;
    struct profile profile;
    if (size == 0)
        return 0;
    if (data[0] == '!')
        wrap_in_picture(&input, (const char *)data + 1, size - 1);
    else
        text_append(&input, data, size);
    // exactly as long as it is, so that the sanitizer sees a byte too far
    char *bytes = malloc(input.length);
    if (!bytes)
        abort();
    memcpy(bytes, input.data, input.length);
    if (read_bytes(&profile, bytes, input.length) == 0)
        draw_and_read_again(&profile);
    profile_release(&profile);
    free(bytes);
    text_release(&input);
    return 0;
}
