/* SPDX-License-Identifier: MIT */
/*
 * nameless.c - code without names.
 *
 * A function without a name is called by its place, "libfoo.so+0x1230", or "[unknown]" where no
 * file holds it.
 */
#include "render/nameless.h"

#include "profiler/base/memory.h"
#include "profiler/base/path.h"
#include "render/figures.h"
#include "render/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WORTH_PERCENT 1.0 /* of all weight; below, it is not worth a sentence */
enum { MOST_MODULES = 3 };

static bool is_nameless(const struct profile *profile, const struct profile_function *function)
{
    const char *name = profile_string(profile, function->name);
    if (function->module >= profile->module_count)
        return strcmp(name, "[unknown]") == 0;
    const char *module =
        path_base_name(profile_string(profile, profile->modules[function->module].path));
    size_t size = strlen(module);
    return strncmp(name, module, size) == 0 && strncmp(name + size, "+0x", 3) == 0;
}

/* The innermost function of a sample; the number of functions: not known. */
static uint32_t function_of(const struct profile *profile, const struct profile_sample *sample)
{
    if (sample->stack == PROFILE_NONE)
        return profile->function_count;
    const struct profile_frame *frame = &profile->frames[profile->stacks[sample->stack].frame];
    return frame->line_count ? profile->lines[frame->first_line].function : profile->function_count;
}

struct weights {
    uint64_t all, nameless;
    uint64_t *by_module; /* the last one is for code outside of all modules */
};

static void weigh(struct weights *weights, const struct profile *profile)
{
    uint64_t *by_function = memory_new(profile->function_count + (size_t)1, sizeof *by_function);
    for (uint32_t i = 0; i < profile->sample_count; i++)
        by_function[function_of(profile, &profile->samples[i])] += profile->samples[i].weight;
    for (uint32_t i = 0; i < profile->function_count; i++) {
        const struct profile_function *function = &profile->functions[i];
        weights->all += by_function[i];
        if (!by_function[i] || !is_nameless(profile, function))
            continue;
        uint32_t module =
            function->module < profile->module_count ? function->module : profile->module_count;
        weights->by_module[module] += by_function[i];
        weights->nameless += by_function[i];
    }
    weights->all += by_function[profile->function_count];
    free(by_function);
}

/* "stripped: no symbol table (looked for ...); install x" in short: "stripped; install x". */
static void append_short(struct text *out, const char *reason)
{
    const char *advice = NULL;
    for (const char *at = reason; (at = strstr(at, "; ")); at += 2)
        advice = at;
    size_t head = strlen(reason);
    static const char *const ends[] = {" (", "; ", ": no "};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *end = strstr(reason, ends[i]);
        if (end && (size_t)(end - reason) < head)
            head = (size_t)(end - reason);
    }
    text_append(out, reason, head);
    if (advice && advice >= reason + head)
        text_append_string(out, advice);
}

/* How run-time compilers are asked for the names of their code, by the file that brings them: each
 * writes a perf-PID.map. From the manuals of node, OpenJDK 17, .NET, OTP 25, Ruby 3.3, wasmtime. */
static const struct {
    const char *file; /* how its name begins */
    const char *command;
} compilers[] = {
    {"node", "node --perf-basic-prof"},
    {"libnode.so", "node --perf-basic-prof"},
    {"libjvm.so", "java -XX:+UnlockDiagnosticVMOptions -XX:+DumpPerfMapAtExit"},
    {"libcoreclr.so", "DOTNET_PerfMapEnabled=1"},
    {"beam.smp", "erl +JPperf true"},
    {"libruby", "ruby --yjit-perf"},
    {"wasmtime", "wasmtime --profile=perfmap"},
};

/* NULL: no module is a compiler we know. */
static const char *compiler_command(const struct profile *profile)
{
    for (size_t c = 0; c < sizeof compilers / sizeof *compilers; c++) {
        size_t size = strlen(compilers[c].file);
        for (uint32_t i = 0; i < profile->module_count; i++) {
            const char *file = path_base_name(profile_string(profile, profile->modules[i].path));
            if (strncmp(file, compilers[c].file, size) == 0 && !isalpha((unsigned char)file[size]))
                return compilers[c].command;
        }
    }
    return NULL;
}

static void append_generated(struct text *out, const struct profile *profile)
{
    const char *command = compiler_command(profile);
    if (command)
        text_printf(out, "code compiled at run time ('%s' names it)", command);
    else
        text_append_string(out, "code outside of all files (compiled at run time? its compiler can "
                                "write names to /tmp/perf-PID.map)");
}

static void append_module(struct text *out, const struct profile *profile, uint32_t module)
{
    struct text words = TEXT_INIT;
    if (module == profile->module_count) {
        append_generated(&words, profile);
    } else {
        const struct profile_module *of = &profile->modules[module];
        text_append_string(&words, path_base_name(profile_string(profile, of->path)));
        text_append_string(&words, " (");
        if (of->symbol_reason)
            append_short(&words, profile_string(profile, of->symbol_reason));
        else
            text_append_string(&words, "its symbols leave these functions out");
        text_append_char(&words, ')');
    }
    name_append_visible(out, words.data, words.length);
    text_release(&words);
}

static uint32_t heaviest(const struct weights *weights, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i <= count; i++)
        best = weights->by_module[i] > weights->by_module[best] ? i : best;
    return best;
}

/* Those that make up the most of it; the rest is counted. Takes the weights apart. */
static void append_modules(struct text *out, const struct profile *profile, struct weights *weights)
{
    const char *separator = "";
    uint32_t more = 0;
    for (int shown = 0; shown < MOST_MODULES; shown++) {
        uint32_t module = heaviest(weights, profile->module_count);
        if (figure_percent(weights->by_module[module], weights->all) < WORTH_PERCENT / 2)
            break;
        text_append_string(out, separator);
        append_module(out, profile, module);
        weights->by_module[module] = 0;
        separator = ", ";
    }
    for (uint32_t i = 0; i <= profile->module_count; i++)
        more += weights->by_module[i] > 0;
    if (more && *separator)
        text_printf(out, " and %u more", more);
    else if (more)
        text_printf(out, "%u modules with little each", more);
}

void nameless_append(struct text *out, const struct profile *profile, const char *prefix)
{
    struct weights weights = {0};
    if (!profile->symbolized || !profile->requested_hz || profile->totals)
        return; // names that others have given, or that a picture has kept, have no reasons
    weights.by_module = memory_new(profile->module_count + (size_t)1, sizeof *weights.by_module);
    weigh(&weights, profile);
    if (figure_percent(weights.nameless, weights.all) >= WORTH_PERCENT) {
        text_append_string(out, prefix);
        figure_append_share(out, weights.nameless, weights.all);
        text_append_string(out, " of the time is in code without names: ");
        append_modules(out, profile, &weights);
        text_append_char(out, '\n');
    }
    free(weights.by_module);
}
