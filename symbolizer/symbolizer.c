/* SPDX-License-Identifier: MIT */
/*
 * symbolizer.c - has a module read here or in a process of its own, and hands out its answers.
 */
#include "symbolizer/symbolizer.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/function_aliases.h"
#include "symbolizer/function_names.h"
#include "symbolizer/isolated_module.h"
#include "symbolizer/module_reader.h"
#include "symbolizer/symbol_chains.h"

#include <stdlib.h>
#include <string.h>

struct symbolizer {
    struct symbolizer_options options;
    struct string_table *strings;
    struct function_names names;
};

/* Exactly one of `reader` and `isolated` is there. */
struct symbolizer_module {
    struct symbolizer *symbolizer;
    struct symbol_module asked; /* with copies of its paths and build-id */
    struct module_reader *reader;
    struct isolated_module *isolated; /* who reads the files in another process */
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

static void add_alias(struct symbolizer *symbolizer, struct symbol_result *names,
                      const char *linkage_name)
{
    size_t size = strnlen(linkage_name, SYMBOL_NAME_MAX);
    if (size == SYMBOL_NAME_MAX)
        return;
    struct symbol_frame *frame =
        array_push(&names->frames, &names->frame_count, &names->frame_capacity);
    frame->linkage_name = string_table_add(symbolizer->strings, linkage_name, size);
    function_names_complete(&symbolizer->names, frame, NULL);
}

/* All names of the functions at the batch's addresses, as the frames of a chain for each. */
static void read_aliases(struct symbolizer_module *module, const struct lookup_batch *batch,
                         struct symbol_chain *chains, struct symbol_result *names)
{
    struct symbol_table table;
    struct function_aliases found;
    module_reader_symbols(module->reader, &table);
    function_aliases_init(&found, &table, batch);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t count;
        const struct function_alias *aliases = function_aliases_of(&found, i, &count);
        count = count < SYMBOL_ALIASES_MAX ? count : SYMBOL_ALIASES_MAX;
        chains[i] = (struct symbol_chain){.first_frame = names->frame_count};
        for (uint32_t n = 0; n < count; n++)
            add_alias(module->symbolizer, names, aliases[n].symbol.name);
        chains[i].frame_count = names->frame_count - chains[i].first_frame;
    }
    function_aliases_release(&found);
}

