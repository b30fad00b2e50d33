/* SPDX-License-Identifier: MIT */
/*
 * module_hues.c - the modules of a tree, those with the most self weight first, each with its hue.
 */
#include "render/module_hues.h"

#include "profiler/base/memory.h"
#include "render/names.h"
#include "render/palette.h"

#include <stdlib.h>
#include <string.h>

#define NOT_PLACED UINT32_MAX

/* No divisor of PALETTE_HUES, so that all hues are tried, those that look similar late. */
#define HUE_STEP 5

static uint32_t path_of(struct string_table *paths, const char *bytes)
{
    struct text visible = TEXT_INIT;
    name_append_visible_cut(&visible, bytes, strlen(bytes), NAME_SIZE_MAX);
    uint32_t id = string_table_add(paths, visible.data, visible.length);
    text_release(&visible);
    return id;
}

static uint32_t index_of(const struct module_hues *hues, uint32_t module)
{
    return module < hues->module_count ? module : hues->module_count;
}

/* Modules of one path are one. `path_of_module` and `places` are by module and by path. */
static void add_module(struct module_hues *hues, uint32_t module, const uint32_t *path_of_module,
                       uint32_t *places)
{
    uint32_t path = path_of_module[index_of(hues, module)];
    if (places[path] == NOT_PLACED) {
        const char *shown = string_table_get(&hues->paths, path);
        places[path] = hues->count++;
        hues->modules[places[path]] = (struct module_hue){
            .path = shown,
            .hash = palette_hash(shown, string_table_size(&hues->paths, path)),
        };
    }
    hues->place_of_module[index_of(hues, module)] = places[path];
}

/* Those of all functions that are code. */
static void find_modules(struct module_hues *hues, const struct call_tree *tree)
{
    const struct profile *profile = tree->profile;
    uint32_t *paths = memory_new(hues->module_count + (size_t)1, sizeof *paths);
    for (uint32_t i = 0; i < hues->module_count; i++)
        paths[i] = path_of(&hues->paths, profile_string(profile, profile->modules[i].path));
    uint32_t *places = memory_new(hues->paths.count + (size_t)1, sizeof *places);
    for (uint32_t i = 0; i < hues->paths.count; i++)
        places[i] = NOT_PLACED;
    for (uint32_t i = 0; i < tree->function_count; i++) {
        if (!palette_is_fixed(tree->functions[i].kind))
            add_module(hues, tree->functions[i].module, paths, places);
    }
    free(paths);
    free(places);
}

static void weigh(struct module_hues *hues, const struct call_tree *tree)
{
    for (uint32_t i = CALL_TREE_ROOT + 1; i < tree->node_count; i++) {
        const struct call_tree_function *function = &tree->functions[tree->nodes[i].function];
        if (!palette_is_fixed(function->kind))
            hues->modules[hues->place_of_module[index_of(hues, function->module)]].weight +=
                tree->nodes[i].self;
    }
}

static int compare(const void *left, const void *right, void *modules)
{
    const struct module_hue *a = (const struct module_hue *)modules + *(const uint32_t *)left;
    const struct module_hue *b = (const struct module_hue *)modules + *(const uint32_t *)right;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return (a->hash > b->hash) - (a->hash < b->hash);
}

static void sort(struct module_hues *hues)
{
    hues->by_weight = memory_new(hues->count + (size_t)1, sizeof *hues->by_weight);
    for (uint32_t i = 0; i < hues->count; i++)
        hues->by_weight[i] = i;
    qsort_r(hues->by_weight, hues->count, sizeof *hues->by_weight, compare, hues->modules);
}

static void choose(struct module_hues *hues)
{
    bool taken[PALETTE_HUES] = {false};
    for (uint32_t i = 0; i < hues->count; i++) {
        struct module_hue *module = &hues->modules[hues->by_weight[i]];
        module->hue = module->hash % PALETTE_HUES;
        while (i < PALETTE_HUES && taken[module->hue])
            module->hue = (module->hue + HUE_STEP) % PALETTE_HUES;
        taken[module->hue] = true;
    }
}

void module_hues_build(struct module_hues *hues, const struct call_tree *tree)
{
    uint32_t count = tree->profile->module_count;
    *hues = (struct module_hues){.module_count = count};
    string_table_init(&hues->paths);
    hues->modules = memory_new(count + (size_t)1, sizeof *hues->modules);
    hues->place_of_module = memory_new(count + (size_t)1, sizeof *hues->place_of_module);
    find_modules(hues, tree);
    weigh(hues, tree);
    sort(hues);
    choose(hues);
}

void module_hues_release(struct module_hues *hues)
{
    string_table_release(&hues->paths);
    free(hues->modules);
    free(hues->by_weight);
    free(hues->place_of_module);
    *hues = (struct module_hues){0};
}

unsigned module_hues_get(const struct module_hues *hues, uint32_t module)
{
    return hues->modules[hues->place_of_module[index_of(hues, module)]].hue;
}
