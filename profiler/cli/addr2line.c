/* SPDX-License-Identifier: MIT */
/*
 * addr2line.c - prof addr2line: the symbolizer behind the face of binutils' addr2line.
 *
 * Options and output are those of binutils 2.40, so that scripts and programs that drive addr2line
 * can drive this one: addresses from a pipe are answered as they come, all that are there at once.
 */
#include "profiler/base/mapped_file.h"
#include "profiler/base/memory.h"
#include "profiler/base/path.h"
#include "profiler/cli/isolation.h"
#include "profiler/cli/message.h"
#include "profiler/cli/options.h"
#include "profiler/cli/progress.h"
#include "profiler/cli/subcommand.h"
#include "profiler/cli/subcommands.h"
#include "symbolizer/demangle.h"
#include "symbolizer/symbol_cache.h"
#include "symbolizer/symbolizer.h"

#include <ctype.h>
#include <inttypes.h>
#include <libiberty/libiberty.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct addr2line_settings {
    const char *file, *section, *debug_directory, *target;
    const char *demangle; /* the style; "": auto; NULL: names stay as they are */
    bool addresses, functions, inlines, basenames, pretty, aliases, no_cache, version, ignored;
    uint32_t isolate;
};

#define FIELD(name) offsetof(struct addr2line_settings, name)

static const struct option_spec options[] = {
    {'e', "exe", OPTION_STRING, FIELD(file), "FILE",
     "the program, library or debug file (default a.out)", 0, 0, NULL},
    {'a', "addresses", OPTION_FLAG, FIELD(addresses), NULL, "print the address before its names", 0,
     0, NULL},
    {'f', "functions", OPTION_FLAG, FIELD(functions), NULL, "print the function, too", 0, 0, NULL},
    {'i', "inlines", OPTION_FLAG, FIELD(inlines), NULL,
     "print the functions that it is inlined into, too", 0, 0, NULL},
    {'C', "demangle", OPTION_OPTIONAL, FIELD(demangle), "STYLE",
     "print C++, Rust and D names as in the source; or by the rules of one language only: gnu-v3, "
     "rust, dlang, java, gnat, or none",
     0, 0, NULL},
    {0, "aliases", OPTION_FLAG, FIELD(aliases), NULL,
     "print the other names of the function, too, as of those that the linker has folded", 0, 0,
     NULL},
    {'s', "basenames", OPTION_FLAG, FIELD(basenames), NULL, "leave out the folders of files", 0, 0,
     NULL},
    {'p', "pretty-print", OPTION_FLAG, FIELD(pretty), NULL, "one line for each function", 0, 0,
     NULL},
    {'j', "section", OPTION_STRING, FIELD(section), "NAME",
     "addresses are counted from the start of this section", 0, 0, NULL},
    {0, "debug-dir", OPTION_STRING, FIELD(debug_directory), "DIR",
     "look for separate debug files here (default /usr/lib/debug)", 0, 0, NULL},
    {0, "no-cache", OPTION_FLAG, FIELD(no_cache), NULL,
     "neither use nor keep answers in the cache (~/.cache/prof)", 0, 0, NULL},
    {0, "isolate", OPTION_CHOICE, FIELD(isolate), "WHEN",
     "read files in a limited process: auto (those of other users), never or always", 0, 0,
     isolation_choices},
    {'v', "version", OPTION_FLAG, FIELD(version), NULL, "print the version", 0, 0, NULL},
    // taken for the sake of scripts: ELF is the only format, and the demangler always has its limit
    {'b', "target", OPTION_STRING, FIELD(target), "NAME", "", 0, 0, NULL},
    {'r', "no-recurse-limit", OPTION_FLAG, FIELD(ignored), NULL, "", 0, 0, NULL},
    {'R', "recurse-limit", OPTION_FLAG, FIELD(ignored), NULL, "", 0, 0, NULL},
    {0, "no-recursion-limit", OPTION_FLAG, FIELD(ignored), NULL, "", 0, 0, NULL},
    {0, "recursion-limit", OPTION_FLAG, FIELD(ignored), NULL, "", 0, 0, NULL},
    {'V', "Version", OPTION_FLAG, FIELD(version), NULL, "", 0, 0, NULL},
};

static const struct addr2line_settings defaults = {.file = "a.out"};

