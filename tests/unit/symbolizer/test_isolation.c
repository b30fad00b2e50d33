/* SPDX-License-Identifier: MIT */
/*
 * test_isolation.c - files of others are read in another process, with the same answers.
 *
 * A file that everybody may write counts as another's, which needs no second user here.
 */
#include "symbolizer/symbolizer.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiled.h"

enum { COUNT = 60 };

struct question {
    const char *path;
    enum symbolizer_isolation isolate;
    uint64_t addresses[COUNT];
};

static struct question question_of(const char *path, enum symbolizer_isolation isolate)
{
    struct question question = {.path = path, .isolate = isolate};
    uint64_t start = symbol_of(path, "with_cold_part").value;
    for (uint32_t i = 0; i < COUNT; i++) // backwards, and every one twice
        question.addresses[i] = start + 4 * ((COUNT - i) / 2);
    return question;
}

/* What children that were waited for have used: more after a question means that one was asked. */
static long used_by_children(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return usage.ru_minflt;
}

static struct answer ask_as(const struct question *question, const char *cache, bool *was_isolated)
{
    struct symbolizer_options options = {.isolate = question->isolate, .cache_directory = cache};
    struct symbol_module module = {.path = question->path};
    struct answer answer;
    long before = used_by_children();
    string_table_init(&answer.strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &answer.strings);
    symbolizer_resolve(symbolizer, &module, question->addresses, COUNT, &answer.result);
    symbolizer_free(symbolizer);
    *was_isolated = used_by_children() > before;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    return answer;
}

static void assert_same_string(const struct answer *a, uint32_t ida, const struct answer *b,
                               uint32_t idb)
{
    assert_string_equal(answer_string(a, ida), answer_string(b, idb));
}

static void assert_same(const struct answer *a, const struct answer *b)
{
    assert_same_string(a, a->result.source, b, b->result.source);
    assert_same_string(a, a->result.reason, b, b->result.reason);
    assert_memory_equal(a->result.origins, b->result.origins, sizeof a->result.origins);
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct symbol_chain *x = &a->result.chains[i], *y = &b->result.chains[i];
        assert_int_equal(x->frame_count, y->frame_count);
        assert_int_equal(x->origin, y->origin);
        for (uint32_t f = 0; f < x->frame_count; f++) {
            const struct symbol_frame *p = answer_frame(a, i, f), *q = answer_frame(b, i, f);
            assert_same_string(a, p->name, b, q->name);
            assert_same_string(a, p->linkage_name, b, q->linkage_name);
            assert_same_string(a, p->file, b, q->file);
            assert_same_string(a, p->declared_file, b, q->declared_file);
            assert_int_equal(p->line, q->line);
            assert_int_equal(p->declared_line, q->declared_line);
            assert_int_equal(p->discriminator, q->discriminator);
        }
    }
}

/* The file's answers here, and elsewhere as the question says. */
static void same_answers(struct question question, bool shall_be_isolated)
{
    bool was_isolated;
    struct answer elsewhere = ask_as(&question, NULL, &was_isolated);
    assert_int_equal(was_isolated, shall_be_isolated);
    question.isolate = SYMBOLIZER_ISOLATE_NEVER;
    struct answer here = ask_as(&question, NULL, &was_isolated);
    assert_false(was_isolated);
    assert_same(&here, &elsewhere);
    answer_release(&here);
    answer_release(&elsewhere);
}

static void answers_are_the_same_from_another_process(void **state)
{
    (void)state;
    run("%s -g -O2 -o whole %s/matrix_c.c", GCC, SOURCES);
    same_answers(question_of("./whole", SYMBOLIZER_ISOLATE_ALWAYS), true);
    struct question stripped = question_of("./whole", SYMBOLIZER_ISOLATE_ALWAYS);
    run("strip -o stripped whole");
    stripped.path = "./stripped";
    same_answers(stripped, true);
    stripped.path = "./missing";
    same_answers(stripped, true);
}

