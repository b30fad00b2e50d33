/* SPDX-License-Identifier: MIT */
/*
 * symbolizer.c - asks the origins of names in turn, the best first.
 */
#include "symbolizer/symbolizer.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/confinement.h"
#include "symbolizer/dwarf_file.h"
#include "symbolizer/eh_frame_starts.h"
#include "symbolizer/function_aliases.h"
#include "symbolizer/function_names.h"
#include "symbolizer/isolated_module.h"
#include "symbolizer/module_files.h"
#include "symbolizer/plt_names.h"
#include "symbolizer/symbol_cache.h"
#include "symbolizer/symbol_table.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct symbolizer {
    struct symbolizer_options options;
    struct string_table *strings;
    struct function_names names;
};

/* A module, with its files open between two batches. */
struct symbolizer_module {
    struct symbolizer *symbolizer;
    char *path;
    struct symbol_module asked;       /* with copies of its path and build-id */
    struct file_trust trust;          /* of the files, when they are read here */
    struct isolated_module *isolated; /* who reads them elsewhere; NULL: they are read here */
    int kept[CONFINEMENT_KEPT + 1];   /* descriptors that it keeps, ended by -1 */
    uint32_t kept_count;
    struct text kept_file, kept_root; /* their paths */
    struct module_files files;
    struct symbol_cache *cache; /* NULL: none is wanted, or its answers would not last */
    struct dwarf_file *dwarf;   /* NULL: not needed yet, or not to be had */
    bool tried_dwarf;
    const char *dwarf_path, *symbols_path; /* of the files that names come from; NULL: none */
    bool has_dynamic;
    struct text gap; /* of the debug information, in words */
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

static uint32_t thread_count(const struct symbolizer_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return options->threads ? options->threads : processors > 1 ? (uint32_t)processors : 1;
}

static void open_dwarf(struct symbolizer_module *module)
{
    const struct symbolizer_options *asked = &module->symbolizer->options;
    struct dwarf_file_options options = {
        .threads = thread_count(asked),
        .only_libdwarf = asked->only_libdwarf,
        .sysroot = asked->sysroot,
        .trust = &module->trust,
    };
    struct error error = {0};
    const char *path = NULL;
    const struct elf_image *image = module_files_dwarf(&module->files, &path);
    if (!image || module->tried_dwarf)
        return;
    options.path = path;
    module->tried_dwarf = true;
    module->dwarf = dwarf_file_open(image, module_files_shared(&module->files), &options,
                                    module->symbolizer->strings, &error);
    if (module->dwarf)
        return;
    module->dwarf_path = NULL;
    text_printf(&module->gap, "the debug information in %s cannot be used: %s", path, error.text);
}

static void append_identity(struct text *text, const char *what, const struct elf_image *image)
{
    if (image)
        text_printf(text, " %s %llu %llu %lld", what, (unsigned long long)image->file.inode,
                    (unsigned long long)image->size, (long long)image->file.modified_ns);
}

/* Answers are kept for modules that have a build-id and debug information: others cost little. */
static void open_cache(struct symbolizer_module *module)
{
    const struct symbolizer_options *options = &module->symbolizer->options;
    const struct module_files *files = &module->files;
    if (!options->cache_directory || options->only_libdwarf || !module->dwarf_path ||
        !files->has_module || !files->module.build_id_size)
        return;
    struct text name = TEXT_INIT, identity = TEXT_INIT;
    const char *path;
    for (uint32_t i = 0; i < files->module.build_id_size; i++)
        text_printf(&name, "%02x", files->module.build_id[i]);
    text_append_string(&identity, PROF_VERSION);
    append_identity(&identity, "module", &files->module);
    append_identity(&identity, module->dwarf_path, module_files_dwarf(files, &path));
    append_identity(&identity, "shared", module_files_shared(files));
    module->cache = symbol_cache_open(options->cache_directory, name.data, identity.data,
                                      module->symbolizer->strings);
    text_release(&name);
    text_release(&identity);
}

static void open_here(struct symbolizer_module *module)
{
    const struct symbolizer_options *options = &module->symbolizer->options;
    module->trust.is_strict = options->isolate == SYMBOLIZER_ISOLATE_AUTO;
    module_files_open(&module->files, options, &module->asked, &module->trust);
    module_files_dwarf(&module->files, &module->dwarf_path);
    open_cache(module);
}

static void close_here(struct symbolizer_module *module)
{
    symbol_cache_close(module->cache);
    dwarf_file_close(module->dwarf);
    module_files_close(&module->files);
    module->cache = NULL;
    module->dwarf = NULL;
}

static void isolate(struct symbolizer_module *module);
static void release_descriptors(struct symbolizer_module *module);

struct symbolizer_module *symbolizer_module_open(struct symbolizer *symbolizer,
                                                 const struct symbol_module *asked)
{
    struct symbolizer_module *module = memory_new(1, sizeof *module);
    uint8_t *build_id = memory_new(asked->build_id_size, 1);
    if (asked->build_id_size)
        memcpy(build_id, asked->build_id, asked->build_id_size);
    module->symbolizer = symbolizer;
    module->path = memory_copy_string(asked->path);
    module->asked = *asked;
    module->asked.path = module->path;
    module->asked.build_id = build_id;
    if (symbolizer->options.isolate != SYMBOLIZER_ISOLATE_ALWAYS)
        open_here(module);
    if (symbolizer->options.isolate == SYMBOLIZER_ISOLATE_ALWAYS || module->trust.met_others)
        isolate(module);
    return module;
}

void symbolizer_module_close(struct symbolizer_module *module)
{
    if (!module)
        return;
    isolated_module_close(module->isolated);
    release_descriptors(module);
    close_here(module);
    text_release(&module->gap);
    free((void *)module->asked.build_id);
    free(module->path);
    free(module);
}

static void ask_dwarf(struct symbolizer_module *module, struct lookup_batch *batch)
{
    open_dwarf(module);
    if (!module->dwarf)
        return;
    dwarf_file_resolve(module->dwarf, batch);
    const char *gap = dwarf_file_gap(module->dwarf);
    module->gap.length = 0;
    if (gap)
        text_append_string(&module->gap, gap);
}

static void ask_tables(struct symbolizer_module *module, struct lookup_batch *batch)
{
    struct symbol_table table;
    const struct module_files *files = &module->files;
    const struct elf_image *symbols = module_files_symbols(files, &module->symbols_path);
    if (symbols) {
        symbol_table_init(&table, symbols, SHT_SYMTAB);
        symbol_table_resolve(&table, batch);
    }
    if (!files->has_module)
        return;
    symbol_table_init(&table, &files->module, SHT_DYNSYM);
    module->has_dynamic = table.count > 0;
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
    frames[0].discriminator = lookup->discriminator;
    for (uint32_t i = 0; i + 1 < lookup->frame_count; i++)
        function_names_complete(&symbolizer->names, &frames[i], NULL);
    enum symbol_origin origin =
        complete_outermost(symbolizer, module, lookup, &frames[lookup->frame_count - 1]);
    return (struct symbol_chain){lookup->first_frame, lookup->frame_count, origin};
}

static uint32_t intern(struct symbolizer *symbolizer, struct text *text)
{
    uint32_t id =
        text->length ? string_table_add(symbolizer->strings, text->data, text->length) : 0;
    text_release(text);
    return id;
}

static uint32_t describe_source(const struct symbolizer_module *module)
{
    struct text text = TEXT_INIT;
    if (module->dwarf_path)
        text_printf(&text, "DWARF in %s", module->dwarf_path);
    else if (module->symbols_path)
        text_printf(&text, "%s of %s", module->files.has_mini ? ".gnu_debugdata" : "symbol table",
                    module->symbols_path);
    else if (module->has_dynamic)
        text_printf(&text, "dynamic symbols of %s", module->files.module_path.data);
    return intern(module->symbolizer, &text);
}

static const char *missing(const struct symbolizer_module *module)
{
    if (module->symbols_path)
        return "no debug information, so neither source lines nor inlined functions";
    return module->has_dynamic
               ? "stripped: no debug information, and only exported functions have names"
               : "stripped: no symbol table and no debug information";
}

static uint32_t describe_reason(const struct symbolizer_module *module)
{
    struct text text = TEXT_INIT;
    const struct module_files *files = &module->files;
    text_append(&text, files->problem.data, files->problem.length);
    if (module->gap.length) {
        text_append_string(&text, text.length ? "; " : "");
        text_append(&text, module->gap.data, module->gap.length);
    } else if (!module->dwarf_path && files->has_module) {
        text_append_string(&text, missing(module));
        if (files->mini_problem.length)
            text_printf(&text, " (%s)", files->mini_problem.data);
        if (files->tried.length)
            text_printf(&text, " (looked for %s)", files->tried.data);
        text_append_string(&text, "; " SYMBOLIZER_ADVICE);
    } else if (!module->dwarf_path && files->tried.length) {
        text_printf(&text, " (looked for %s)", files->tried.data);
    }
    return intern(module->symbolizer, &text);
}

/* The lookups that the cache does not answer; `places` tells where they are among all. */
static struct lookup_batch ask_cache(struct symbolizer_module *module,
                                     const struct lookup_batch *all, struct symbol_chain *chains,
                                     uint32_t *places, struct symbol_result *result)
{
    struct lookup_batch rest = {.strings = all->strings};
    rest.lookups = memory_new(all->count, sizeof *rest.lookups);
    for (uint32_t i = 0; i < all->count; i++) {
        uint64_t address = all->lookups[i].address;
        if (module->cache && symbol_cache_find(module->cache, address, result, &chains[i]))
            continue;
        places[rest.count] = i;
        rest.lookups[rest.count++] = all->lookups[i];
    }
    return rest;
}

/* The frames of the batch become the result's, after those that it has. */
static void take_frames(struct symbol_result *result, struct lookup_batch *batch)
{
    if (!result->frame_count) {
        free(result->frames);
        result->frames = batch->frames;
        result->frame_count = batch->frame_count;
        result->frame_capacity = batch->frame_capacity;
        return;
    }
    for (uint32_t i = 0; i < batch->frame_count; i++)
        *array_push(&result->frames, &result->frame_count, &result->frame_capacity) =
            batch->frames[i];
    free(batch->frames);
}

/* Makes the lookups' chains of what is known of them. */
static void complete_chains(struct symbolizer_module *module, struct lookup_batch *batch,
                            struct symbol_chain *chains, const uint32_t *places,
                            struct symbol_result *result)
{
    uint32_t before = result->frame_count;
    for (uint32_t i = 0; i < batch->count; i++) {
        struct symbol_chain *chain = &chains[places ? places[i] : i];
        *chain = complete_chain(module->symbolizer, module->path, batch, &batch->lookups[i]);
        chain->first_frame += before;
    }
    take_frames(result, batch);
}

/* Asks the origins of names in turn. */
static void resolve_batch(struct symbolizer_module *module, struct lookup_batch *batch,
                          struct symbol_chain *chains, const uint32_t *places,
                          struct symbol_result *result)
{
    struct symbolizer *symbolizer = module->symbolizer;
    ask_dwarf(module, batch);
    ask_tables(module, batch);
    ask_starts(batch, &module->files);
    function_names_prepare(&symbolizer->names, batch->frames, batch->frame_count,
                           thread_count(&symbolizer->options));
    complete_chains(module, batch, chains, places, result);
    bool will_last =
        module->cache && module->dwarf && !module->gap.length && dwarf_file_is_whole(module->dwarf);
    for (uint32_t i = 0; i < batch->count && will_last; i++)
        symbol_cache_add(module->cache, batch->lookups[i].address, result, &chains[places[i]]);
}

static void resolve_here(struct symbolizer_module *module, struct lookup_batch *all,
                         struct symbol_chain *chains, struct symbol_result *result)
{
    uint32_t *places = memory_new(all->count, sizeof *places);
    struct lookup_batch rest = ask_cache(module, all, chains, places, result);
    if (rest.count || !module->cache)
        resolve_batch(module, &rest, chains, places, result);
    result->source = describe_source(module);
    result->reason = describe_reason(module);
    free(places);
    free(rest.lookups);
}

static void resolve_elsewhere(struct symbolizer_module *module, struct lookup_batch *all,
                              struct symbol_chain *chains, struct symbol_result *result)
{
    if (all->count &&
        !isolated_module_resolve(module->isolated, all->lookups, all->count, chains, result))
        complete_chains(module, all, chains, NULL, result);
}

static void *open_isolated(void *context, bool only_tables)
{
    struct symbolizer_module *outer = context;
    struct symbolizer_options *options = &outer->symbolizer->options; // of this process alone
    options->isolate = SYMBOLIZER_ISOLATE_NEVER;
    options->cache_directory = NULL;
    struct symbolizer_module *module = symbolizer_module_open(outer->symbolizer, &outer->asked);
    module->tried_dwarf = only_tables;
    if (only_tables)
        module->dwarf_path = NULL;
    return module;
}

static const char *problem_isolated(const void *opened)
{
    return symbolizer_module_problem(opened);
}

static bool section_isolated(const void *opened, const char *name, uint64_t *address)
{
    return symbolizer_module_section(opened, name, address);
}

static bool has_places_isolated(const void *opened)
{
    return ((const struct symbolizer_module *)opened)->files.module.type == ET_REL;
}

static uint64_t place_isolated(const void *opened, uint64_t offset)
{
    return symbolizer_module_place(opened, offset);
}

static uint64_t size_isolated(const void *opened)
{
    const struct module_files *files = &((const struct symbolizer_module *)opened)->files;
    return (uint64_t)files->module.size + files->debug.size + files->shared.size;
}

static void resolve_isolated(void *opened, const uint64_t *addresses, uint32_t count,
                             struct symbol_result *result)
{
    symbolizer_module_resolve(opened, addresses, count, result);
}

/* A path below /proc/self/fd leads elsewhere in another process, unless the descriptor is our own
 * and that process keeps it. Returns the path by which it has what `path` leads to. */
static const char *keep_descriptor(struct symbolizer_module *module, struct text *text,
                                   const char *path, int flags)
{
    int fd = path ? open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (fd < 0)
        return NULL;
    module->kept[module->kept_count++] = fd;
    text_printf(text, "/proc/self/fd/%d", fd);
    return text->data;
}

static void keep_descriptors(struct symbolizer_module *module)
{
    struct symbol_module *asked = &module->asked;
    asked->file = keep_descriptor(module, &module->kept_file, asked->file, O_RDONLY);
    asked->root = keep_descriptor(module, &module->kept_root, asked->root, O_PATH | O_DIRECTORY);
    module->kept[module->kept_count] = -1;
}

static void release_descriptors(struct symbolizer_module *module)
{
    for (uint32_t i = 0; i < module->kept_count; i++)
        close(module->kept[i]);
    text_release(&module->kept_file);
    text_release(&module->kept_root);
}

/* From now on another process reads the module's files. */
static void isolate(struct symbolizer_module *module)
{
    const struct isolated_work work = {
        .context = module,
        .open = open_isolated,
        .problem = problem_isolated,
        .section = section_isolated,
        .has_places = has_places_isolated,
        .place = place_isolated,
        .size = size_isolated,
        .resolve = resolve_isolated,
        .path = module->path,
        .strings = module->symbolizer->strings,
        .kept = module->kept,
        .opens_free = module->symbolizer->options.ask_debuginfod,
    };
    close_here(module);
    keep_descriptors(module);
    module->isolated = isolated_module_open(&work);
}

void symbolizer_module_resolve(struct symbolizer_module *module, const uint64_t *addresses,
                               uint32_t count, struct symbol_result *result)
{
    struct lookup_batch all = batch_of(addresses, count, module->symbolizer->strings);
    struct symbol_chain *chains = memory_new(all.count, sizeof *chains);
    *result = (struct symbol_result){0};
    if (!module->isolated)
        resolve_here(module, &all, chains, result);
    if (!module->isolated && module->trust.met_others) { // a .dwo file, which is found late
        symbol_result_release(result);
        isolate(module);
    }
    if (module->isolated)
        resolve_elsewhere(module, &all, chains, result);
    for (uint32_t i = 0; i < all.count; i++)
        result->origins[chains[i].origin]++;
    result->chains = memory_new(count, sizeof *result->chains);
    result->chain_count = count;
    for (uint32_t i = 0; i < count; i++)
        result->chains[i] = chains[lookup_first(all.lookups, all.count, addresses[i])];
    free(chains);
    free(all.lookups);
}

void symbolizer_resolve(struct symbolizer *symbolizer, const struct symbol_module *asked,
                        const uint64_t *addresses, uint32_t count, struct symbol_result *result)
{
    struct symbolizer_module *module = symbolizer_module_open(symbolizer, asked);
    symbolizer_module_resolve(module, addresses, count, result);
    symbolizer_module_close(module);
}

void symbol_result_release(struct symbol_result *result)
{
    free(result->chains);
    free(result->frames);
    *result = (struct symbol_result){0};
}

static void add_alias(struct symbolizer *symbolizer, struct symbol_aliases *aliases,
                      const char *linkage_name)
{
    struct symbol_frame frame = {0};
    frame.linkage_name = string_table_add_string(symbolizer->strings, linkage_name);
    function_names_complete(&symbolizer->names, &frame, NULL);
    *array_push(&aliases->names, &aliases->name_count, &aliases->name_capacity) =
        (struct symbol_alias){frame.name, frame.linkage_name};
}

void symbolizer_module_aliases(struct symbolizer_module *module, const uint64_t *addresses,
                               uint32_t count, struct symbol_aliases *aliases)
{
    const struct module_files *files = &module->files;
    const char *path;
    const struct elf_image *image = module_files_symbols(files, &path);
    struct lookup_batch batch = batch_of(addresses, count, module->symbolizer->strings);
    struct symbol_table table = {.count = 0};
    struct function_aliases found;
    if (image && !module->isolated)
        symbol_table_init(&table, image, SHT_SYMTAB);
    else if (files->has_module && !module->isolated)
        symbol_table_init(&table, &files->module, SHT_DYNSYM);
    function_aliases_init(&found, &table, &batch);
    *aliases = (struct symbol_aliases){.is_left_out = module->isolated};
    aliases->first = memory_new((size_t)count + 1, sizeof *aliases->first);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t name_count, at = lookup_first(batch.lookups, batch.count, addresses[i]);
        const struct function_alias *names = function_aliases_of(&found, at, &name_count);
        for (uint32_t n = 0; n < name_count; n++)
            add_alias(module->symbolizer, aliases, names[n].symbol.name);
        aliases->first[i + 1] = aliases->name_count;
    }
    function_aliases_release(&found);
    free(batch.lookups);
}

