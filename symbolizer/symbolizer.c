/* SPDX-License-Identifier: MIT */
/*
 * symbolizer.c - asks the origins of names in turn, the best first.
 */
#include "symbolizer/symbolizer.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/dwarf_file.h"
#include "symbolizer/eh_frame_starts.h"
#include "symbolizer/function_names.h"
#include "symbolizer/module_files.h"
#include "symbolizer/plt_names.h"
#include "symbolizer/symbol_table.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct symbolizer {
    struct symbolizer_options options;
    struct string_table *strings;
    struct function_names names;
};

struct symbolizer *symbolizer_new(const struct symbolizer_options *options,
                                  struct string_table *strings)
{
    struct symbolizer *symbolizer = memory_new(1, sizeof *symbolizer);
    if (options)
        symbolizer->options = *options;
    symbolizer->strings = strings;
    function_names_init(&symbolizer->names, strings);
    return symbolizer;
}

void symbolizer_free(struct symbolizer *symbolizer)
{
    if (symbolizer)
        function_names_release(&symbolizer->names);
    free(symbolizer);
}

static int compare_lookups(const void *left, const void *right)
{
    const struct lookup *a = left, *b = right;
    return a->address < b->address ? -1 : a->address > b->address;
}

static struct lookup_batch batch_of(const uint64_t *addresses, uint32_t count,
                                    struct string_table *strings)
{
    struct lookup_batch batch = {.strings = strings};
    batch.lookups = memory_new(count, sizeof *batch.lookups);
    for (uint32_t i = 0; i < count; i++)
        batch.lookups[i].address = addresses[i];
    qsort(batch.lookups, count, sizeof *batch.lookups, compare_lookups);
    for (uint32_t i = 0; i < count; i++) {
        if (!batch.count || batch.lookups[batch.count - 1].address != batch.lookups[i].address)
            batch.lookups[batch.count++] = batch.lookups[i];
    }
    return batch;
}

/* What the module had to offer, for its source and reason. */
struct findings {
    const char *dwarf_path, *symbols_path; /* NULL: none */
    bool has_dynamic;
    struct text gap; /* of the debug information */
};

static uint32_t thread_count(const struct symbolizer_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return options->threads ? options->threads : processors > 1 ? (uint32_t)processors : 1;
}

static void ask_dwarf(const struct symbolizer *symbolizer, struct lookup_batch *batch,
                      const struct module_files *files, struct findings *findings)
{
    struct dwarf_file_options options = {thread_count(&symbolizer->options),
                                         symbolizer->options.only_libdwarf};
    struct error error = {0};
    const char *path = NULL;
    const struct elf_image *image = module_files_dwarf(files, &path);
    if (!image)
        return;
    struct dwarf_file *file =
        dwarf_file_open(image, module_files_shared(files), &options, batch->strings, &error);
    if (file) {
        findings->dwarf_path = path;
        dwarf_file_resolve(file, batch);
        const char *gap = dwarf_file_gap(file);
        if (gap)
            text_append_string(&findings->gap, gap);
    } else {
        text_printf(&findings->gap, "the debug information in %s cannot be used: %s", path,
                    error.text);
    }
    dwarf_file_close(file);
}

static void ask_tables(struct lookup_batch *batch, const struct module_files *files,
                       struct findings *findings)
{
    struct symbol_table table;
    const struct elf_image *symbols = module_files_symbols(files, &findings->symbols_path);
    if (symbols) {
        symbol_table_init(&table, symbols, SHT_SYMTAB);
        symbol_table_resolve(&table, batch);
    }
    if (!files->has_module)
        return;
    symbol_table_init(&table, &files->module, SHT_DYNSYM);
    findings->has_dynamic = table.count > 0;
    if (!symbols)
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
    if (!nameless || !files->has_module)
        return;
    eh_frame_starts_resolve(&files->module, batch);
    name_entry(batch, &files->module);
}

static enum symbol_origin complete_outermost(struct symbolizer *symbolizer, const char *module,
                                             const struct lookup *lookup,
                                             struct symbol_frame *frame)
{
    if (frame->name || frame->linkage_name) {
        function_names_complete(&symbolizer->names, frame, lookup->symbol);
        return SYMBOL_FROM_DWARF;
    }
    if (lookup->symbol) {
        frame->linkage_name = string_table_add_string(symbolizer->strings, lookup->symbol);
        function_names_complete(&symbolizer->names, frame, NULL);
        return lookup->is_plt ? SYMBOL_FROM_PLT : SYMBOL_FROM_TABLE;
    }
    struct text name = TEXT_INIT;
    const char *slash = strrchr(module, '/');
    text_printf(&name, "%s+0x%llx", slash ? slash + 1 : module,
                (unsigned long long)(lookup->start ? lookup->start : lookup->address));
    frame->name = string_table_add(symbolizer->strings, name.data, name.length);
    text_release(&name);
    return SYMBOL_FROM_START;
}

