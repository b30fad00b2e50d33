/* SPDX-License-Identifier: MIT */
/*
 * module_reader.c - asks the origins of names in turn, the best first.
 */
#include "symbolizer/module_reader.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/dwarf_file.h"
#include "symbolizer/eh_frame_starts.h"
#include "symbolizer/module_files.h"
#include "symbolizer/plt_names.h"
#include "symbolizer/symbol_cache.h"
#include "symbolizer/symbol_chains.h"
#include "symbolizer/symbol_names.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct module_reader {
    const struct symbolizer_options *options;
    struct function_names *names;
    struct string_table *strings;
    char *path;
    struct file_trust trust;
    struct module_files files;
    struct symbol_cache *cache; /* NULL: none is wanted, or its answers would not last */
    struct dwarf_file *dwarf;   /* NULL: not needed yet, or not to be had */
    bool tried_dwarf;
    const char *dwarf_path, *symbols_path; /* of the files that names come from; NULL: none */
    bool has_dynamic;
    struct text gap; /* of the debug information, in words */
    struct symbol_names symbol_names;
    bool has_symbol_names;
};

static uint32_t thread_count(const struct symbolizer_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return options->threads ? options->threads : processors > 1 ? (uint32_t)processors : 1;
}

static void open_dwarf(struct module_reader *reader)
{
    const struct symbolizer_options *asked = reader->options;
    struct dwarf_file_options options = {
        .threads = thread_count(asked),
        .only_libdwarf = asked->only_libdwarf,
        .sysroot = asked->sysroot,
        .trust = &reader->trust,
    };
    struct error error = {0};
    const char *path = NULL;
    const struct elf_image *image = module_files_dwarf(&reader->files, &path);
    if (!image || reader->tried_dwarf)
        return;
    options.path = path;
    reader->tried_dwarf = true;
    reader->dwarf = dwarf_file_open(image, module_files_shared(&reader->files), &options,
                                    reader->strings, &error);
    if (reader->dwarf)
        return;
    reader->dwarf_path = NULL;
    text_printf(&reader->gap, "the debug information in %s cannot be used: %s", path, error.text);
}

static void append_identity(struct text *text, const char *what, const struct elf_image *image)
{
    if (image)
        text_printf(text, " %s %llu %llu %lld", what, (unsigned long long)image->file.inode,
                    (unsigned long long)image->size, (long long)image->file.modified_ns);
}

/* Answers are kept for modules that have a build-id and debug information: others cost little. */
static void open_cache(struct module_reader *reader)
{
    const struct symbolizer_options *options = reader->options;
    const struct module_files *files = &reader->files;
    if (!options->cache_directory || options->only_libdwarf || !reader->dwarf_path ||
        !files->has_module || !files->module.build_id_size)
        return;
    struct text name = TEXT_INIT, identity = TEXT_INIT;
    const char *path;
    for (uint32_t i = 0; i < files->module.build_id_size; i++)
        text_printf(&name, "%02x", files->module.build_id[i]);
    text_append_string(&identity, PROF_VERSION);
    append_identity(&identity, "module", &files->module);
    append_identity(&identity, reader->dwarf_path, module_files_dwarf(files, &path));
    append_identity(&identity, "shared", module_files_shared(files));
    reader->cache =
        symbol_cache_open(options->cache_directory, name.data, identity.data, reader->strings);
    text_release(&name);
    text_release(&identity);
}

struct module_reader *module_reader_open(const struct symbolizer_options *options,
                                         struct function_names *names,
                                         const struct symbol_module *asked, const int *broker)
{
    struct module_reader *reader = memory_new(1, sizeof *reader);
    reader->options = options;
    reader->names = names;
    reader->strings = names->strings;
    reader->path = memory_copy_string(asked->path);
    reader->trust = (struct file_trust){
        .is_strict = options->isolate == SYMBOLIZER_ISOLATE_AUTO,
        .has_broker = broker != NULL,
        .broker = broker ? *broker : -1,
    };
    module_files_open(&reader->files, options, asked, &reader->trust);
    module_files_dwarf(&reader->files, &reader->dwarf_path);
    open_cache(reader);
    return reader;
}

void module_reader_close(struct module_reader *reader)
{
    if (!reader)
        return;
    symbol_cache_close(reader->cache, reader->options->cache_writes);
    dwarf_file_close(reader->dwarf);
    symbol_names_release(&reader->symbol_names);
    module_files_close(&reader->files);
    text_release(&reader->gap);
    free(reader->path);
    free(reader);
}