static void files_of_ours_are_read_here_those_of_others_elsewhere(void **state)
{
    (void)state;
    run("cp whole others && chmod 755 others");
    same_answers(question_of("./others", SYMBOLIZER_ISOLATE_AUTO), false);
    run("chmod o+w others");
    same_answers(question_of("./others", SYMBOLIZER_ISOLATE_AUTO), true);
    run("chmod o-w others");
    if (geteuid() != 0)
        return;
    run("chown 65534 others");
    same_answers(question_of("./others", SYMBOLIZER_ISOLATE_AUTO), true);
}

static void debug_file_of_others_is_read_elsewhere(void **state)
{
    (void)state;
    run("objcopy --only-keep-debug whole linked.debug && chmod 644 linked.debug");
    run("objcopy --strip-all --add-gnu-debuglink=linked.debug whole linked && chmod 755 linked");
    struct question question = question_of("./whole", SYMBOLIZER_ISOLATE_AUTO);
    question.path = "./linked";
    same_answers(question, false);
    run("chmod o+w linked.debug");
    same_answers(question, true);
}

/* By a path that is relative to where a link leads. */
static void file_shared_by_dwz_is_read_elsewhere(void **state)
{
    (void)state;
    if (!*DWZ)
        skip();
    run("rm -rf links && mkdir links && cp whole links/first && cp whole links/second && "
        "\"%s\" -m links/shared -r links/first links/second && ln -sf links/first linked_first",
        DWZ);
    struct question question = question_of("./whole", SYMBOLIZER_ISOLATE_ALWAYS);
    question.path = "./linked_first";
    // whose name has been moved out
    question.addresses[0] = symbol_of("./whole", "with_loop").value;
    same_answers(question, true);
    question.isolate = SYMBOLIZER_ISOLATE_AUTO;
    run("chmod 644 links/shared && chmod 755 links/first");
    same_answers(question, false);
    run("chmod o+w links/shared");
    same_answers(question, true);
}

/* Both by descriptors that only the caller has. */
static void kept_file_and_root_are_opened_for_the_process(void **state)
{
    char file[32], root[32];
    (void)state;
    run("rm -rf root && mkdir -p root/usr/lib/debug/gone && "
        "objcopy --only-keep-debug whole root/usr/lib/debug/gone/gone.debug && objcopy "
        "--strip-all --add-gnu-debuglink=root/usr/lib/debug/gone/gone.debug whole kept_file");
    int file_fd = open("kept_file", O_RDONLY), root_fd = open("root", O_PATH | O_DIRECTORY);
    snprintf(file, sizeof file, "/proc/self/fd/%d", file_fd);
    snprintf(root, sizeof root, "/proc/self/fd/%d", root_fd);
    run("rm kept_file");
    uint64_t address = symbol_of("./whole", "with_loop").value;
    struct symbol_module module = {.path = "/gone/gone", .file = file, .root = root};
    struct symbolizer_options options = {.isolate = SYMBOLIZER_ISOLATE_ALWAYS};
    struct answer answer;
    string_table_init(&answer.strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &answer.strings);
    symbolizer_resolve(symbolizer, &module, &address, 1, &answer.result);
    symbolizer_free(symbolizer);
    assert_non_null(strstr(answer_string(&answer, answer.result.source), "/gone/gone.debug"));
    assert_int_equal(answer.result.origins[SYMBOL_FROM_DWARF], 1);
    answer_release(&answer);
    close(file_fd);
    close(root_fd);
}

/* They are found only while names are looked up. */
static void dwo_file_of_others_is_read_elsewhere(void **state)
{
    (void)state;
    run("%s -g -O2 -gsplit-dwarf -c -o apart.o %s/matrix_c.c && %s -o apart apart.o", GCC, SOURCES,
        GCC);
    run("chmod 644 apart.dwo && chmod 755 apart");
    same_answers(question_of("./apart", SYMBOLIZER_ISOLATE_AUTO), false);
    run("chmod o+w apart.dwo");
    same_answers(question_of("./apart", SYMBOLIZER_ISOLATE_AUTO), true);
}

