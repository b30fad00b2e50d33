/* SPDX-License-Identifier: MIT */
/*
 * module_reader.h - a module whose files are read in this process, from opening to names.
 *
 * Asks the origins in turn, the best first: cache, DWARF, symbol tables, linkage stubs, and the
 * unwind tables for where a nameless function starts. Missing and damaged files are no errors: the
 * result's `source` and `reason` say what was found and what was not.
 */
#ifndef PROF_SYMBOLIZER_MODULE_READER_H
#define PROF_SYMBOLIZER_MODULE_READER_H

#include "symbolizer/function_names.h"
#include "symbolizer/lookup.h"
#include "symbolizer/symbol_table.h"

/* Options and names must stay until module_reader_close; what `asked` points at, for the call.
 * `broker` is the socket of who opens the files (file_broker.h); NULL: we do. */
struct module_reader;
struct module_reader *module_reader_open(const struct symbolizer_options *options,
                                         struct function_names *names,
                                         const struct symbol_module *asked, const int *broker);
void module_reader_close(struct module_reader *reader);

/* Whether a file was left unread because it is neither ours nor root's (file_trust.h). A split
 * unit's file may turn up as late as in module_reader_resolve. */
bool module_reader_met_others(const struct module_reader *reader);

/* Names come from symbol tables alone from now on. */
void module_reader_leave_dwarf(struct module_reader *reader);

/* Gives each of the lookups its chain, and the result source and reason. */
void module_reader_resolve(struct module_reader *reader, const struct lookup_batch *all,
                           struct symbol_chain *chains, struct symbol_result *result);

/* As those of symbolizer.h. */
const char *module_reader_problem(const struct module_reader *reader);
bool module_reader_section(const struct module_reader *reader, const char *name, uint64_t *address);
bool module_reader_symbol(struct module_reader *reader, const char *name, uint64_t *value);
uint64_t module_reader_place(const struct module_reader *reader, uint64_t offset);

/* Whether the module is an object file, where module_reader_place has something to tell. */
bool module_reader_is_object(const struct module_reader *reader);

/* Bytes of the files that are open. */
uint64_t module_reader_size(const struct module_reader *reader);

/* The table that has most of the functions' names; without symbols when there is none. */
void module_reader_symbols(const struct module_reader *reader, struct symbol_table *table);

#endif
