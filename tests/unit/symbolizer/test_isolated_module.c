/* SPDX-License-Identifier: MIT */
/*
 * test_isolated_module.c - answers that are good, wrong, hostile or do not come.
 *
 * The work in the process is a stand-in that does what `plan` says.
 */
#include "symbolizer/isolated_module.h"

#include "profiler/base/memory.h"
#include "symbolizer/symbol_cache.h"
#include "symbolizer/symbolizer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { COUNT = 40 };

enum fault { NO_FAULT, DIES, SPINS, LIES };

static struct plan {
    enum fault opening, reading;               // with all origins
    enum fault opening_tables, reading_tables; // with the symbol tables only
    uint32_t good_answers;                     // before `reading` comes true
    uint64_t damage;                           // of a lie: a seed
    struct string_table *strings;
    bool only_tables;
} plan;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void commit(enum fault fault)
{
    if (fault == DIES)
        raise(SIGSEGV);
    while (fault == SPINS)
        ;
}

static void *open_stand_in(void *context, int files, bool only_tables)
{
    (void)files;
    plan.only_tables = only_tables;
    commit(only_tables ? plan.opening_tables : plan.opening);
    return context;
}

static const char *problem_stand_in(const void *opened)
{
    (void)opened;
    return "a problem";
}

static bool section_stand_in(const void *opened, const char *name, uint64_t *address)
{
    (void)opened;
    *address = 0x4242;
    return strcmp(name, ".text") == 0;
}

static bool symbol_stand_in(const void *opened, const char *name, uint64_t *value)
{
    (void)opened;
    *value = 0x2424;
    return strcmp(name, "main") == 0;
}

static uint64_t size_stand_in(const void *opened)
{
    (void)opened;
    return 1 << 20;
}

static void add_frame(struct symbol_result *result, const char *name, uint32_t line)
{
    struct symbol_frame *frame =
        array_push(&result->frames, &result->frame_count, &result->frame_capacity);
    frame->name = string_table_add_string(plan.strings, name);
    frame->line = line;
}

static void answer_well(const uint64_t *addresses, uint32_t count, struct symbol_result *result)
{
    *result = (struct symbol_result){.chain_count = count};
    result->chains = memory_new(count, sizeof *result->chains);
    for (uint32_t i = 0; i < count; i++) {
        result->chains[i] = (struct symbol_chain){
            result->frame_count, 2, plan.only_tables ? SYMBOL_FROM_TABLE : SYMBOL_FROM_DWARF};
        add_frame(result, "inlined", (uint32_t)addresses[i]);
        add_frame(result, "outer", 7);
    }
    result->source = string_table_add_string(plan.strings, "a\033source");
    result->reason = string_table_add_string(plan.strings, "a reason");
}

#define ALL_FRAMES_EACH UINT64_MAX
#define SHARED_STRINGS  (UINT64_MAX - 1)

/* Every chain has all frames of the answer. The layout is that of symbol_cache.c. */
static void give_all_frames(struct text *names, uint32_t count)
{
    const uint32_t first = 0;
    const uint16_t frames = (uint16_t)(2 * count);
    for (uint32_t i = 0; i < count; i++) {
        char *entry = names->data + 32 + 16 * (size_t)i;
        memcpy(entry + 8, &first, sizeof first);
        memcpy(entry + 12, &frames, sizeof frames);
    }
}

/* The second string is the end of the first one. */
static void share_strings(struct text *names, uint32_t count)
{
    const uint32_t offset = 1 + 2; // strings begin at 1
    char *offsets = names->data + 32 + 16 * (size_t)count + 28 * (size_t)(2 * count);
    memcpy(offsets + 4, &offset, sizeof offset);
}

static void set_checksum(struct text *names)
{
    const size_t covered = 12; // after the magic and the checksum
    uint32_t sum =
        (uint32_t)crc32(0, (const Bytef *)names->data + covered, (uInt)(names->length - covered));
    memcpy(names->data + 8, &sum, sizeof sum);
}

