/* SPDX-License-Identifier: MIT */
/*
 * isolated_module.c - both ends of the talk with the process, and what is left when it fails.
 *
 * The process greets with what it has opened, and then answers questions until nobody asks. All
 * structures are copies of memory: both ends are the same program.
 */
#include "symbolizer/isolated_module.h"

#include "profiler/base/memory.h"
#include "symbolizer/confinement.h"
#include "symbolizer/symbol_cache.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    AT_ONCE = 65536,     /* addresses in a question: bounds what an answer may cost */
    FETCHES = 2,         /* from servers: the debug file, and what dwz has moved out of it */
    MOST_WORDS = 65536,  /* bytes of a source, a reason, a problem, a section's name */
    MIN_FRAME_BYTES = 28 /* that a frame of an answer takes */
};

struct greeting {
    uint64_t file_bytes;
    uint32_t problem_size, has_places;
};

enum question_kind { ASK_NAMES, ASK_ALIASES, ASK_SECTION, ASK_SYMBOL, ASK_PLACE };

struct question {
    uint32_t kind, size; /* addresses, or bytes of a name or an offset, which follow */
};

struct names_answer {
    uint64_t names_size; /* of a symbol_cache, after the words */
    uint32_t source_size, reason_size;
};

/* About a section or a symbol, by name. */
struct named_answer {
    uint64_t value;
    uint32_t found;
};

enum depth { ALL_ORIGINS, ONLY_TABLES, NOTHING };

struct isolated_module {
    struct isolated_work work;
    struct isolated_child child;
    enum depth depth;           /* of what is read; what failed is not tried again */
    bool is_running;            /* and has greeted */
    bool has_places;            /* as the process says */
    bool has_answered;          /* something since it was started */
    uint64_t file_bytes;        /* as the process says */
    struct text problem;        /* as the process says */
    struct text failure;        /* what came of it, in words; empty: nothing did */
    struct text source, reason; /* of the last answer */
};

/* ---- in the process ---- */

static bool write_words(int socket, const struct string_table *strings, uint32_t id, uint32_t size)
{
    return isolated_child_write(socket, string_table_get(strings, id), size);
}

static uint32_t words_size(const struct string_table *strings, uint32_t id)
{
    uint32_t size = string_table_size(strings, id);
    return size < MOST_WORDS ? size : MOST_WORDS;
}

static uint64_t *read_addresses(int socket, uint32_t count)
{
    uint64_t *addresses = memory_new(count, sizeof *addresses);
    if (isolated_child_read(socket, addresses, count * sizeof *addresses))
        return addresses;
    free(addresses);
    return NULL;
}

/* Those chains that have frames, as a symbol_cache. */
static void compose_chains(const struct isolated_work *work, const uint64_t *addresses,
                           uint32_t count, struct symbol_result *result, struct text *names)
{
    struct symbol_cache *cache = symbol_cache_new(work->strings);
    for (uint32_t i = 0; i < count; i++) {
        if (result->chains[i].frame_count)
            symbol_cache_add(cache, addresses[i], result, &result->chains[i]);
    }
    symbol_cache_compose(cache, names);
    symbol_cache_close(cache, NULL);
    free(result->chains);
    free(result->frames);
}

static bool answer_names(const struct isolated_work *work, void *opened, int socket, uint32_t count)
{
    struct symbol_result result;
    struct text names = TEXT_INIT;
    uint64_t *addresses = read_addresses(socket, count);
    if (!addresses)
        return false;
    work->resolve(opened, addresses, count, &result);
    compose_chains(work, addresses, count, &result, &names);
    struct names_answer answer = {
        .names_size = names.length,
        .source_size = words_size(work->strings, result.source),
        .reason_size = words_size(work->strings, result.reason),
    };
    bool is_sent = isolated_child_write(socket, &answer, sizeof answer) &&
                   write_words(socket, work->strings, result.source, answer.source_size) &&
                   write_words(socket, work->strings, result.reason, answer.reason_size) &&
                   isolated_child_write(socket, names.data, names.length);
    text_release(&names);
    free(addresses);
    return is_sent;
}

static bool answer_aliases(const struct isolated_work *work, void *opened, int socket,
                           uint32_t count)
{
    struct symbol_result result;
    struct text names = TEXT_INIT;
    uint64_t *addresses = read_addresses(socket, count);
    if (!addresses)
        return false;
    work->aliases(opened, addresses, count, &result);
    compose_chains(work, addresses, count, &result, &names);
    uint64_t size = names.length;
    bool is_sent = isolated_child_write(socket, &size, sizeof size) &&
                   isolated_child_write(socket, names.data, names.length);
    text_release(&names);
    free(addresses);
    return is_sent;
}