static void *open_isolated(void *context, int files, bool only_tables)
{
    struct symbolizer_module *module = context; // the other process's copy, which reads by itself
    struct symbolizer_options *options = &module->symbolizer->options;
    options->isolate = SYMBOLIZER_ISOLATE_NEVER;
    options->cache_directory = NULL;
    module->isolated = NULL;
    module->reader =
        module_reader_open(options, &module->symbolizer->names, &module->asked, &files);
    if (only_tables)
        module_reader_leave_dwarf(module->reader);
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

static bool symbol_isolated(const void *opened, const char *name, uint64_t *value)
{
    return symbolizer_module_symbol(opened, name, value);
}

static bool has_places_isolated(const void *opened)
{
    return module_reader_is_object(((const struct symbolizer_module *)opened)->reader);
}

static uint64_t place_isolated(const void *opened, uint64_t offset)
{
    return symbolizer_module_place(opened, offset);
}

static uint64_t size_isolated(const void *opened)
{
    return module_reader_size(((const struct symbolizer_module *)opened)->reader);
}

static void resolve_isolated(void *opened, const uint64_t *addresses, uint32_t count,
                             struct symbol_result *result)
{
    symbolizer_module_resolve(opened, addresses, count, result);
}

static void aliases_isolated(void *opened, const uint64_t *addresses, uint32_t count,
                             struct symbol_result *result)
{
    struct symbolizer_module *module = opened;
    struct lookup_batch batch = batch_of(addresses, count, module->symbolizer->strings);
    *result = (struct symbol_result){.chain_count = batch.count};
    result->chains = memory_new(batch.count, sizeof *result->chains);
    read_aliases(module, &batch, result->chains, result);
    free(batch.lookups);
}

/* From now on another process reads the module's files. */
static void isolate(struct symbolizer_module *module)
{
    const struct isolated_work work = {
        .context = module,
        .open = open_isolated,
        .problem = problem_isolated,
        .section = section_isolated,
        .symbol = symbol_isolated,
        .has_places = has_places_isolated,
        .place = place_isolated,
        .size = size_isolated,
        .resolve = resolve_isolated,
        .aliases = aliases_isolated,
        .path = module->asked.path,
        .strings = module->symbolizer->strings,
        .may_fetch = module->symbolizer->options.ask_debuginfod,
    };
    module_reader_close(module->reader);
    module->reader = NULL;
    module->isolated = isolated_module_open(&work);
}

struct symbolizer_module *symbolizer_module_open(struct symbolizer *symbolizer,
                                                 const struct symbol_module *asked)
{
    struct symbolizer_module *module = memory_new(1, sizeof *module);
    uint8_t *build_id = memory_new(asked->build_id_size, 1);
    if (asked->build_id_size)
        memcpy(build_id, asked->build_id, asked->build_id_size);
    module->symbolizer = symbolizer;
    module->asked = *asked;
    module->asked.path = memory_copy_string(asked->path);
    module->asked.file = asked->file ? memory_copy_string(asked->file) : NULL;
    module->asked.root = asked->root ? memory_copy_string(asked->root) : NULL;
    module->asked.build_id = build_id;
    if (symbolizer->options.isolate != SYMBOLIZER_ISOLATE_ALWAYS)
        module->reader = module_reader_open(&symbolizer->options, &symbolizer->names, asked, NULL);
    if (!module->reader || module_reader_met_others(module->reader))
        isolate(module);
    return module;
}

void symbolizer_module_close(struct symbolizer_module *module)
{
    if (!module)
        return;
    isolated_module_close(module->isolated);
    module_reader_close(module->reader);
    free((void *)module->asked.build_id);
    free((void *)module->asked.path);
    free((void *)module->asked.file);
    free((void *)module->asked.root);
    free(module);
}

static void resolve_elsewhere(struct symbolizer_module *module, struct lookup_batch *all,
                              struct symbol_chain *chains, struct symbol_result *result)
{
    if (all->count &&
        !isolated_module_resolve(module->isolated, all->lookups, all->count, chains, result))
        symbol_chains_complete(&module->symbolizer->names, module->asked.path, all, chains, NULL,
                               result);
}

void symbolizer_module_resolve(struct symbolizer_module *module, const uint64_t *addresses,
                               uint32_t count, struct symbol_result *result)
{
    struct lookup_batch all = batch_of(addresses, count, module->symbolizer->strings);
    struct symbol_chain *chains = memory_new(all.count, sizeof *chains);
    *result = (struct symbol_result){0};
    if (module->reader)
        module_reader_resolve(module->reader, &all, chains, result);
    if (module->reader && module_reader_met_others(module->reader)) { // a .dwo, found that late
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

/* Of the address with that index in the batch. */
static void add_aliases(struct symbol_aliases *aliases, const struct symbol_result *names,
                        const struct symbol_chain *chain)
{
    for (uint32_t i = 0; i < chain->frame_count; i++) {
        const struct symbol_frame *name = &names->frames[chain->first_frame + i];
        *array_push(&aliases->names, &aliases->name_count, &aliases->name_capacity) =
            (struct symbol_alias){name->name, name->linkage_name};
    }
}

void symbolizer_module_aliases(struct symbolizer_module *module, const uint64_t *addresses,
                               uint32_t count, struct symbol_aliases *aliases)
{
    struct lookup_batch batch = batch_of(addresses, count, module->symbolizer->strings);
    struct symbol_chain *chains = memory_new(batch.count, sizeof *chains);
    struct symbol_result names = {0};
    if (module->reader)
        read_aliases(module, &batch, chains, &names);
    else if (!isolated_module_aliases(module->isolated, batch.lookups, batch.count, chains, &names))
        memset(chains, 0, batch.count * sizeof *chains); // none are known
    *aliases = (struct symbol_aliases){0};
    aliases->first = memory_new((size_t)count + 1, sizeof *aliases->first);
    for (uint32_t i = 0; i < count; i++) {
        add_aliases(aliases, &names,
                    &chains[lookup_first(batch.lookups, batch.count, addresses[i])]);
        aliases->first[i + 1] = aliases->name_count;
    }
    symbol_result_release(&names);
    free(chains);
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
    return module->isolated ? isolated_module_problem(module->isolated)
                            : module_reader_problem(module->reader);
}

bool symbolizer_module_section(const struct symbolizer_module *module, const char *name,
                               uint64_t *address)
{
    return module->isolated ? isolated_module_section(module->isolated, name, address)
                            : module_reader_section(module->reader, name, address);
}

bool symbolizer_module_symbol(const struct symbolizer_module *module, const char *name,
                              uint64_t *value)
{
    return module->isolated ? isolated_module_symbol(module->isolated, name, value)
                            : module_reader_symbol(module->reader, name, value);
}

uint64_t symbolizer_module_place(const struct symbolizer_module *module, uint64_t offset)
{
    return module->isolated ? isolated_module_place(module->isolated, offset)
                            : module_reader_place(module->reader, offset);
}