struct conversion {
    const struct addr2line_settings *settings;
    struct string_table strings;
    struct symbolizer *symbolizer;
    struct symbolizer_module *module;
    enum demangle_style style;
    uint8_t *kinds; /* [string], see is_mangled */
    uint32_t kind_count;
    uint64_t bias;   /* of the section */
    uint64_t *given; /* as they were written */
    uint32_t count, capacity;
    struct text out;
};

static void append_file(struct conversion *c, const struct symbol_frame *frame)
{
    const char *file = frame->file ? string_table_get(&c->strings, frame->file) : "??";
    text_append_string(&c->out, c->settings->basenames ? path_base_name(file) : file);
    text_append_char(&c->out, ':');
    if (frame->line)
        text_append_number(&c->out, frame->line);
    else
        text_append_char(&c->out, '?');
    if (frame->line && frame->discriminator)
        text_printf(&c->out, " (discriminator %u)", frame->discriminator);
    text_append_char(&c->out, '\n');
}

/* Whether a linkage name is one that the symbolizer has tried to demangle. One that was chosen by
 * hand has the source's name beside it, which binutils does not show. Looked at once for each name:
 * the bytes of names that are not printed are far from the processor. */
static bool is_mangled(struct conversion *c, uint32_t id)
{
    enum { UNKNOWN, MANGLED, PLAIN };
    if (id >= c->kind_count) {
        uint32_t count = c->strings.count;
        c->kinds = memory_resize(c->kinds, count, sizeof *c->kinds);
        memset(c->kinds + c->kind_count, UNKNOWN, count - c->kind_count);
        c->kind_count = count;
    }
    if (c->kinds[id] == UNKNOWN) {
        const char *name = string_table_get(&c->strings, id);
        bool mangled = name[0] == '_' && name[1] && strchr("ZRD", name[1]);
        c->kinds[id] = mangled ? MANGLED : PLAIN;
    }
    return c->kinds[id] == MANGLED;
}

/* A name in the style that was asked for. `linkage_name` 0: it is the same. */
static void append_name(struct conversion *c, uint32_t name, uint32_t linkage_name)
{
    uint32_t raw = linkage_name ? linkage_name : name;
    bool is_auto = c->style == DEMANGLE_AUTO;
    uint32_t shown = is_auto && linkage_name && is_mangled(c, linkage_name) ? name : raw;
    if (is_auto || c->style == DEMANGLE_NONE ||
        !demangle_as(&c->out, string_table_get(&c->strings, raw), c->style))
        text_append(&c->out, string_table_get(&c->strings, shown),
                    string_table_size(&c->strings, shown));
}

/* `is_known`: the function has a name, and not only a place. */
static void append_frame(struct conversion *c, const struct symbol_frame *frame, bool is_known)
{
    if (c->settings->functions) {
        if (is_known)
            append_name(c, frame->name, frame->linkage_name);
        else
            text_append_string(&c->out, "??");
        text_append_string(&c->out, c->settings->pretty ? " at " : "\n");
    }
    append_file(c, frame);
}

static void append_unknown(struct conversion *c)
{
    if (c->settings->functions)
        text_append_string(&c->out, c->settings->pretty ? "?? " : "??\n");
    text_append_string(&c->out, "??:0\n");
}

static void append_chain(struct conversion *c, const struct symbol_result *result,
                         const struct symbol_chain *chain)
{
    const struct symbol_frame *frames = &result->frames[chain->first_frame];
    uint32_t shown = c->settings->inlines ? chain->frame_count : 1;
    if (chain->origin == SYMBOL_FROM_START && !frames[0].file) {
        append_unknown(c);
        return;
    }
    for (uint32_t i = 0; i < shown; i++) {
        if (i && c->settings->pretty)
            text_append_string(&c->out, " (inlined by) ");
        append_frame(c, &frames[i], chain->origin != SYMBOL_FROM_START);
    }
}

/* The names of a function beside the one that it is shown with. */
static void append_aliases(struct conversion *c, const struct symbol_frame *shown,
                           const struct symbol_alias *aliases, uint32_t count)
{
    const char *raw =
        string_table_get(&c->strings, shown->linkage_name ? shown->linkage_name : shown->name);
    size_t size = strcspn(raw, ".");
    for (uint32_t i = 0; i < count; i++) {
        const struct symbol_alias *alias = &aliases[i];
        const char *other =
            string_table_get(&c->strings, alias->linkage_name ? alias->linkage_name : alias->name);
        // f.cold, f.constprop.0: parts and copies of the same function
        if (strcspn(other, ".") == size && strncmp(other, raw, size) == 0)
            continue;
        text_append_string(&c->out, " (also) ");
        append_name(c, alias->name, alias->linkage_name);
        text_append_char(&c->out, '\n');
    }
}