/* The process is started as late as that. */
static void paths_are_kept_until_a_process_needs_them(void **state)
{
    char path[] = "/gone/gone", file[] = "./apart";
    uint64_t address = symbol_of("./apart", "with_loop").value;
    struct symbol_module module = {.path = path, .file = file};
    struct answer answer;
    (void)state;
    string_table_init(&answer.strings);
    struct symbolizer *symbolizer = symbolizer_new(NULL, &answer.strings);
    struct symbolizer_module *opened = symbolizer_module_open(symbolizer, &module);
    memset(path, 'x', sizeof path);
    memset(file, 'x', sizeof file);
    long before = used_by_children();
    symbolizer_module_resolve(opened, &address, 1, &answer.result);
    symbolizer_module_close(opened);
    symbolizer_free(symbolizer);
    assert_true(used_by_children() > before);
    assert_string_equal(answer_string(&answer, answer_frame(&answer, 0, 0)->name), "with_loop");
    assert_int_equal(answer.result.origins[SYMBOL_FROM_DWARF], 1);
    answer_release(&answer);
}

/* Whoever made a file could have others find its names for theirs. */
static void answers_about_files_of_others_are_not_kept(void **state)
{
    bool was_isolated;
    (void)state;
    run("rm -rf kept && cp whole cached && chmod 755 cached");
    struct question question = question_of("./cached", SYMBOLIZER_ISOLATE_AUTO);
    run("chmod o+w cached");
    struct answer answer = ask_as(&question, "kept", &was_isolated);
    answer_release(&answer);
    assert_int_equal(access("kept", F_OK), -1);
    run("chmod o-w cached");
    answer = ask_as(&question, "kept", &was_isolated);
    answer_release(&answer);
    assert_int_equal(access("kept", F_OK), 0);
}

static void build_id_is_asked_for_in_the_process_too(void **state)
{
    const uint8_t other[20] = {1, 2, 3};
    uint64_t address = symbol_of("./whole", "with_loop").value;
    struct symbol_module module = {.path = "./whole", .build_id = other, .build_id_size = 20};
    struct symbolizer_options options = {.isolate = SYMBOLIZER_ISOLATE_ALWAYS};
    struct answer answer;
    (void)state;
    string_table_init(&answer.strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &answer.strings);
    struct symbolizer_module *opened = symbolizer_module_open(symbolizer, &module);
    assert_non_null(strstr(symbolizer_module_problem(opened), "is not the file that was recorded"));
    symbolizer_module_resolve(opened, &address, 1, &answer.result);
    assert_int_equal(answer.result.origins[SYMBOL_FROM_START], 1);
    assert_non_null(strstr(answer_string(&answer, answer.result.reason), "its build-id is"));
    symbolizer_module_close(opened);
    symbolizer_free(symbolizer);
    answer_release(&answer);
}

/* What is mapped beyond the end of a file raises SIGBUS when it is read. */
static void file_that_shrinks_once_it_is_open_is_an_answer(void **state)
{
    struct symbolizer_options options = {.isolate = SYMBOLIZER_ISOLATE_ALWAYS};
    struct symbol_module module = {.path = "./shrinking"};
    (void)state;
    for (int asked_before = 0; asked_before < 2; asked_before++) {
        struct answer answer;
        run("cp whole shrinking");
        uint64_t address = symbol_of("./shrinking", "with_loop").value;
        string_table_init(&answer.strings);
        struct symbolizer *symbolizer = symbolizer_new(&options, &answer.strings);
        struct symbolizer_module *opened = symbolizer_module_open(symbolizer, &module);
        assert_null(symbolizer_module_problem(opened));
        if (asked_before) {
            symbolizer_module_resolve(opened, &address, 1, &answer.result);
            assert_int_equal(answer.result.origins[SYMBOL_FROM_DWARF], 1);
            symbol_result_release(&answer.result);
        }
        assert_int_equal(truncate("shrinking", 0), 0);
        address += 64; // that nobody has asked for, and of another unit's lines
        symbolizer_module_resolve(opened, &address, 1, &answer.result);
        assert_int_equal(answer.result.chain_count, 1);
        assert_int_equal(answer.result.origins[SYMBOL_FROM_START], 1);
        const char *reason = answer_string(&answer, answer.result.reason);
        if (!asked_before)
            assert_non_null(strstr(reason, "reading the debug information of ./shrinking ended "
                                           "with signal 7 ("));
        assert_true(*reason);
        symbolizer_module_close(opened);
        symbolizer_free(symbolizer);
        answer_release(&answer);
    }
}