void symbol_aliases_release(struct symbol_aliases *aliases)
{
    free(aliases->names);
    free(aliases->first);
    *aliases = (struct symbol_aliases){0};
}

const char *symbolizer_module_problem(const struct symbolizer_module *module)
{
    if (module->isolated)
        return isolated_module_problem(module->isolated);
    return module->files.problem.length ? module->files.problem.data : NULL;
}

bool symbolizer_module_section(const struct symbolizer_module *module, const char *name,
                               uint64_t *address)
{
    const struct module_files *files = &module->files;
    if (module->isolated)
        return isolated_module_section(module->isolated, name, address);
    const struct elf_image *image = files->has_module ? &files->module : &files->debug;
    const struct elf_section *section = elf_image_section(image, name);
    if (section)
        *address = section->address;
    return section != NULL;
}

uint64_t symbolizer_module_place(const struct symbolizer_module *module, uint64_t offset)
{
    if (module->isolated)
        return isolated_module_place(module->isolated, offset);
    const struct elf_image *image = &module->files.module;
    for (uint32_t i = 1; image->type == ET_REL && i < image->section_count; i++) {
        const struct elf_section *section = &image->sections[i];
        if ((section->flags & SHF_ALLOC) && (section->flags & SHF_EXECINSTR) &&
            offset < section->size)
            return section->address + offset;
    }
    return offset;
}