bool module_reader_met_others(const struct module_reader *reader)
{
    return reader->trust.met_others;
}

void module_reader_leave_dwarf(struct module_reader *reader)
{
    reader->tried_dwarf = true;
    reader->dwarf_path = NULL;
}

static void ask_dwarf(struct module_reader *reader, struct lookup_batch *batch)
{
    open_dwarf(reader);
    if (!reader->dwarf)
        return;
    dwarf_file_resolve(reader->dwarf, batch);
    const char *gap = dwarf_file_gap(reader->dwarf);
    reader->gap.length = 0;
    if (gap)
        text_append_string(&reader->gap, gap);
}

static void ask_tables(struct module_reader *reader, struct lookup_batch *batch)
{
    struct symbol_table table;
    const struct module_files *files = &reader->files;
    const struct elf_image *symbols = module_files_symbols(files, &reader->symbols_path);
    if (symbols) {
        symbol_table_init(&table, symbols, SHT_SYMTAB);
        symbol_table_resolve(&table, batch);
    }
    if (!files->has_module)
        return;
    symbol_table_init(&table, &files->module, SHT_DYNSYM);
    reader->has_dynamic = table.count > 0;
    if (!symbols || files->has_mini)
        symbol_table_resolve(&table, batch);
    plt_names_resolve(&files->module, batch);
}

/* A stripped program's first function has no name left, but a place that is told: the entry point
 * of the ELF header, which every linker's default calls _start. */
static void name_entry(struct lookup_batch *batch, const struct elf_image *image)
{
    for (uint32_t i = 0; image->entry && i < batch->count; i++) {
        struct lookup *lookup = &batch->lookups[i];
        if (!lookup->symbol && lookup->start == image->entry)
            lookup->symbol = "_start";
    }
}

/* The lookups that are still without a name, asked for their function's start. */
static void ask_starts(struct lookup_batch *batch, const struct module_files *files)
{
    bool nameless = false;
    for (uint32_t i = 0; i < batch->count && !nameless; i++)
        nameless = !batch->lookups[i].symbol && !batch->lookups[i].frame_count;
    if (!nameless || !files->has_module || files->module.type == ET_REL)
        return; // the unwind tables of object files are not complete
    eh_frame_starts_resolve(&files->module, batch);
    name_entry(batch, &files->module);
}

static uint32_t intern(const struct module_reader *reader, struct text *text)
{
    uint32_t id = text->length ? string_table_add(reader->strings, text->data, text->length) : 0;
    text_release(text);
    return id;
}

static uint32_t describe_source(const struct module_reader *reader)
{
    struct text text = TEXT_INIT;
    if (reader->dwarf_path)
        text_printf(&text, "DWARF in %s", reader->dwarf_path);
    else if (reader->symbols_path)
        text_printf(&text, "%s of %s", reader->files.has_mini ? ".gnu_debugdata" : "symbol table",
                    reader->symbols_path);
    else if (reader->has_dynamic)
        text_printf(&text, "dynamic symbols of %s", reader->files.module_path.data);
    return intern(reader, &text);
}

static const char *missing(const struct module_reader *reader)
{
    if (reader->symbols_path)
        return "no debug information, so neither source lines nor inlined functions";
    return reader->has_dynamic
               ? "stripped: no debug information, and only exported functions have names"
               : "stripped: no symbol table and no debug information";
}

static uint32_t describe_reason(const struct module_reader *reader)
{
    struct text text = TEXT_INIT;
    const struct module_files *files = &reader->files;
    text_append(&text, files->problem.data, files->problem.length);
    if (reader->gap.length) {
        text_append_string(&text, text.length ? "; " : "");
        text_append(&text, reader->gap.data, reader->gap.length);
    } else if (!reader->dwarf_path && files->has_module) {
        text_append_string(&text, missing(reader));
        if (files->mini_problem.length)
            text_printf(&text, " (%s)", files->mini_problem.data);
        if (files->tried.length)
            text_printf(&text, " (looked for %s)", files->tried.data);
        text_append_string(&text, "; " SYMBOLIZER_ADVICE);
    } else if (!reader->dwarf_path && files->tried.length) {
        text_printf(&text, " (looked for %s)", files->tried.data);
    }
    return intern(reader, &text);
}