/* The answer as it goes over the socket, with bytes changed and its end cut or drawn out. */
static void lie(const uint64_t *addresses, uint32_t count)
{
    struct answer {
        uint64_t names_size;
        uint32_t source_size, reason_size;
    } answer = {.source_size = 3, .reason_size = 2};
    bool is_sharing = plan.damage >= SHARED_STRINGS, is_inside = !is_sharing && plan.damage % 2;
    uint64_t random = 0x9e3779b97f4a7c15u * (plan.damage % 1000 + 1);
    struct symbol_result result;
    struct text names = TEXT_INIT, bytes = TEXT_INIT;
    answer_well(addresses, count, &result);
    struct symbol_cache *cache = symbol_cache_new(plan.strings);
    for (uint32_t i = 0; i < count; i++)
        symbol_cache_add(cache, addresses[i], &result, &result.chains[i]);
    symbol_cache_compose(cache, &names);
    answer.names_size = names.length;
    const size_t head = 12; // the magic and the checksum
    for (uint64_t i = next_random(&random) % 4 + 1; is_inside && i > 0; i--)
        names.data[head + next_random(&random) % (names.length - head)] =
            (char)next_random(&random);
    if (plan.damage == ALL_FRAMES_EACH)
        give_all_frames(&names, count);
    if (plan.damage == SHARED_STRINGS)
        share_strings(&names, count);
    set_checksum(&names);
    text_append(&bytes, &answer, sizeof answer);
    text_append(&bytes, "srcwh", 5);
    text_append(&bytes, names.data, names.length);
    if (!is_inside && !is_sharing)
        bytes.data[next_random(&random) % (sizeof answer + 16)] = (char)next_random(&random);
    if (plan.damage % 3 == 0 && !is_sharing)
        bytes.length -= next_random(&random) % bytes.length;
    for (int fd = 3; fd < 1024; fd++) { // one of them is the socket, the others cannot be written
        if (isolated_child_write(fd, bytes.data, bytes.length))
            break;
    }
    _exit(0);
}

static void resolve_stand_in(void *opened, const uint64_t *addresses, uint32_t count,
                             struct symbol_result *result)
{
    enum fault fault = plan.only_tables ? plan.reading_tables : plan.reading;
    (void)opened;
    if (plan.good_answers) {
        plan.good_answers--;
        fault = NO_FAULT;
    }
    commit(fault);
    if (fault == LIES)
        lie(addresses, count);
    answer_well(addresses, count, result);
}

/* The first address has two names, the second none, and so on. */
static void alias_stand_in(void *opened, const uint64_t *addresses, uint32_t count,
                           struct symbol_result *result)
{
    enum fault fault = plan.only_tables ? plan.reading_tables : plan.reading;
    (void)opened;
    commit(fault);
    *result = (struct symbol_result){.chain_count = count};
    result->chains = memory_new(count, sizeof *result->chains);
    for (uint32_t i = 0; i < count; i += 2) {
        result->chains[i] = (struct symbol_chain){result->frame_count, 2, SYMBOL_FROM_DWARF};
        add_frame(result, "one", 0);
        add_frame(result, addresses[i] == 0x1000 ? "first" : "other", 0);
    }
}

struct asked {
    struct string_table strings;
    struct isolated_module *module;
    struct symbol_result result;
    struct symbol_chain chains[COUNT];
    bool is_known;
};

static void begin(struct asked *asked)
{
    *asked = (struct asked){.is_known = false};
    string_table_init(&asked->strings);
    plan.strings = &asked->strings;
    const struct isolated_work work = {
        .open = open_stand_in,
        .problem = problem_stand_in,
        .section = section_stand_in,
        .symbol = symbol_stand_in,
        .size = size_stand_in,
        .resolve = resolve_stand_in,
        .aliases = alias_stand_in,
        .path = "/x/y",
        .strings = &asked->strings,
        // on a busy machine, little CPU time takes long
        .limits = {.cpu_ns = plan.reading == SPINS || plan.opening == SPINS ? 200000000 : 0,
                   .wall_ns = 60000000000},
    };
    asked->module = isolated_module_open(&work);
}

static void ask_by(struct asked *asked,
                   bool (*question)(struct isolated_module *, const struct lookup *, uint32_t,
                                    struct symbol_chain *, struct symbol_result *))
{
    struct lookup lookups[COUNT] = {{0}};
    for (uint32_t i = 0; i < COUNT; i++)
        lookups[i].address = 0x1000 + 16 * i;
    symbol_result_release(&asked->result);
    asked->is_known = question(asked->module, lookups, COUNT, asked->chains, &asked->result);
}

