/* SPDX-License-Identifier: MIT */
/*
 * module_advice.c - completes the reasons of modules.
 */
#include "symbolizer/module_advice.h"

#include "profiler/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 8, SHARE = 200 }; /* modules asked about; a two-hundredth of the weight at least */

/* Where in the reason the advice begins that symbols would help; NULL: it has none. */
static const char *general_advice(const char *reason)
{
    size_t length = strlen(reason), size = strlen(SYMBOLIZER_ADVICE);
    const char *tail = length >= size ? reason + length - size : NULL;
    return tail && strcmp(tail, SYMBOLIZER_ADVICE) == 0 ? tail : NULL;
}

struct heaviest {
    uint32_t modules[MOST];
    uint32_t count;
};

static uint64_t sum_of(const uint64_t *weights, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += weights[i];
    return sum;
}

/* Those that symbols would help, the heaviest first. */
static struct heaviest find_heaviest(const struct profile *profile, const uint64_t *weights)
{
    struct heaviest found = {.count = 0};
    uint64_t least = sum_of(weights, profile->module_count) / SHARE;
    for (uint32_t i = 0; i < profile->module_count; i++) {
        const struct profile_module *module = &profile->modules[i];
        if (weights[i] <= least || !general_advice(profile_string(profile, module->symbol_reason)))
            continue;
        uint32_t at = found.count < MOST ? found.count++ : MOST;
        for (; at > 0 && weights[found.modules[at - 1]] < weights[i]; at--) {
            if (at < MOST)
                found.modules[at] = found.modules[at - 1];
        }
        if (at < MOST)
            found.modules[at] = i;
    }
    return found;
}

static void set_reason(struct profile *profile, struct profile_module *module, struct text *reason)
{
    module->symbol_reason = string_table_add(&profile->strings, reason->data, reason->length);
    text_release(reason);
}

/* In place of the general advice. */
static void replace_advice(struct profile *profile, struct profile_module *module,
                           const struct text *advice)
{
    struct text text = TEXT_INIT;
    const char *reason = profile_string(profile, module->symbol_reason);
    const char *servers = getenv("DEBUGINFOD_URLS");
    text_append(&text, reason, (size_t)(general_advice(reason) - reason));
    if (advice->length)
        text_append(&text, advice->data, advice->length);
    else
        text_append_string(&text, SYMBOLIZER_ADVICE);
    if (servers && *servers && module->build_id_size)
        text_append_string(&text, ", or run 'prof symbolize --debuginfod'");
    set_reason(profile, module, &text);
}

static void ask(struct profile *profile, const struct symbolize_options *options,
                const struct heaviest *heaviest)
{
    const char *paths[MOST];
    struct text advices[MOST] = {0};
    for (uint32_t i = 0; i < heaviest->count; i++)
        paths[i] = profile_string(profile, profile->modules[heaviest->modules[i]].path);
    if (options->advise && heaviest->count)
        options->advise(paths, advices, heaviest->count);
    for (uint32_t i = 0; i < heaviest->count; i++) {
        replace_advice(profile, &profile->modules[heaviest->modules[i]], &advices[i]);
        text_release(&advices[i]);
    }
}

/* A file that is not to be had, or another one by now. */
static void advise_sysroot(struct profile *profile, struct profile_module *module)
{
    struct text text = TEXT_INIT;
    const char *reason = profile_string(profile, module->symbol_reason);
    text_printf(&text, "%s; 'prof symbolize --sysroot DIR' takes the right one from below DIR",
                reason);
    set_reason(profile, module, &text);
}

void module_advice_complete(struct profile *profile, const struct symbolize_options *options,
                            const uint64_t *weights)
{
    for (uint32_t i = 0; i < profile->module_count; i++) {
        struct profile_module *module = &profile->modules[i];
        if (module->kind == RECORDING_MODULE_ELF && module->symbol_reason &&
            !module->symbol_source &&
            !general_advice(profile_string(profile, module->symbol_reason)))
            advise_sysroot(profile, module);
    }
    struct heaviest heaviest = find_heaviest(profile, weights);
    ask(profile, options, &heaviest);
}