/* Puts a stand-in for debuginfod-find into the path that says whose child it is, what the kernel
 * calls the confinement of its brothers, and where the debug file is. */
static char *put_debuginfod_find(void)
{
    char path[8192];
    run("mkdir -p bin && cat >bin/debuginfod-find <<'EOF'\n"
        "#!/bin/sh\n"
        "echo $PPID >fetched.parent\n"
        "for status in /proc/[0-9]*/status; do\n"
        "    awk -v parent=$PPID -v own=$$ '/^Pid:/ { pid = $2 } /^PPid:/ { of = $2 }\n"
        "        /^Seccomp:/ && of == parent && pid != own { print $2 }' $status\n"
        "done 2>/dev/null >fetched.seccomp\n"
        "echo served.debug\n"
        "EOF\n"
        "chmod +x bin/debuginfod-find");
    char *before = strdup(getenv("PATH")), *folder = realpath("bin", NULL);
    snprintf(path, sizeof path, "%s:%s", folder, before);
    setenv("PATH", path, 1);
    free(folder);
    return before;
}

static int read_number(const char *path)
{
    int number = -1;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    if (fscanf(file, "%d", &number) != 1)
        number = -1;
    fclose(file);
    return number;
}

static void process_that_reads_is_confined_before_anything_is_fetched_for_it(void **state)
{
    (void)state;
    run("%s -g -O2 -Wl,--build-id -o fetched %s/matrix_c.c", GCC, SOURCES);
    uint64_t address = symbol_of("./fetched", "with_loop").value;
    run("objcopy --only-keep-debug fetched served.debug && strip fetched");
    char *before = put_debuginfod_find();
    const char *const nowhere[] = {"nowhere", NULL};
    struct symbolizer_options options = {
        .isolate = SYMBOLIZER_ISOLATE_ALWAYS, .debug_directories = nowhere, .ask_debuginfod = true};
    struct symbol_module module = {.path = "./fetched"};
    struct answer answer;
    string_table_init(&answer.strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &answer.strings);
    symbolizer_resolve(symbolizer, &module, &address, 1, &answer.result);
    symbolizer_free(symbolizer);
    setenv("PATH", before, 1);
    free(before);
    assert_string_equal(answer_string(&answer, answer.result.source), "DWARF in served.debug");
    assert_string_equal(answer_string(&answer, answer_frame(&answer, 0, 0)->name), "with_loop");
    answer_release(&answer);
    assert_int_equal(read_number("fetched.parent"), getpid()); // and not by who reads
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
        skip(); // a kernel without
    assert_int_equal(read_number("fetched.seccomp"), SECCOMP_MODE_FILTER);
}

static uint32_t descriptors_before;

static void no_descriptor_is_left_open(void **state)
{
    (void)state;
    assert_int_equal(count_descriptors(), descriptors_before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_same_from_another_process),
        cmocka_unit_test(files_of_ours_are_read_here_those_of_others_elsewhere),
        cmocka_unit_test(debug_file_of_others_is_read_elsewhere),
        cmocka_unit_test(dwo_file_of_others_is_read_elsewhere),
        cmocka_unit_test(file_shared_by_dwz_is_read_elsewhere),
        cmocka_unit_test(paths_are_kept_until_a_process_needs_them),
        cmocka_unit_test(kept_file_and_root_are_opened_for_the_process),
        cmocka_unit_test(answers_about_files_of_others_are_not_kept),
        cmocka_unit_test(build_id_is_asked_for_in_the_process_too),
        cmocka_unit_test(file_that_shrinks_once_it_is_open_is_an_answer),
        cmocka_unit_test(process_that_reads_is_confined_before_anything_is_fetched_for_it),
        cmocka_unit_test(no_descriptor_is_left_open),
    };
    run("rm -rf isolation && mkdir isolation");
    if (chdir("isolation") != 0)
        return 1;
    descriptors_before = count_descriptors();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