static bool answer_named(bool (*find)(const void *opened, const char *name, uint64_t *value),
                         void *opened, int socket, uint32_t size)
{
    struct named_answer answer;
    memset(&answer, 0, sizeof answer); // its padding is sent, too
    char *name = memory_new(size + 1, 1);
    bool is_read = isolated_child_read(socket, name, size);
    if (is_read)
        answer.found = find(opened, name, &answer.value);
    free(name);
    return is_read && isolated_child_write(socket, &answer, sizeof answer);
}

static bool answer_place(const struct isolated_work *work, const void *opened, int socket)
{
    uint64_t place;
    if (!isolated_child_read(socket, &place, sizeof place))
        return false;
    place = work->place(opened, place);
    return isolated_child_write(socket, &place, sizeof place);
}

static bool answer(const struct isolated_work *work, void *opened, int socket,
                   const struct question *question)
{
    switch (question->kind) {
    case ASK_NAMES:
        return answer_names(work, opened, socket, question->size);
    case ASK_ALIASES:
        return answer_aliases(work, opened, socket, question->size);
    case ASK_SECTION:
        return answer_named(work->section, opened, socket, question->size);
    case ASK_SYMBOL:
        return answer_named(work->symbol, opened, socket, question->size);
    default:
        return answer_place(work, opened, socket);
    }
}

static bool greet(const struct isolated_work *work, const void *opened, int socket,
                  uint64_t file_bytes)
{
    const char *problem = work->problem(opened);
    struct greeting greeting;
    memset(&greeting, 0, sizeof greeting);
    size_t size = problem ? strlen(problem) : 0;
    greeting.file_bytes = file_bytes;
    greeting.has_places = work->has_places && work->has_places(opened);
    greeting.problem_size = (uint32_t)(size < MOST_WORDS ? size : MOST_WORDS);
    return isolated_child_write(socket, &greeting, sizeof greeting) &&
           isolated_child_write(socket, problem, greeting.problem_size);
}

/* What a megabyte may grow to: inflated, indexed and answered. Each thread has a stack, too. */
static uint64_t memory_for(uint64_t file_bytes, uint64_t most)
{
    const uint64_t at_least = (uint64_t)1 << 30;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t threads = processors > 0 ? (uint64_t)processors : 1;
    uint64_t wanted = at_least + 16 * file_bytes + (threads << 24);
    return wanted < most && file_bytes < most ? wanted : most;
}

static void serve(void *context, int socket, int files)
{
    const struct isolated_module *module = context;
    const struct isolated_work *work = &module->work;
    struct question question;
    uint64_t most = confinement_memory_at_most();
    confinement_limit_memory(most);
    confinement_enter(socket, files);
    void *opened = work->open(work->context, files, module->depth == ONLY_TABLES);
    uint64_t file_bytes = work->size(opened);
    confinement_limit_memory(memory_for(file_bytes, most));
    bool goes_on = greet(work, opened, socket, file_bytes);
    while (goes_on && isolated_child_read(socket, &question, sizeof question))
        goes_on = answer(work, opened, socket, &question);
}

/* ---- in the caller ---- */

/* Twenty seconds of CPU time and one for each 8 MiB: fifty times what is usual. What waits without
 * computing, for a file system that does not answer, has longer; but the size is what the process
 * says, who may lie, so that is no more than half an hour. */
static struct isolated_limits limits_of(const struct isolated_module *module)
{
    const uint64_t second = 1000000000, most_bytes = (uint64_t)4 << 30;
    uint64_t bytes = module->file_bytes < most_bytes ? module->file_bytes : most_bytes;
    struct isolated_limits limits = module->work.limits;
    if (!limits.cpu_ns)
        limits.cpu_ns = (20 + (bytes >> 23)) * second;
    if (!limits.wall_ns)
        limits.wall_ns = 3 * limits.cpu_ns;
    return limits;
}

static void add_failure(struct isolated_module *module, const char *what, const char *words)
{
    text_printf(&module->failure, "%sreading %s of %s %s", module->failure.length ? "; " : "", what,
                module->work.path, words);
}

/* The process is ended, for what it did or did not do, and the next one is to do less. */
static void step_down(struct isolated_module *module, const char *words)
{
    if (!words)
        words = isolated_child_end(&module->child);
    if (!module->has_answered) {
        add_failure(module,
                    module->depth == ALL_ORIGINS ? "the debug information" : "the symbol table",
                    words);
        module->depth++;
    }
    isolated_child_release(&module->child);
    module->is_running = module->has_answered = false;
}