static void ask(struct asked *asked)
{
    ask_by(asked, isolated_module_resolve);
}

static void end(struct asked *asked)
{
    isolated_module_close(asked->module);
    symbol_result_release(&asked->result);
    string_table_release(&asked->strings);
    plan = (struct plan){0};
}

static const char *reason_of(const struct asked *asked)
{
    return string_table_get(&asked->strings, asked->result.reason);
}

static void check_good(const struct asked *asked, enum symbol_origin origin)
{
    assert_true(asked->is_known);
    assert_int_equal(asked->result.frame_count, 2 * COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct symbol_frame *frames = &asked->result.frames[asked->chains[i].first_frame];
        assert_int_equal(asked->chains[i].frame_count, 2);
        assert_int_equal(asked->chains[i].origin, origin);
        assert_int_equal(frames[0].line, 0x1000 + 16 * i);
        assert_string_equal(string_table_get(&asked->strings, frames[0].name), "inlined");
        assert_string_equal(string_table_get(&asked->strings, frames[1].name), "outer");
    }
}

static void good_answers_arrive_as_they_were_given(void **state)
{
    struct asked asked;
    uint64_t address = 0;
    (void)state;
    begin(&asked);
    for (int round = 0; round < 3; round++) {
        ask(&asked);
        check_good(&asked, SYMBOL_FROM_DWARF);
    }
    // what could move the cursor of a terminal does not come through
    assert_string_equal(string_table_get(&asked.strings, asked.result.source), "a?source");
    assert_string_equal(reason_of(&asked), "a reason");
    assert_string_equal(isolated_module_problem(asked.module), "a problem");
    assert_true(isolated_module_section(asked.module, ".text", &address));
    assert_int_equal(address, 0x4242);
    assert_false(isolated_module_section(asked.module, ".data", &address));
    assert_int_equal(address, 0x4242);
    assert_true(isolated_module_symbol(asked.module, "main", &address));
    assert_int_equal(address, 0x2424);
    assert_false(isolated_module_symbol(asked.module, ".text", &address));
    end(&asked);
}

static void check_aliases(const struct asked *asked)
{
    assert_true(asked->is_known);
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct symbol_chain *chain = &asked->chains[i];
        assert_int_equal(chain->frame_count, i % 2 ? 0 : 2);
        if (i % 2)
            continue;
        const struct symbol_frame *frames = &asked->result.frames[chain->first_frame];
        assert_string_equal(string_table_get(&asked->strings, frames[0].name), "one");
        assert_string_equal(string_table_get(&asked->strings, frames[1].name),
                            i ? "other" : "first");
    }
}

static void other_names_arrive_where_there_are_any(void **state)
{
    const struct plan plans[] = {{.reading = NO_FAULT}, {.reading = DIES}};
    (void)state;
    for (int i = 0; i < 2; i++) { // from the symbol table at last, where they come from anyway
        struct asked asked;
        plan = plans[i];
        begin(&asked);
        ask_by(&asked, isolated_module_aliases);
        check_aliases(&asked);
        ask_by(&asked, isolated_module_aliases);
        check_aliases(&asked);
        ask(&asked);
        check_good(&asked, i ? SYMBOL_FROM_TABLE : SYMBOL_FROM_DWARF);
        end(&asked);
    }
    struct asked asked;
    plan = (struct plan){.reading = DIES, .reading_tables = DIES};
    begin(&asked);
    ask_by(&asked, isolated_module_aliases);
    assert_false(asked.is_known);
    end(&asked);
}

static void death_of_debug_information_leaves_the_symbol_table(void **state)
{
    const struct plan plans[] = {{.reading = DIES}, {.opening = DIES}, {.reading = SPINS}};
    const char *const words[] = {"ended with signal 11 (", "ended with signal 11 (",
                                 "took too much time"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct asked asked;
        struct text expected = TEXT_INIT;
        plan = plans[i];
        begin(&asked);
        ask(&asked);
        check_good(&asked, SYMBOL_FROM_TABLE);
        text_printf(&expected, "reading the debug information of /x/y %s", words[i]);
        assert_ptr_equal(strstr(reason_of(&asked), expected.data), reason_of(&asked));
        assert_non_null(strstr(reason_of(&asked), "; names are from its symbol table alone"));
        text_release(&expected);
        end(&asked);
    }
}

