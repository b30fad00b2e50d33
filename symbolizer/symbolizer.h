/* SPDX-License-Identifier: MIT */
/*
 * symbolizer.h - from the addresses of a module to functions, source lines and inlined calls.
 *
 * Addresses are ELF virtual addresses of the module, whatever its place in memory was. Give all
 * addresses of a module at once: a file is opened, and a compilation unit decoded, once per batch.
 * No global state of its own, nothing printed, never an exit: but libdwarf has process-wide
 * settings, so only one thread at a time may resolve.
 *
 * Memory: strings go into the table given to symbolizer_new, which must outlive the symbolizer;
 * results belong to the caller until symbol_result_release.
 */
#ifndef PROF_SYMBOLIZER_SYMBOLIZER_H
#define PROF_SYMBOLIZER_SYMBOLIZER_H

#include "profiler/base/string_table.h"
#include "symbolizer/symbol_types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a name came from, the best first. */
enum symbol_origin {
    SYMBOL_FROM_DWARF,
    SYMBOL_FROM_TABLE, /* .symtab or .dynsym */
    SYMBOL_FROM_PLT,   /* name@plt */
    SYMBOL_FROM_START, /* no name: module+0xstart, from .eh_frame or the address itself */
    SYMBOL_ORIGIN_COUNT
};

/* How reasons end where debug symbols would help. */
#define SYMBOLIZER_ADVICE "install its debug symbols or build with -g"

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

struct symbolizer;
struct symbolizer *symbolizer_new(const struct symbolizer_options *options,
                                  struct string_table *strings);
void symbolizer_free(struct symbolizer *symbolizer);

/*
 * Resolves `count` addresses, in any order and with repetitions. Look a return address up at
 * address - 1, where the call is. Files that are missing, damaged or not the recorded ones are an
 * answer, not an error: the chain is then "module+0xaddress" and `reason` says why.
 */
void symbolizer_resolve(struct symbolizer *symbolizer, const struct symbol_module *module,
                        const uint64_t *addresses, uint32_t count, struct symbol_result *result);
void symbol_result_release(struct symbol_result *result);

/*
 * The same in parts, for addresses that come bit by bit: what was opened for one batch serves the
 * next. The module's path and image are used until symbolizer_module_close, its build-id only by
 * symbolizer_module_open.
 */
struct symbolizer_module;
struct symbolizer_module *symbolizer_module_open(struct symbolizer *symbolizer,
                                                 const struct symbol_module *module);
void symbolizer_module_resolve(struct symbolizer_module *module, const uint64_t *addresses,
                               uint32_t count, struct symbol_result *result);
void symbolizer_module_close(struct symbolizer_module *module);

/*
 * All names that the functions at the addresses have in the symbol table, the best first: one
 * function has several where a linker has folded equal ones (--icf) or a library names it twice.
 * Those of address i are names[first[i]] up to names[first[i + 1]].
 */
struct symbol_aliases {
    struct symbol_alias {
        uint32_t name;         /* demangled; never 0 */
        uint32_t linkage_name; /* 0: same as the name */
    } * names;
    uint32_t *first; /* one more than there are addresses */
    uint32_t name_count, name_capacity;
};
void symbolizer_module_aliases(struct symbolizer_module *module, const uint64_t *addresses,
                               uint32_t count, struct symbol_aliases *aliases);
void symbol_aliases_release(struct symbol_aliases *aliases);

/* Why the file itself is not used, in words; NULL: it is. */
const char *symbolizer_module_problem(const struct symbolizer_module *module);

/* The address of a byte of a section, for those who count from its start. Returns whether the
 * module has a section of that name. */
bool symbolizer_module_section(const struct symbolizer_module *module, const char *name,
                               uint64_t *address);

/* The address meant by one that names no section: itself; in an object file, whose sections all
 * begin at 0, that in the first section of code that is long enough. */
uint64_t symbolizer_module_place(const struct symbolizer_module *module, uint64_t offset);

#endif
