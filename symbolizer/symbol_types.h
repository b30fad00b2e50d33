/* SPDX-License-Identifier: MIT */
/*
 * symbol_types.h - what goes into and comes out of symbolizing, shared by the room's files.
 *
 * Part of the library's face: include symbolizer.h.
 */
#ifndef PROF_SYMBOLIZER_SYMBOL_TYPES_H
#define PROF_SYMBOLIZER_SYMBOL_TYPES_H

#include "profiler/base/string_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How reasons end where debug symbols would help. */
#define SYMBOLIZER_ADVICE "install its debug symbols or build with -g"

/* Bytes of a name: longer ones are taken for damage. Also as many as can be demangled. */
#define SYMBOL_NAME_MAX ((size_t)64 * 1024)

/* Whether a module's files are read in a process of their own, see symbolizer.h. */
enum symbolizer_isolation {
    SYMBOLIZER_ISOLATE_AUTO,
    SYMBOLIZER_ISOLATE_NEVER,
    SYMBOLIZER_ISOLATE_ALWAYS
};

struct symbol_cache_writes;
struct symbolizer_options {
    const char *const *debug_directories; /* NULL-terminated; NULL: /usr/lib/debug */
    const char *sysroot;                  /* put before paths of modules; NULL: none */
    uint32_t threads;                     /* at most; 0: as many as there are processors */
    bool ask_debuginfod;                  /* fetch debug files that are not here; may take long */
    const char *cache_directory; /* where answers are kept; NULL: nowhere. See symbol_cache.h */
    struct symbol_cache_writes *cache_writes; /* what is to be kept is left here; NULL: is written
                                               * when its module is closed */
    bool only_libdwarf; /* read DWARF through libdwarf alone: slow, for comparisons */
    enum symbolizer_isolation isolate;
};

struct symbol_module {
    const char *path;        /* for messages too, when the image lies in memory */
    const uint8_t *build_id; /* as recorded; a file with another one is not used. NULL: not known */
    uint32_t build_id_size;
    const char *file;  /* the module's very file under another path, for when `path` does not lead
                        * to it any more ("/proc/self/fd/7"); NULL: not at hand */
    const char *root;  /* a folder below which its debug files may be, too; NULL: none */
    const void *image; /* the ELF image in memory, instead of the file; NULL: open the path */
    size_t image_size;
};

/* One function at an address: the innermost inlined one first, the real one last. Names and files
 * are ids of the string table, 0 where not known. */
struct symbol_frame {
    uint32_t name;         /* demangled; never 0 */
    uint32_t linkage_name; /* as in the binary; 0: same as the name */
    uint32_t file, line;   /* the statement, or the call of the frame before */
    uint32_t declared_file, declared_line;
    uint32_t discriminator; /* tells blocks of one line apart; only of the innermost; 0: none */
};

/* Where a name came from, the best first. */
enum symbol_origin {
    SYMBOL_FROM_DWARF,
    SYMBOL_FROM_TABLE, /* .symtab or .dynsym */
    SYMBOL_FROM_PLT,   /* name@plt */
    SYMBOL_FROM_START, /* no name: module+0xstart, from .eh_frame or the address itself */
    SYMBOL_ORIGIN_COUNT
};

struct symbol_chain {
    uint32_t first_frame, frame_count; /* at least one frame */
    enum symbol_origin origin;         /* of the last frame */
};

struct symbol_result {
    struct symbol_chain *chains; /* one per address, in the order of the addresses */
    uint32_t chain_count;
    struct symbol_frame *frames;
    uint32_t frame_count, frame_capacity;
    uint32_t source; /* string id: "DWARF in /usr/bin/x"; 0: there are no names */
    uint32_t reason; /* string id: what is missing and what would help; 0: nothing is */
    uint32_t origins[SYMBOL_ORIGIN_COUNT]; /* addresses by origin */
};

#endif