static void death_of_the_symbol_table_too_leaves_nothing(void **state)
{
    struct asked asked;
    (void)state;
    plan = (struct plan){.reading = DIES, .reading_tables = DIES};
    begin(&asked);
    ask(&asked);
    assert_false(asked.is_known);
    assert_int_equal(asked.result.source, 0);
    assert_non_null(strstr(reason_of(&asked), "reading the debug information of /x/y ended"));
    assert_non_null(strstr(reason_of(&asked), "; reading the symbol table of /x/y ended"));
    ask(&asked); // nothing is tried again
    assert_false(asked.is_known);
    end(&asked);
}

static void death_after_an_answer_is_made_good_by_a_fresh_process(void **state)
{
    struct asked asked;
    (void)state;
    plan = (struct plan){.reading = DIES, .good_answers = 1};
    begin(&asked);
    for (int round = 0; round < 3; round++) { // each process answers once and dies of the second
        ask(&asked);
        check_good(&asked, SYMBOL_FROM_DWARF);
    }
    assert_string_equal(reason_of(&asked), "a reason");
    end(&asked);
}

/* Then they are not read here instead. */
static void files_are_not_read_where_no_process_can_be_started(void **state)
{
    struct rlimit before, none_left;
    struct asked asked;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none_left = before;
    none_left.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none_left);
    begin(&asked);
    ask(&asked);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_false(asked.is_known);
    assert_non_null(strstr(reason_of(&asked), "could not be done elsewhere: cannot make a pair"));
    assert_ptr_equal(strstr(isolated_module_problem(asked.module), "reading the files of /x/y"),
                     isolated_module_problem(asked.module));
    end(&asked);
}

/* A lie is found out, or is an answer that can be used like any other. */
static void lies_are_found_out_or_harmless(void **state)
{
    enum { LIES_TOLD = 150 };
    uint32_t found_out = 0;
    (void)state;
    for (uint64_t damage = 0; damage < LIES_TOLD; damage++) {
        struct asked asked;
        plan = (struct plan){.reading = LIES, .damage = damage};
        begin(&asked);
        ask(&asked);
        assert_true(asked.is_known); // from the symbol table, if from nowhere else
        for (uint32_t i = 0; i < COUNT; i++) {
            const struct symbol_chain *chain = &asked.chains[i];
            assert_true(chain->origin < SYMBOL_ORIGIN_COUNT);
            assert_true(chain->frame_count > 0);
            assert_true(chain->first_frame + chain->frame_count <= asked.result.frame_count);
        }
        for (uint32_t i = 0; i < asked.result.frame_count; i++) {
            const struct symbol_frame *frame = &asked.result.frames[i];
            assert_in_range(frame->name, 1, asked.strings.count - 1);
            assert_true(frame->linkage_name < asked.strings.count);
            assert_true(frame->file < asked.strings.count);
            assert_true(frame->declared_file < asked.strings.count);
        }
        found_out += strstr(reason_of(&asked), "reading the debug information") != NULL;
        end(&asked);
    }
    assert_in_range(found_out, LIES_TOLD / 4, LIES_TOLD);
}

/* Else a small answer could ask for any amount of memory. */
static void chains_and_strings_that_share_bytes_are_found_out(void **state)
{
    const uint64_t lies[] = {ALL_FRAMES_EACH, SHARED_STRINGS};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct asked asked;
        plan = (struct plan){.reading = LIES, .damage = lies[i]};
        begin(&asked);
        ask(&asked);
        check_good(&asked, SYMBOL_FROM_TABLE);
        assert_non_null(strstr(reason_of(&asked), "gave an answer that makes no sense"));
        end(&asked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_answers_arrive_as_they_were_given),
        cmocka_unit_test(other_names_arrive_where_there_are_any),
        cmocka_unit_test(death_of_debug_information_leaves_the_symbol_table),
        cmocka_unit_test(death_of_the_symbol_table_too_leaves_nothing),
        cmocka_unit_test(death_after_an_answer_is_made_good_by_a_fresh_process),
        cmocka_unit_test(files_are_not_read_where_no_process_can_be_started),
        cmocka_unit_test(lies_are_found_out_or_harmless),
        cmocka_unit_test(chains_and_strings_that_share_bytes_are_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