/* Completes the chain of a lookup in the batch's frames. */
static struct symbol_chain complete_chain(struct symbolizer *symbolizer, const char *module,
                                          struct lookup_batch *batch, struct lookup *lookup)
{
    if (!lookup->frame_count) {
        lookup->first_frame = batch->frame_count;
        lookup->frame_count = 1;
        struct symbol_frame *frame =
            array_push(&batch->frames, &batch->frame_count, &batch->frame_capacity);
        frame->file = lookup->file;
        frame->line = lookup->line;
    }
    struct symbol_frame *frames = &batch->frames[lookup->first_frame];
    for (uint32_t i = 0; i + 1 < lookup->frame_count; i++)
        function_names_complete(&symbolizer->names, &frames[i], NULL);
    enum symbol_origin origin =
        complete_outermost(symbolizer, module, lookup, &frames[lookup->frame_count - 1]);
    return (struct symbol_chain){lookup->first_frame, lookup->frame_count, origin};
}

static uint32_t describe_source(struct symbolizer *symbolizer, const struct module_files *files,
                                const struct findings *findings)
{
    struct text text = TEXT_INIT;
    if (findings->dwarf_path)
        text_printf(&text, "DWARF in %s", findings->dwarf_path);
    else if (findings->symbols_path)
        text_printf(&text, "symbol table of %s", findings->symbols_path);
    else if (findings->has_dynamic)
        text_printf(&text, "dynamic symbols of %s", files->module_path.data);
    uint32_t id = text.length ? string_table_add(symbolizer->strings, text.data, text.length) : 0;
    text_release(&text);
    return id;
}

static const char *missing(const struct findings *findings)
{
    if (findings->symbols_path)
        return "no debug information, so neither source lines nor inlined functions";
    return findings->has_dynamic
               ? "stripped: no debug information, and only exported functions have names"
               : "stripped: no symbol table and no debug information";
}

static uint32_t describe_reason(struct symbolizer *symbolizer, const struct module_files *files,
                                const struct findings *findings)
{
    struct text text = TEXT_INIT;
    text_append(&text, files->problem.data, files->problem.length);
    if (findings->gap.length) {
        text_append_string(&text, text.length ? "; " : "");
        text_append(&text, findings->gap.data, findings->gap.length);
    } else if (!findings->dwarf_path && files->has_module) {
        text_append_string(&text, missing(findings));
        if (files->tried.length)
            text_printf(&text, " (looked for %s)", files->tried.data);
        text_append_string(&text, "; install its debug symbols or build with -g");
    } else if (!findings->dwarf_path && files->tried.length) {
        text_printf(&text, " (looked for %s)", files->tried.data);
    }
    uint32_t id = text.length ? string_table_add(symbolizer->strings, text.data, text.length) : 0;
    text_release(&text);
    return id;
}

static void fill_chains(struct symbolizer *symbolizer, const char *module,
                        struct lookup_batch *batch, const uint64_t *addresses, uint32_t count,
                        struct symbol_result *result)
{
    struct symbol_chain *chains = memory_new(batch->count, sizeof *chains);
    function_names_prepare(&symbolizer->names, batch->frames, batch->frame_count,
                           thread_count(&symbolizer->options));
    for (uint32_t i = 0; i < batch->count; i++) {
        chains[i] = complete_chain(symbolizer, module, batch, &batch->lookups[i]);
        result->origins[chains[i].origin]++;
    }
    result->chains = memory_new(count, sizeof *result->chains);
    result->chain_count = count;
    for (uint32_t i = 0; i < count; i++)
        result->chains[i] = chains[lookup_first(batch->lookups, batch->count, addresses[i])];
    free(chains);
    result->frames = batch->frames;
    result->frame_count = batch->frame_count;
    result->frame_capacity = batch->frame_capacity;
}

void symbolizer_resolve(struct symbolizer *symbolizer, const struct symbol_module *module,
                        const uint64_t *addresses, uint32_t count, struct symbol_result *result)
{
    struct module_files files;
    struct findings findings = {0};
    struct lookup_batch batch = batch_of(addresses, count, symbolizer->strings);
    *result = (struct symbol_result){0};
    module_files_open(&files, &symbolizer->options, module);
    ask_dwarf(symbolizer, &batch, &files, &findings);
    ask_tables(&batch, &files, &findings);
    ask_starts(&batch, &files);
    fill_chains(symbolizer, module->path, &batch, addresses, count, result);
    result->source = describe_source(symbolizer, &files, &findings);
    result->reason = describe_reason(symbolizer, &files, &findings);
    text_release(&findings.gap);
    module_files_close(&files);
    free(batch.lookups);
}

void symbol_result_release(struct symbol_result *result)
{
    free(result->chains);
    free(result->frames);
    *result = (struct symbol_result){0};
}
