/* SPDX-License-Identifier: MIT */
/*
 * symbolizer.h - from the addresses of a module to functions, source lines and inlined calls.
 *
 * Addresses are ELF virtual addresses of the module, whatever its place in memory was. Give all
 * addresses of a module at once: a file is opened, and a compilation unit decoded, once per batch.
 * No global state of its own but a count of names of D that were given up (demangle_memory.h) and a
 * random seed, nothing printed, never an exit but for lack of memory: but libdwarf has process-wide
 * settings, so only one thread at a time may resolve.
 *
 * Isolation: files may be made to measure for a decoder's fault, or shrink while they are read,
 * which raises SIGBUS. Files that are neither ours nor root's, or that everybody may write, are
 *         therefore read in a forked process (SYMBOLIZER_ISOLATE_AUTO), all files of the module
 * when one of them is; or every module's (_ALWAYS), or none (_NEVER). That process can allocate and
 * compute, but open, write, start or signal nothing (confinement.h, which also says what of it
 * needs seccomp). The files that it asks for are opened here, and it gets those that are ELF files
 * (file_broker.h); debug files are fetched here, too. Its answers are checked; when it dies of its
 * files, names come from the symbol table alone, read by another, or are "module+0xaddress", and
 * `reason` says so. Its answers are not kept in the cache. One process for each module, from the
 * time that it is opened until it is closed; isolated_child.h says what that asks of callers with
 * threads or children.
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
 * next. The module's image, and what its paths lead to, are used until symbolizer_module_close; the
 * paths themselves and the build-id only by symbolizer_module_open.
 */
struct symbolizer_module;
struct symbolizer_module *symbolizer_module_open(struct symbolizer *symbolizer,
                                                 const struct symbol_module *module);
void symbolizer_module_resolve(struct symbolizer_module *module, const uint64_t *addresses,
                               uint32_t count, struct symbol_result *result);
void symbolizer_module_close(struct symbolizer_module *module);

/*
 * All names that the functions at the addresses have in the symbol table, the best first, up to a
 * limit for each: one function has several where a linker has folded equal ones (--icf) or a
 * library names it twice. Those of address i are names[first[i]] up to names[first[i + 1]].
 */
#define SYMBOL_ALIASES_MAX 1000
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

/* The value of the symbol of that name, mangled or not: an address, in an object file one that
 * names no section (see below). Returns whether there is one. */
bool symbolizer_module_symbol(const struct symbolizer_module *module, const char *name,
                              uint64_t *value);

/* The address meant by one that names no section: itself; in an object file, whose sections all
 * begin at 0, that in the first section of code that is long enough. */
uint64_t symbolizer_module_place(const struct symbolizer_module *module, uint64_t offset);

#endif