/* The lookups that the cache does not answer; `places` tells where they are among all. */
static struct lookup_batch ask_cache(struct module_reader *reader, const struct lookup_batch *all,
                                     struct symbol_chain *chains, uint32_t *places,
                                     struct symbol_result *result)
{
    struct lookup_batch rest = {.strings = all->strings};
    rest.lookups = memory_new(all->count, sizeof *rest.lookups);
    for (uint32_t i = 0; i < all->count; i++) {
        uint64_t address = all->lookups[i].address;
        if (reader->cache && symbol_cache_find(reader->cache, address, result, &chains[i]))
            continue;
        places[rest.count] = i;
        rest.lookups[rest.count++] = all->lookups[i];
    }
    return rest;
}

/* Asks the origins of names in turn. */
static void resolve_batch(struct module_reader *reader, struct lookup_batch *batch,
                          struct symbol_chain *chains, const uint32_t *places,
                          struct symbol_result *result)
{
    ask_dwarf(reader, batch);
    ask_tables(reader, batch);
    ask_starts(batch, &reader->files);
    function_names_prepare(reader->names, batch->frames, batch->frame_count,
                           thread_count(reader->options));
    symbol_chains_complete(reader->names, reader->path, batch, chains, places, result);
    bool will_last =
        reader->cache && reader->dwarf && !reader->gap.length && dwarf_file_is_whole(reader->dwarf);
    for (uint32_t i = 0; i < batch->count && will_last; i++)
        symbol_cache_add(reader->cache, batch->lookups[i].address, result, &chains[places[i]]);
}

void module_reader_resolve(struct module_reader *reader, const struct lookup_batch *all,
                           struct symbol_chain *chains, struct symbol_result *result)
{
    uint32_t *places = memory_new(all->count, sizeof *places);
    struct lookup_batch rest = ask_cache(reader, all, chains, places, result);
    if (rest.count || !reader->cache)
        resolve_batch(reader, &rest, chains, places, result);
    result->source = describe_source(reader);
    result->reason = describe_reason(reader);
    free(places);
    free(rest.lookups);
}

const char *module_reader_problem(const struct module_reader *reader)
{
    return reader->files.problem.length ? reader->files.problem.data : NULL;
}

bool module_reader_section(const struct module_reader *reader, const char *name, uint64_t *address)
{
    const struct module_files *files = &reader->files;
    const struct elf_image *image = files->has_module ? &files->module : &files->debug;
    const struct elf_section *section = elf_image_section(image, name);
    if (section)
        *address = section->address;
    return section != NULL;
}

/* Of object files as the file has it: counted from the start of its section. */
bool module_reader_symbol(struct module_reader *reader, const char *name, uint64_t *value)
{
    struct symbol_table table;
    struct elf_symbol symbol;
    module_reader_symbols(reader, &table);
    if (!reader->has_symbol_names)
        symbol_names_init(&reader->symbol_names, &table);
    reader->has_symbol_names = true;
    if (!symbol_names_find(&reader->symbol_names, name, &symbol))
        return false;
    bool is_placed = module_reader_is_object(reader) && symbol.section < table.image->section_count;
    *value = symbol.value - (is_placed ? table.image->sections[symbol.section].address : 0);
    return true;
}

bool module_reader_is_object(const struct module_reader *reader)
{
    return reader->files.module.type == ET_REL;
}

uint64_t module_reader_place(const struct module_reader *reader, uint64_t offset)
{
    const struct elf_image *image = &reader->files.module;
    for (uint32_t i = 1; image->type == ET_REL && i < image->section_count; i++) {
        const struct elf_section *section = &image->sections[i];
        if ((section->flags & SHF_ALLOC) && (section->flags & SHF_EXECINSTR) &&
            offset < section->size)
            return section->address + offset;
    }
    return offset;
}

uint64_t module_reader_size(const struct module_reader *reader)
{
    const struct module_files *files = &reader->files;
    return (uint64_t)files->module.size + files->debug.size + files->shared.size;
}

void module_reader_symbols(const struct module_reader *reader, struct symbol_table *table)
{
    const struct module_files *files = &reader->files;
    const char *path;
    const struct elf_image *image = module_files_symbols(files, &path);
    *table = (struct symbol_table){.count = 0};
    if (image)
        symbol_table_init(table, image, SHT_SYMTAB);
    else if (files->has_module)
        symbol_table_init(table, &files->module, SHT_DYNSYM);
}
