/* SPDX-License-Identifier: MIT */
/*
 * function_names.h - what a function is called on the screen. Demangles each name once.
 */
#ifndef PROF_SYMBOLIZER_FUNCTION_NAMES_H
#define PROF_SYMBOLIZER_FUNCTION_NAMES_H

#include "profiler/base/hash_map.h"
#include "symbolizer/lookup.h"

struct function_names {
    struct string_table *strings; /* borrowed */
    uint32_t *demangled;          /* by linkage name: the demangled name, or itself; 0: unknown */
    uint32_t capacity;            /* of demangled */
};

void function_names_init(struct function_names *names, struct string_table *strings);
void function_names_release(struct function_names *names);

/* Demangles the linkage names of the frames with at most that many threads, so that
 * function_names_complete finds them done. */
void function_names_prepare(struct function_names *names, const struct symbol_frame *frames,
                            uint32_t count, uint32_t threads);

/* Sets name and linkage name of a frame to those to be shown, given those that DWARF has. `symbol`
 * (NULL: none) is the linkage name in the symbol table, and helps where DWARF has only a bare name:
 * gcc gives no linkage name to static functions. */
void function_names_complete(struct function_names *names, struct symbol_frame *frame,
                             const char *symbol);

#endif