static bool receive_words(struct isolated_module *module, struct text *words, uint32_t size)
{
    char *bytes = size <= MOST_WORDS ? memory_new(size + 1, 1) : NULL;
    bool is_there = bytes && isolated_child_receive(&module->child, bytes, size);
    words->length = 0;
    for (uint32_t i = 0; i < size && is_there; i++) // they are shown on terminals
        text_append_char(words, (unsigned char)bytes[i] < ' ' ? '?' : bytes[i]);
    free(bytes);
    return is_there;
}

static bool start(struct isolated_module *module)
{
    struct error error;
    struct greeting greeting;
    if (isolated_child_start(&module->child, serve, module, &error) < 0) {
        add_failure(module, "the files", "is not safe here, and could not be done elsewhere: ");
        text_append_string(&module->failure, error.text);
        module->depth = NOTHING;
        return false;
    }
    module->child.broker.fetches = module->work.may_fetch ? FETCHES : 0;
    isolated_child_begin(&module->child, limits_of(module));
    if (!isolated_child_receive(&module->child, &greeting, sizeof greeting) ||
        !receive_words(module, &module->problem, greeting.problem_size)) {
        step_down(module, NULL);
        return false;
    }
    module->file_bytes = greeting.file_bytes;
    module->has_places = greeting.has_places;
    module->is_running = true;
    return true;
}

static bool is_ready(struct isolated_module *module)
{
    while (module->depth != NOTHING) {
        if (module->is_running || start(module))
            return true;
    }
    return false;
}

struct isolated_module *isolated_module_open(const struct isolated_work *work)
{
    struct isolated_module *module = memory_new(1, sizeof *module);
    module->work = *work;
    is_ready(module);
    return module;
}

void isolated_module_close(struct isolated_module *module)
{
    if (!module)
        return;
    isolated_child_release(&module->child);
    text_release(&module->problem);
    text_release(&module->failure);
    text_release(&module->source);
    text_release(&module->reason);
    free(module);
}

static bool send_question(struct isolated_module *module, enum question_kind kind,
                          const void *bytes, uint32_t size, size_t byte_count)
{
    struct question question = {.kind = kind, .size = size};
    isolated_child_begin(&module->child, limits_of(module));
    return isolated_child_send(&module->child, &question, sizeof question) &&
           isolated_child_send(&module->child, bytes, byte_count);
}

/* A question about addresses. */
struct asked {
    enum question_kind kind;
    const uint64_t *addresses;
    uint32_t count;
    struct symbol_chain *chains;
    struct symbol_result *result;
};

/* Of aliases there may be none. */
static bool take_chain(struct symbol_cache *cache, const struct asked *asked, uint32_t i)
{
    if (symbol_cache_find(cache, asked->addresses[i], asked->result, &asked->chains[i]))
        return true;
    asked->chains[i] = (struct symbol_chain){.first_frame = asked->result->frame_count};
    return asked->kind == ASK_ALIASES;
}

/* Takes every chain out of the answer, or none. */
static bool take_chains(const struct isolated_module *module, const struct asked *asked,
                        const char *names, size_t names_size)
{
    struct symbol_cache *cache = symbol_cache_of(names, names_size, module->work.strings);
    struct symbol_result *result = asked->result;
    uint32_t before = result->frame_count;
    bool is_good = cache != NULL;
    for (uint32_t i = 0; i < asked->count && is_good; i++) {
        // chains that share frames would make much out of little
        is_good = take_chain(cache, asked, i) &&
                  result->frame_count - before <= names_size / MIN_FRAME_BYTES;
    }
    for (uint32_t i = before; i < result->frame_count && is_good; i++)
        is_good = result->frames[i].name != 0;
    if (!is_good)
        result->frame_count = before;
    symbol_cache_close(cache, NULL);
    return is_good;
}

/* What an answer may take: more than any has that is honest. */
static uint64_t most_bytes(uint32_t count)
{
    return ((uint64_t)64 << 20) + (uint64_t)count * 16384;
}

/* The chains of an answer, of which the size is known. `words` becomes what is wrong with them;
 * NULL: they did not come. */
static bool receive_chains(struct isolated_module *module, const struct asked *asked, uint64_t size,
                           const char **words)
{
    *words = "gave an answer that makes no sense";
    if (size > most_bytes(asked->count))
        return false;
    char *names = memory_new(size + 1, 1);
    bool is_there = isolated_child_receive(&module->child, names, size);
    if (!is_there)
        *words = NULL;
    bool is_good = is_there && take_chains(module, asked, names, size);
    free(names);
    return is_good;
}

