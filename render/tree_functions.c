/* SPDX-License-Identifier: MIT */
/*
 * tree_functions.c - which function of a call tree a frame, a gap or a group stands for.
 */
#include "render/tree_functions.h"

#include "profiler/base/memory.h"
#include "profiler/base/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_NAME "[unknown]"

/* Where systems keep the libraries that are not the user's own. */
static const char *const system_directories[] = {
    "/lib/",       "/lib32/",       "/lib64/",     "/usr/lib/",   "/usr/lib32/",
    "/usr/lib64/", "/usr/libexec/", "/nix/store/", "/gnu/store/",
};

/* How tools and kernels name memory that holds code made at run time. */
static const char *const jit_prefixes[] = {
    "[jit", "[anon", "//anon", "/tmp/perf-", "jitted-", "/memfd:", "/dev/zero",
};

static bool starts_with_one_of(const char *path, const char *const *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

static bool is_executable(const struct profile *profile, uint32_t path)
{
    for (uint32_t i = 0; i < profile->process_count; i++) {
        if (profile->processes[i].executable == path)
            return true;
    }
    return false;
}

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static enum call_tree_kind kind_of_module(const struct profile *profile,
                                          const struct profile_module *module)
{
    const char *path = profile_string(profile, module->path);
    if (module->kind == RECORDING_MODULE_KERNEL)
        return CALL_TREE_KERNEL;
    if (module->kind == RECORDING_MODULE_VDSO)
        return CALL_TREE_LIBRARY;
    if (starts_with_one_of(path, jit_prefixes, COUNT_OF(jit_prefixes)))
        return CALL_TREE_JIT;
    // A program may live below /usr/lib too (browsers do): it is still what the user ran.
    if (!is_executable(profile, module->path) &&
        starts_with_one_of(path, system_directories, COUNT_OF(system_directories)))
        return CALL_TREE_LIBRARY;
    return CALL_TREE_USER;
}

static uint32_t *new_indexes(size_t count)
{
    uint32_t *indexes = memory_new(count ? count : 1, sizeof *indexes);
    memset(indexes, 0xff, count * sizeof *indexes); // all PROFILE_NONE
    return indexes;
}

void tree_functions_init(struct tree_functions *functions, struct call_tree *tree)
{
    const struct profile *profile = tree->profile;
    *functions = (struct tree_functions){
        .tree = tree,
        .of_profile_function = new_indexes(2 * (size_t)profile->function_count),
        .of_bare_frame = new_indexes(profile->frame_count),
        .module_kinds = memory_new(profile->module_count ? profile->module_count : 1, 1),
    };
    for (uint32_t i = 0; i < profile->module_count; i++)
        functions->module_kinds[i] = (uint8_t)kind_of_module(profile, &profile->modules[i]);
}

void tree_functions_release(struct tree_functions *functions)
{
    hash_map_release(&functions->by_identity);
    free(functions->of_profile_function);
    free(functions->of_bare_frame);
    free(functions->module_kinds);
    *functions = (struct tree_functions){0};
}

/* The function with this identity; entered as given when it is new. */
static uint32_t intern(struct tree_functions *functions, const struct call_tree_function *wanted)
{
    uint64_t key = (uint64_t)wanted->name << 32 | (wanted->module << 1 | wanted->inlined);
    uint32_t *index = hash_map_at(&functions->by_identity, key);
    if (*index == HASH_MAP_NONE) {
        struct call_tree *tree = functions->tree;
        *index = tree->function_count;
        *array_push(&tree->functions, &tree->function_count, &tree->function_capacity) = *wanted;
    }
    return *index;
}

_Static_assert(PROFILE_CODE_USER == CALL_TREE_USER + 1 &&
                   PROFILE_CODE_COUNT == CALL_TREE_KIND_COUNT + 1,
               "kinds are those of the profile, which has one more");

static enum call_tree_kind kind_of(const struct tree_functions *functions,
                                   const struct profile_function *function)
{
    if (function->code != PROFILE_CODE_BY_MODULE && function->code < PROFILE_CODE_COUNT)
        return function->code - PROFILE_CODE_USER;
    if (!function->name)
        return CALL_TREE_UNKNOWN;
    return function->module < functions->tree->profile->module_count
               ? functions->module_kinds[function->module]
               : CALL_TREE_USER;
}

uint32_t tree_functions_of_line(struct tree_functions *functions, const struct profile_line *line,
                                bool inlined)
{
    uint32_t *known = &functions->of_profile_function[2 * (size_t)line->function + inlined];
    if (*known == PROFILE_NONE) {
        struct call_tree *tree = functions->tree;
        const struct profile_function *function = &tree->profile->functions[line->function];
        const struct string_table *strings = &tree->profile->strings;
        uint32_t name = string_table_size(strings, function->name)
                            ? string_table_adopt(&tree->names, strings, function->name)
                            : string_table_add_string(&tree->names, UNKNOWN_NAME);
        *known = intern(functions, &(struct call_tree_function){
                                       .name = name,
                                       .module = function->module,
                                       .file = function->file,
                                       .line = function->line,
                                       .kind = (uint8_t)kind_of(functions, function),
                                       .inlined = inlined,
                                   });
    }
    return *known;
}

uint32_t tree_functions_of_bare_frame(struct tree_functions *functions, uint32_t index)
{
    uint32_t *known = &functions->of_bare_frame[index];
    if (*known == PROFILE_NONE) {
        struct call_tree *tree = functions->tree;
        const struct profile *profile = tree->profile;
        const struct profile_frame *frame = &profile->frames[index];
        char name[4096] = UNKNOWN_NAME;
        if (frame->module < profile->module_count) {
            const char *path = profile_string(profile, profile->modules[frame->module].path);
            snprintf(name, sizeof name, "%.4000s+0x%" PRIx64, path_base_name(path), frame->address);
        }
        *known = intern(functions, &(struct call_tree_function){
                                       .name = string_table_add_string(&tree->names, name),
                                       .module = frame->module,
                                       .kind = CALL_TREE_UNKNOWN,
                                   });
    }
    return *known;
}

uint32_t tree_functions_of_label(struct tree_functions *functions, const char *label,
                                 enum call_tree_kind kind)
{
    return intern(functions, &(struct call_tree_function){
                                 .name = string_table_add_string(&functions->tree->names, label),
                                 .module = PROFILE_NONE,
                                 .kind = (uint8_t)kind,
                             });
}

static int compare_bytes(const char *a, size_t a_size, const char *b, size_t b_size)
{
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

static const char *module_path(const struct profile *profile, uint32_t module)
{
    return module < profile->module_count ? profile_string(profile, profile->modules[module].path)
                                          : "";
}

static int compare_functions(const void *left, const void *right, void *context)
{
    const struct call_tree *tree = context;
    uint32_t left_index = *(const uint32_t *)left, right_index = *(const uint32_t *)right;
    const struct call_tree_function *a = &tree->functions[left_index];
    const struct call_tree_function *b = &tree->functions[right_index];
    const struct string_table *names = &tree->names;
    int order =
        a->name == b->name
            ? 0
            : compare_bytes(string_table_get(names, a->name), string_table_size(names, a->name),
                            string_table_get(names, b->name), string_table_size(names, b->name));
    if (!order)
        order =
            strcmp(module_path(tree->profile, a->module), module_path(tree->profile, b->module));
    if (!order)
        order = a->inlined - b->inlined;
    // Two builds of one module share their path; which came first in the recording decides.
    return order ? order : (a->module > b->module) - (a->module < b->module);
}

void tree_functions_sort(struct call_tree *tree)
{
    uint32_t count = tree->function_count;
    uint32_t *order = memory_new(count + 1, sizeof *order);
    uint32_t *place = memory_new(count + 1, sizeof *place);
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, compare_functions, tree);

    struct call_tree_function *sorted = memory_new(count + 1, sizeof *sorted);
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = tree->functions[order[i]];
        place[order[i]] = i;
    }
    for (uint32_t i = CALL_TREE_ROOT + 1; i < tree->node_count; i++)
        tree->nodes[i].function = place[tree->nodes[i].function];
    free(tree->functions);
    free(order);
    free(place);
    tree->functions = sorted;
    tree->function_capacity = count + 1;
}
