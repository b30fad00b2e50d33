/* SPDX-License-Identifier: MIT */
/*
 * symbol_map.h - names of code that is in no file: compiled at run time, or the kernel's.
 *
 * Reads the texts that say so: perf-PID.map, which JIT compilers write ("START SIZE name" in
 * hexadecimal, one function a line), and /proc/kallsyms ("ADDRESS type name [module]"). Pure but
 * for symbol_map_open. Names borrow from the text.
 */
#ifndef PROF_SYMBOLIZER_SYMBOL_MAP_H
#define PROF_SYMBOLIZER_SYMBOL_MAP_H

#include "profiler/base/bytes.h"
#include "profiler/base/error.h"

struct symbol_map_entry {
    uint64_t start, end;
    const char *name; /* not NUL-terminated */
    uint32_t name_size;
    uint32_t line; /* of the text: later ones replace earlier ones */
};

struct symbol_map {
    struct symbol_map_entry *entries; /* sorted by start, then line */
    uint32_t count, capacity;
    char *text; /* NULL: borrowed */
};

/* Lines that are not as expected are passed over. The text must stay until symbol_map_release. */
void symbol_map_parse_jit(struct symbol_map *map, struct bytes text);
void symbol_map_parse_kallsyms(struct symbol_map *map, struct bytes text);
void symbol_map_release(struct symbol_map *map);

/*
 * Reads the map of a process from `path`, or the kernel's (`is_kernel`). A map of a process must be
 * a regular file of ours or of root: anyone may write into /tmp. Returns 0, or -1 with the error
 * filled.
 */
int symbol_map_open(struct symbol_map *map, const char *path, int is_kernel, struct error *error);

/* The entry around an address, the latest where there are several; NULL: none. */
const struct symbol_map_entry *symbol_map_find(const struct symbol_map *map, uint64_t address);

#endif
