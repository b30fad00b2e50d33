/* SPDX-License-Identifier: MIT */
/*
 * demangle.c - asks libiberty, whose demanglers are those of binutils and gdb.
 */
#include "symbolizer/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum {
    STYLE = DMGL_PARAMS | DMGL_ANSI,
    NAME_MAX_BYTES = 64 * 1024, // above, libiberty's arrays on the stack would become large
};

struct output {
    struct text *text;
    size_t start;
    jmp_buf too_long;
};

/* libiberty cannot be told to stop; its C++ and Rust printers keep their state on the stack, so
 * that leaving them by a jump is safe. */
static void take(const char *part, size_t size, void *opaque)
{
    struct output *output = opaque;
    if (output->text->length - output->start + size > DEMANGLE_MAX)
        longjmp(output->too_long, 1);
    text_append(output->text, part, size);
}

static bool try_callback(int (*demangler)(const char *, int, demangle_callbackref, void *),
                         struct output *output, const char *name)
{
    if (setjmp(output->too_long) == 0 && demangler(name, STYLE, take, output) &&
        output->text->length > output->start)
        return true;
    output->text->length = output->start;
    return false;
}

static bool try_dlang(struct text *text, const char *name)
{
    char *plain = dlang_demangle(name, STYLE);
    bool known = plain && strlen(plain) <= DEMANGLE_MAX;
    if (known)
        text_append_string(text, plain);
    free(plain);
    return known;
}

bool demangle(struct text *text, const char *name)
{
    struct output output = {.text = text, .start = text->length};
    if (strlen(name) > NAME_MAX_BYTES)
        return false;
    // Rust's legacy names look like C++ and end in a hash, 17h...: the more special one first
    if (strncmp(name, "_R", 2) == 0)
        return try_callback(rust_demangle_callback, &output, name);
    if (strncmp(name, "_Z", 2) == 0)
        return (strstr(name, "17h") && try_callback(rust_demangle_callback, &output, name)) ||
               try_callback(cplus_demangle_v3_callback, &output, name);
    return strncmp(name, "_D", 2) == 0 && try_dlang(text, name);
}
