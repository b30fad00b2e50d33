/* SPDX-License-Identifier: MIT */
/*
 * isolated_module.h - answers about a module from a process that reads its files in our stead.
 *
 * The process is confined (confinement.h), and what it answers is checked like the contents of a
 * hostile file. When it dies of what it reads, another reads the symbol tables only; when that dies
 * too there are no names. A process that has answered before is replaced once by its like: it may
 * have died of all its answers together, or of a file that has changed since.
 *
 * Knows nothing of how a module is read: that is the `work`, which runs in the process.
 */
#ifndef PROF_SYMBOLIZER_ISOLATED_MODULE_H
#define PROF_SYMBOLIZER_ISOLATED_MODULE_H

#include "symbolizer/isolated_child.h"
#include "symbolizer/lookup.h"

/* All of these are called in the process, `open` first and once. `files` is the socket through
 * which files are opened there (file_broker.h). */
struct isolated_work {
    void *context;
    void *(*open)(void *context, int files, bool only_tables);
    const char *(*problem)(const void *opened); /* as symbolizer_module_problem */
    bool (*section)(const void *opened, const char *name, uint64_t *address);
    bool (*symbol)(const void *opened, const char *name, uint64_t *value);
    bool (*has_places)(const void *opened);                 /* it is an object file: ask for them */
    uint64_t (*place)(const void *opened, uint64_t offset); /* as symbolizer_module_place */
    uint64_t (*size)(const void *opened);                   /* of its files together, in bytes */
    void (*resolve)(void *opened, const uint64_t *addresses, uint32_t count,
                    struct symbol_result *result);
    /* Chains of all names of the functions, as frames; without frames where there are none. */
    void (*aliases)(void *opened, const uint64_t *addresses, uint32_t count,
                    struct symbol_result *result);
    const char *path;              /* of the module, for words */
    struct string_table *strings;  /* of the caller; of results, too */
    bool may_fetch;                /* debug files from servers, for the process */
    struct isolated_limits limits; /* of one question; 0: as is usual */
};

struct isolated_module;

/* What the work points at must stay until isolated_module_close. Never fails: what went wrong is
 * told with the answers. */
struct isolated_module *isolated_module_open(const struct isolated_work *work);
void isolated_module_close(struct isolated_module *module);

/*
 * Answers every lookup with a chain in `chains`, its frames appended to the result's; false when
 * nothing can be told. The lookups' addresses are sorted and distinct. Afterwards `source` and
 * `reason` of the result are set, also on failure.
 */
bool isolated_module_resolve(struct isolated_module *module, const struct lookup *lookups,
                             uint32_t count, struct symbol_chain *chains,
                             struct symbol_result *result);

/* The same for all names of the functions; those that have none have chains without frames. */
bool isolated_module_aliases(struct isolated_module *module, const struct lookup *lookups,
                             uint32_t count, struct symbol_chain *chains,
                             struct symbol_result *result);

/* As those of symbolizer.h. */
const char *isolated_module_problem(const struct isolated_module *module);
bool isolated_module_section(struct isolated_module *module, const char *name, uint64_t *address);
bool isolated_module_symbol(struct isolated_module *module, const char *name, uint64_t *value);
uint64_t isolated_module_place(struct isolated_module *module, uint64_t offset);

#endif