static void write_out(struct conversion *c)
{
    fwrite(c->out.data, 1, c->out.length, stdout);
    c->out.length = 0;
}

/* Resolves and prints what was collected. */
static void convert(struct conversion *c)
{
    enum { WRITTEN_AT_ONCE = 64 * 1024 };
    struct symbol_result result;
    struct symbol_aliases aliases = {0};
    if (!c->count)
        return;
    uint64_t *addresses = memory_new(c->count, sizeof *addresses);
    for (uint32_t i = 0; i < c->count; i++)
        addresses[i] = c->settings->section ? c->given[i] + c->bias
                                            : symbolizer_module_place(c->module, c->given[i]);
    if (c->settings->aliases)
        symbolizer_module_aliases(c->module, addresses, c->count, &aliases);
    progress_say("looking up %u address%s of %s", c->count, c->count == 1 ? "" : "es",
                 c->settings->file);
    symbolizer_module_resolve(c->module, addresses, c->count, &result);
    progress_end();
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->settings->addresses)
            text_printf(&c->out, "0x%016" PRIx64 "%s", c->given[i],
                        c->settings->pretty ? ": " : "\n");
        const struct symbol_chain *chain = &result.chains[i];
        append_chain(c, &result, chain);
        if (aliases.first && chain->origin <= SYMBOL_FROM_TABLE)
            append_aliases(c, &result.frames[chain->first_frame + chain->frame_count - 1],
                           aliases.names + aliases.first[i],
                           aliases.first[i + 1] - aliases.first[i]);
        if (c->out.length >= WRITTEN_AT_ONCE)
            write_out(c);
    }
    write_out(c);
    fflush(stdout);
    c->count = 0;
    symbol_result_release(&result);
    symbol_aliases_release(&aliases);
    free(addresses);
}

/* Whether a symbol is meant: no digit begins what has an offset behind it, nor the rest a number.
 */
static bool is_symbol(const char *text, const char *plus)
{
    return plus ? !isdigit((unsigned char)*text) : !isxdigit((unsigned char)*text);
}

/* "symbol+offset", the offset as in C. A symbol that is not there is 0, whatever the offset. */
static uint64_t address_of_symbol(const struct conversion *c, const char *text, const char *plus)
{
    struct text name = TEXT_INIT;
    uint64_t value = 0, offset = plus ? strtoull(plus + 1, NULL, 0) : 0;
    size_t size = strcspn(text, " \t\r\n\v\f+");
    text_append(&name, text, size);
    bool is_found = !size || symbolizer_module_symbol(c->module, name.data, &value);
    text_release(&name);
    return is_found ? value + offset : 0;
}

/* Like binutils: hexadecimal with or without 0x, or a symbol; whatever is neither counts as 0. */
static void add_address(struct conversion *c, const char *text)
{
    text += strspn(text, " \t\r\n\v\f");
    const char *plus = strchr(text, '+');
    *array_push(&c->given, &c->count, &c->capacity) =
        is_symbol(text, plus) ? address_of_symbol(c, text, plus) : strtoull(text, NULL, 16);
}

static bool more_is_there(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0;
}

/* Whole lines of the buffer become addresses; the rest stays in it. */
static void take_lines(struct conversion *c, struct text *buffer)
{
    char *start = buffer->data, *newline;
    while ((newline = memchr(start, '\n', buffer->length - (size_t)(start - buffer->data)))) {
        *newline = '\0';
        add_address(c, start);
        start = newline + 1;
    }
    size_t used = (size_t)(start - buffer->data);
    memmove(buffer->data, start, buffer->length - used);
    buffer->length -= used;
}

/* Whoever writes an address and waits for its answer gets it; whoever writes many gets them
 * resolved together. */
static void convert_input(struct conversion *c)
{
    struct text buffer = TEXT_INIT;
    char part[65536];
    ssize_t size;
    while ((size = read(STDIN_FILENO, part, sizeof part)) > 0) {
        text_append(&buffer, part, (size_t)size);
        take_lines(c, &buffer);
        if (!more_is_there())
            convert(c);
    }
    if (buffer.length) {
        text_append_char(&buffer, '\0');
        add_address(c, buffer.data);
    }
    convert(c);
    text_release(&buffer);
}