static bool receive_answer(struct isolated_module *module, const struct asked *asked,
                           const char **words)
{
    struct names_answer answer;
    uint64_t size;
    *words = NULL;
    if (asked->kind == ASK_ALIASES)
        return isolated_child_receive(&module->child, &size, sizeof size) &&
               receive_chains(module, asked, size, words);
    return isolated_child_receive(&module->child, &answer, sizeof answer) &&
           receive_words(module, &module->source, answer.source_size) &&
           receive_words(module, &module->reason, answer.reason_size) &&
           receive_chains(module, asked, answer.names_size, words);
}

static bool ask_part(struct isolated_module *module, const struct asked *asked)
{
    while (is_ready(module)) {
        const char *words = NULL;
        if (send_question(module, asked->kind, asked->addresses, asked->count,
                          asked->count * sizeof *asked->addresses) &&
            receive_answer(module, asked, &words)) {
            module->has_answered = true;
            return true;
        }
        step_down(module, words);
    }
    return false;
}

static bool ask_all(struct isolated_module *module, enum question_kind kind,
                    const struct lookup *lookups, uint32_t count, struct symbol_chain *chains,
                    struct symbol_result *result)
{
    uint64_t *addresses = memory_new(count, sizeof *addresses);
    bool is_known = true;
    for (uint32_t i = 0; i < count; i++)
        addresses[i] = lookups[i].address;
    for (uint32_t first = 0, part; first < count && is_known; first += part) {
        part = count - first < AT_ONCE ? count - first : AT_ONCE;
        const struct asked asked = {kind, &addresses[first], part, &chains[first], result};
        is_known = ask_part(module, &asked);
    }
    free(addresses);
    return is_known;
}

static uint32_t intern(const struct isolated_module *module, const struct text *text)
{
    return text->length ? string_table_add(module->work.strings, text->data, text->length) : 0;
}

/* Why the names are fewer than they could be: what failed, else what the process says. */
static uint32_t describe_reason(const struct isolated_module *module)
{
    struct text reason = TEXT_INIT;
    if (!module->failure.length)
        return intern(module, &module->reason);
    text_append(&reason, module->failure.data, module->failure.length);
    if (module->depth == ONLY_TABLES && module->source.length)
        text_append_string(&reason, "; names are from its symbol table alone");
    uint32_t id = intern(module, &reason);
    text_release(&reason);
    return id;
}

bool isolated_module_resolve(struct isolated_module *module, const struct lookup *lookups,
                             uint32_t count, struct symbol_chain *chains,
                             struct symbol_result *result)
{
    bool is_known = ask_all(module, ASK_NAMES, lookups, count, chains, result);
    result->source = is_known ? intern(module, &module->source) : 0;
    result->reason = describe_reason(module);
    return is_known;
}

bool isolated_module_aliases(struct isolated_module *module, const struct lookup *lookups,
                             uint32_t count, struct symbol_chain *chains,
                             struct symbol_result *result)
{
    return ask_all(module, ASK_ALIASES, lookups, count, chains, result);
}

const char *isolated_module_problem(const struct isolated_module *module)
{
    if (module->depth == NOTHING)
        return module->failure.data;
    return module->problem.length ? module->problem.data : NULL;
}

static bool ask_named(struct isolated_module *module, enum question_kind kind, const char *name,
                      uint64_t *value)
{
    struct named_answer answer;
    size_t size = strlen(name);
    while (size <= MOST_WORDS && is_ready(module)) {
        if (send_question(module, kind, name, (uint32_t)size, size) &&
            isolated_child_receive(&module->child, &answer, sizeof answer)) {
            module->has_answered = true;
            if (answer.found)
                *value = answer.value;
            return answer.found != 0;
        }
        step_down(module, NULL);
    }
    return false;
}

bool isolated_module_section(struct isolated_module *module, const char *name, uint64_t *address)
{
    return ask_named(module, ASK_SECTION, name, address);
}

bool isolated_module_symbol(struct isolated_module *module, const char *name, uint64_t *value)
{
    return ask_named(module, ASK_SYMBOL, name, value);
}

uint64_t isolated_module_place(struct isolated_module *module, uint64_t offset)
{
    uint64_t place;
    while (is_ready(module) && module->has_places) {
        if (send_question(module, ASK_PLACE, &offset, sizeof offset, sizeof offset) &&
            isolated_child_receive(&module->child, &place, sizeof place)) {
            module->has_answered = true;
            return place;
        }
        step_down(module, NULL);
    }
    return offset;
}
