/* SPDX-License-Identifier: MIT */
/*
 * function_names.c - from linkage names to names for readers.
 */
#include "symbolizer/function_names.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/demangle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void function_names_init(struct function_names *names, struct string_table *strings)
{
    *names = (struct function_names){.strings = strings};
}

void function_names_release(struct function_names *names)
{
    free(names->demangled);
}

/* Where the demangled form of a name is kept: ids are small numbers, so it is an array. The place
 * stays until another name is asked for. */
static uint32_t *demangled_at(struct function_names *names, uint32_t linkage_name)
{
    if (linkage_name >= names->capacity) {
        uint32_t capacity = names->strings->count * 2;
        names->demangled = memory_resize(names->demangled, capacity, sizeof *names->demangled);
        memset(names->demangled + names->capacity, 0,
               (capacity - names->capacity) * sizeof *names->demangled);
        names->capacity = capacity;
    }
    return &names->demangled[linkage_name];
}

/* Appends the demangled form of a name. Returns false where there is none. */
static bool append_demangled(struct text *text, const char *name)
{
    const char *suffix = strchr(name, '@'); // "@plt", "@@VERSION"
    if (!suffix)
        return demangle(text, name);
    struct text mangled = TEXT_INIT;
    text_append(&mangled, name, (size_t)(suffix - name));
    bool done = demangle(text, mangled.data);
    if (done)
        text_append_string(text, suffix);
    text_release(&mangled);
    return done;
}

/* The demangled form of a name, or the name itself where there is none. */
static uint32_t demangled_name(struct function_names *names, uint32_t linkage_name)
{
    uint32_t shown = *demangled_at(names, linkage_name);
    if (shown)
        return shown;
    struct text text = TEXT_INIT;
    shown = linkage_name;
    if (append_demangled(&text, string_table_get(names->strings, linkage_name)))
        shown = string_table_add(names->strings, text.data, text.length);
    text_release(&text);
    *demangled_at(names, linkage_name) = shown;
    return shown;
}

/* A name and, in the table of the thread that took it, its demangled form. */
struct prepared {
    uint32_t linkage_name;
    struct demangler *by; /* NULL: it is not mangled */
    uint32_t shown;
};

struct preparation {
    const struct string_table *strings;
    struct prepared *names;
    uint32_t count, capacity;
    uint32_t next; /* taken atomically */
};

struct demangler {
    struct preparation *preparation;
    struct string_table strings;
    pthread_t thread;
};

static void *demangle_some(void *argument)
{
    enum { PART = 64 }; // names taken at a time
    struct demangler *demangler = argument;
    struct preparation *p = demangler->preparation;
    uint32_t first;
    struct text text = TEXT_INIT;
    while ((first = __atomic_fetch_add(&p->next, PART, __ATOMIC_RELAXED)) < p->count) {
        for (uint32_t i = first; i < p->count && i < first + PART; i++) {
            struct prepared *name = &p->names[i];
            text.length = 0;
            if (!append_demangled(&text, string_table_get(p->strings, name->linkage_name)))
                continue;
            name->shown = string_table_add(&demangler->strings, text.data, text.length);
            name->by = demangler;
        }
    }
    text_release(&text);
    return NULL;
}

static void demangle_all(struct preparation *p, struct demangler *demanglers, uint32_t threads)
{
    uint32_t started = 1;
    demanglers[0].preparation = p;
    string_table_init(&demanglers[0].strings);
    for (; started < threads; started++) {
        demanglers[started].preparation = p;
        string_table_init(&demanglers[started].strings);
        if (pthread_create(&demanglers[started].thread, NULL, demangle_some,
                           &demanglers[started]) != 0)
            break;
    }
    demangle_some(&demanglers[0]);
    for (uint32_t i = 1; i < started; i++)
        pthread_join(demanglers[i].thread, NULL);
}

void function_names_prepare(struct function_names *names, const struct symbol_frame *frames,
                            uint32_t count, uint32_t threads)
{
    enum { MAX_THREADS = 16, WORTH_A_THREAD = 256 };
    struct demangler demanglers[MAX_THREADS] = {0};
    struct preparation p = {.strings = names->strings};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t linkage_name = frames[i].linkage_name;
        uint32_t *known = demangled_at(names, linkage_name);
        if (!linkage_name || *known)
            continue;
        *known = linkage_name;
        array_push(&p.names, &p.count, &p.capacity)->linkage_name = linkage_name;
    }
    uint32_t worth = 1 + p.count / WORTH_A_THREAD;
    threads = threads < 1 ? 1 : threads > worth ? worth : threads;
    demangle_all(&p, demanglers, threads > MAX_THREADS ? MAX_THREADS : threads);
    for (uint32_t i = 0; i < p.count; i++) {
        const struct prepared *name = &p.names[i];
        if (name->by)
            *demangled_at(names, name->linkage_name) =
                string_table_adopt(names->strings, &name->by->strings, name->shown);
    }
    for (uint32_t i = 0; i < MAX_THREADS; i++)
        string_table_take(names->strings, &demanglers[i].strings);
    free(p.names);
}

/* The length of a name without its template arguments, which DWARF has as the compiler prints them
 * and the demangler may spell otherwise. */
static size_t stem_length(const char *bare)
{
    if (strncmp(bare, "operator()", 10) == 0)
        return 10;
    if (strncmp(bare, "operator", 8) == 0) // operator<, operator->
        return strlen(bare);
    return strcspn(bare, "<");
}

static bool is_called(const char *shown, const char *bare)
{
    size_t size = stem_length(bare);
    return size && memmem(shown, strlen(shown), bare, size);
}

/* The symbol as linkage name of the function that DWARF calls `bare`, or 0 when it is mangled
 * from another name. Suffixes of partial copies (".cold", ".constprop.0") are left out: they are
 * the same function. */
static uint32_t linkage_from_symbol(struct function_names *names, const char *symbol,
                                    const char *bare)
{
    if (symbol[0] != '_' || !strchr("ZRD", symbol[1]))
        return 0;
    uint32_t linkage = string_table_add(names->strings, symbol, strcspn(symbol, "."));
    uint32_t shown = demangled_name(names, linkage);
    return shown != linkage && is_called(string_table_get(names->strings, shown), bare) ? linkage
                                                                                        : 0;
}

void function_names_complete(struct function_names *names, struct symbol_frame *frame,
                             const char *symbol)
{
    if (!frame->linkage_name && frame->name && symbol)
        frame->linkage_name =
            linkage_from_symbol(names, symbol, string_table_get(names->strings, frame->name));
    if (!frame->linkage_name)
        return;
    uint32_t shown = demangled_name(names, frame->linkage_name);
    // a linkage name that is not mangled was chosen by hand (asm labels): the source's name is
    // nicer
    if (shown != frame->linkage_name || !frame->name)
        frame->name = shown;
    if (frame->linkage_name == frame->name)
        frame->linkage_name = 0;
}