/* Options may come after addresses. Returns the exit status, 0 to go on. */
static int sort_arguments(struct addr2line_settings *settings, int count, char **arguments,
                          int *address_count)
{
    struct error error;
    for (int i = 0; i < count;) {
        if (arguments[i][0] != '-' || !arguments[i][1]) {
            arguments[(*address_count)++] = arguments[i++];
            continue;
        }
        // the argument before stands for the name of the program
        int used = options_parse(&subcommand_addr2line, settings, count - i + 1, &arguments[i] - 1,
                                 &error);
        if (used <= 0) {
            message("%s; see 'prof help addr2line'", used ? error.text : "--help goes first");
            return EXIT_USAGE;
        }
        i += used - 1;
    }
    return 0;
}

static int open_file(struct conversion *c)
{
    const char *path = c->settings->file;
    struct symbol_module asked = {.path = path};
    struct error error;
    struct mapped_file file;
    if (mapped_file_open(&file, path, &error) < 0) {
        message("%s", error.text);
        return 1;
    }
    mapped_file_close(&file);
    c->module = symbolizer_module_open(c->symbolizer, &asked);
    const char *problem = symbolizer_module_problem(c->module);
    if (problem) {
        message("%s", problem);
        return 1;
    }
    if (c->settings->section &&
        !symbolizer_module_section(c->module, c->settings->section, &c->bias)) {
        message("%s has no section %s", path, c->settings->section);
        return 1;
    }
    return 0;
}

static int convert_all(const struct addr2line_settings *settings, int count, char **addresses)
{
    const char *const directories[] = {settings->debug_directory, NULL};
    struct symbolizer_options asked = {
        .debug_directories = settings->debug_directory ? directories : NULL,
        .isolate = (enum symbolizer_isolation)settings->isolate,
    };
    struct conversion c = {.settings = settings, .style = DEMANGLE_NONE};
    if (settings->demangle)
        c.style = *settings->demangle ? demangle_style_of(settings->demangle) : DEMANGLE_AUTO;
    struct text cache = TEXT_INIT;
    if (!settings->no_cache && symbol_cache_directory(&cache))
        asked.cache_directory = cache.data;
    string_table_init(&c.strings);
    c.symbolizer = symbolizer_new(&asked, &c.strings);
    int status = open_file(&c);
    if (status == 0) {
        for (int i = 0; i < count; i++)
            add_address(&c, addresses[i]);
        if (count)
            convert(&c);
        else
            convert_input(&c);
        status = ferror(stdout) ? EXIT_PROF_FAILED : EXIT_SUCCESS;
    }
    symbolizer_module_close(c.module);
    symbolizer_free(c.symbolizer);
    string_table_release(&c.strings);
    text_release(&c.out);
    text_release(&cache);
    free(c.given);
    free(c.kinds);
    return status;
}

static int run(const void *given, int argument_count, char **arguments)
{
    struct addr2line_settings settings = *(const struct addr2line_settings *)given;
    int address_count = 0;
    // what @FILE stands for stays allocated: settings point into it
    char **all = arguments - 1; // with the name of the program
    argument_count++;
    expandargv(&argument_count, &all);
    int status = sort_arguments(&settings, argument_count - 1, all + 1, &address_count);
    if (status)
        return status;
    if (settings.demangle && *settings.demangle &&
        demangle_style_of(settings.demangle) == DEMANGLE_STYLE_COUNT) {
        message("there is no style '%s' of names; see 'prof help addr2line'", settings.demangle);
        return EXIT_USAGE;
    }
    if (settings.version) {
        puts("prof addr2line " PROF_VERSION);
        return EXIT_SUCCESS;
    }
    return convert_all(&settings, address_count, all + 1);
}

const struct subcommand subcommand_addr2line = {
    .name = "addr2line",
    .arguments = "[ADDRESS...]",
    .summary = "functions and source lines of addresses, in place of addr2line",
    .description =
        "Prints the source line of each address of a file, with -f the function and with -i all "
        "functions that it is inlined into. Takes the options of the addr2line of binutils and "
        "prints what that prints, from separate debug files and compressed, split or dwz-processed "
        "debug information too. Addresses are hexadecimal, or a symbol with or without +OFFSET; "
        "without any they are read from standard input, line by line, and answered as they come. "
        "@FILE stands for the words in that file. "
        "The exit status is 1 when the file cannot be read.",
    .examples = "prof addr2line -e app -ifC 0x1234\tthe function at 0x1234 and its callers\n"
                "prof addr2line -e app -apfiC < addresses\tone line for each\n",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .defaults = &defaults,
    .settings_size = sizeof defaults,
    .run = run,
};
