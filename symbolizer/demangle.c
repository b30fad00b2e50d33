/* SPDX-License-Identifier: MIT */
/*
 * demangle.c - asks libiberty, whose demanglers are those of binutils and gdb.
 */
#include "symbolizer/demangle.h"

#include "symbolizer/demangle_memory.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum {
    STYLE = DMGL_PARAMS | DMGL_ANSI,
    NAME_MAX_BYTES = 64 * 1024, // above, libiberty's arrays on the stack would become large
    FREE_BYTES = 8 * 1024,      // up to here its recursion takes at most 1.4 MiB of stack
};

/* Its limit of recursion is one of length, too: it knows no name of C++ above 1 KiB, which
 * templates exceed. */
static int style_for(const char *name)
{
    return strlen(name) <= FREE_BYTES ? STYLE | DMGL_NO_RECURSE_LIMIT : STYLE;
}

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
    if (setjmp(output->too_long) == 0 && demangler(name, style_for(name), take, output) &&
        output->text->length > output->start)
        return true;
    output->text->length = output->start;
    return false;
}

/* A name is built in memory from parts that are: all in all, fifty times its length. */
static bool try_allocating(char *(*demangler)(const char *, int), struct text *text,
                           const char *name)
{
    jmp_buf too_long;
    char *volatile plain = NULL;
    if (demangle_memory_is_spent())
        return false;
    if (setjmp(too_long) == 0) {
        demangle_memory_limit(&too_long, (size_t)16 * DEMANGLE_MAX);
        plain = demangler(name, STYLE);
    }
    demangle_memory_limit(NULL, 0);
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
    return strncmp(name, "_D", 2) == 0 && try_allocating(dlang_demangle, text, name);
}

static bool demangle_bare(struct text *text, const char *name, enum demangle_style style)
{
    struct output output = {.text = text, .start = text->length};
    if (strlen(name) > NAME_MAX_BYTES)
        return false;
    switch (style) {
    case DEMANGLE_AUTO:
        return demangle(text, name);
    case DEMANGLE_GNU_V3:
        return try_callback(cplus_demangle_v3_callback, &output, name);
    case DEMANGLE_JAVA: {
        char *plain = java_demangle_v3(name);
        if (plain)
            text_append_string(text, plain);
        free(plain);
        return plain != NULL;
    }
    case DEMANGLE_GNAT:
        return try_allocating(ada_demangle, text, name);
    case DEMANGLE_DLANG:
        return try_allocating(dlang_demangle, text, name);
    case DEMANGLE_RUST:
        return try_callback(rust_demangle_callback, &output, name);
    default:
        return false;
    }
}

bool demangle_as(struct text *text, const char *name, enum demangle_style style)
{
    size_t start = text->length, before = strspn(name, ".$"), size = strcspn(name, "@");
    struct text bare = TEXT_INIT;
    text_append(text, name, before);
    text_append(&bare, name + before, size > before ? size - before : 0);
    bool done = demangle_bare(text, bare.data, style);
    text_release(&bare);
    if (done)
        text_append_string(text, name + size);
    else
        text->length = start;
    return done;
}

enum demangle_style demangle_style_of(const char *name)
{
    static const char *const names[DEMANGLE_STYLE_COUNT] = {
        [DEMANGLE_AUTO] = "auto", [DEMANGLE_NONE] = "none", [DEMANGLE_GNU_V3] = "gnu-v3",
        [DEMANGLE_JAVA] = "java", [DEMANGLE_GNAT] = "gnat", [DEMANGLE_DLANG] = "dlang",
        [DEMANGLE_RUST] = "rust",
    };
    enum demangle_style style = DEMANGLE_AUTO;
    while (style < DEMANGLE_STYLE_COUNT && strcmp(names[style], name) != 0)
        style++;
    return style;
}
