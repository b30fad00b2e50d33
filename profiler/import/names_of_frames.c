/* SPDX-License-Identifier: MIT */
/*
 * names_of_frames.c - what the names of frames in texts say beside the name.
 */
#include "profiler/import/names_of_frames.h"

#include <string.h>

static bool is(struct slice slice, const char *text)
{
    size_t size = (size_t)(slice.end - slice.at);
    return size == strlen(text) && memcmp(slice.at, text, size) == 0;
}

static struct slice slice_of(const char *text)
{
    return (struct slice){text, text + strlen(text)};
}

enum profile_code code_of_name(struct slice name)
{
    return is(name, "[unknown]") || is(name, "[[unknown]]") || is(name, "??")
               ? PROFILE_CODE_UNKNOWN
               : PROFILE_CODE_BY_MODULE;
}

uint32_t frame_of_collapsed_name(struct profile_builder *builder, struct slice name)
{
    enum profile_code code = code_of_name(name);
    uint32_t module = PROFILE_NONE;
    bool inlined = false;
    if (name.end - name.at > 4 && name.end[-4] == '_' && name.end[-3] == '[' &&
        name.end[-1] == ']') {
        switch (name.end[-2]) {
        case 'k':
            module = profile_builder_module(builder, slice_of("[kernel.kallsyms]"));
            break;
        case 'j':
            module = profile_builder_module(builder, slice_of("[jit]"));
            break;
        case 'i':
            inlined = true;
            break;
        case 'w':
            module = profile_builder_module(builder, slice_of("[waker]"));
            break;
        default:
            name.end += 4; // no mark that we know: it stays
        }
        name.end -= 4;
    }
    uint32_t function = profile_builder_function(builder, name, module, code);
    return profile_builder_frame(builder, function, inlined);
}
