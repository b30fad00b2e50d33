/* SPDX-License-Identifier: MIT */
/*
 * test_dwarf_paths.c - the fast decoders say what libdwarf says, in every field of every frame.
 *
 * Asked for every byte of every function of programs that gcc and clang build here, and of this
 * test's own program, with one thread and with several.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiled.h"

struct addresses {
    uint64_t *values;
    uint32_t count, capacity;
};

/* At most `limit` addresses of code, evenly from all functions. */
static struct addresses addresses_of(const char *path, uint64_t limit)
{
    struct elf_image image;
    struct symbol_table table;
    struct addresses addresses = {0};
    uint64_t total = 0, at = 0;
    assert_int_equal(elf_image_open(&image, path, NULL), 0);
    symbol_table_init(&table, &image, SHT_SYMTAB);
    for (uint32_t i = 1; i < table.count; i++)
        total +=
            symbol_table_get(&table, i).type == STT_FUNC ? symbol_table_get(&table, i).size : 0;
    uint64_t step = total / limit + 1;
    for (uint32_t i = 1; i < table.count; i++) {
        struct elf_symbol symbol = symbol_table_get(&table, i);
        if (symbol.type != STT_FUNC || symbol.section == SHN_UNDEF)
            continue;
        for (uint64_t into = 0; into < symbol.size; into++) {
            if (at++ % step == 0)
                *array_push(&addresses.values, &addresses.count, &addresses.capacity) =
                    symbol.value + into;
        }
    }
    elf_image_release(&image);
    assert_true(addresses.count > 50);
    return addresses;
}

static struct answer ask_with(const char *path, const struct addresses *addresses,
                              struct symbolizer_options options)
{
    static const char *const nowhere[] = {NULL};
    struct symbol_module module = {.path = path};
    struct answer answer;
    options.debug_directories = nowhere;
    string_table_init(&answer.strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &answer.strings);
    symbolizer_resolve(symbolizer, &module, addresses->values, addresses->count, &answer.result);
    symbolizer_free(symbolizer);
    return answer;
}

static void append_chain(struct text *text, const struct answer *answer, uint32_t index)
{
    for (uint32_t i = 0; i < answer->result.chains[index].frame_count; i++) {
        const struct symbol_frame *f = answer_frame(answer, index, i);
        text_printf(text, "  %s (%s) at %s:%u, declared %s:%u, discriminator %u\n",
                    answer_string(answer, f->name), answer_string(answer, f->linkage_name),
                    answer_string(answer, f->file), f->line,
                    answer_string(answer, f->declared_file), f->declared_line, f->discriminator);
    }
}

static uint32_t compare(const char *what, const struct addresses *addresses,
                        const struct answer *fast, const struct answer *slow)
{
    uint32_t inlined = 0;
    assert_int_equal(fast->result.chain_count, slow->result.chain_count);
    for (uint32_t i = 0; i < fast->result.chain_count; i++) {
        struct text ours = TEXT_INIT, theirs = TEXT_INIT;
        append_chain(&ours, fast, i);
        append_chain(&theirs, slow, i);
        if (strcmp(ours.data, theirs.data) != 0 ||
            fast->result.chains[i].origin != slow->result.chains[i].origin)
            fail_msg("%s at 0x%llx: fast\n%sby libdwarf\n%s", what,
                     (unsigned long long)addresses->values[i], ours.data, theirs.data);
        inlined += fast->result.chains[i].frame_count > 1;
        text_release(&ours);
        text_release(&theirs);
    }
    assert_string_equal(answer_string(fast, fast->result.reason),
                        answer_string(slow, slow->result.reason));
    return inlined;
}

static void check(const char *path, const char *what, uint64_t limit)
{
    struct addresses addresses = addresses_of(path, limit);
    struct answer slow =
        ask_with(path, &addresses, (struct symbolizer_options){.only_libdwarf = true});
    for (uint32_t threads = 1; threads <= 3; threads += 2) {
        struct answer fast =
            ask_with(path, &addresses, (struct symbolizer_options){.threads = threads});
        compare(what, &addresses, &fast, &slow);
        assert_true(fast.result.origins[SYMBOL_FROM_DWARF] > 20);
        answer_release(&fast);
    }
    answer_release(&slow);
    free(addresses.values);
}

static const char *const flags[] = {
    "-gdwarf-2 -O2", "-gdwarf-3 -O2", "-gdwarf-4 -O2",
    "-gdwarf-5 -O2", "-gdwarf-4 -O0", "-gdwarf-5 -O3 -ffunction-sections",
};

static void check_source(const char *compiler, const char *source, const char *more)
{
    if (!*compiler)
        skip();
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        char what[512];
        snprintf(what, sizeof what, "%s %s %s %s", compiler, flags[i], more, source);
        run("%s %s %s -o path %s/%s", compiler, flags[i], more, SOURCES, source);
        check("./path", what, 4000);
    }
}

static void c_by_gcc(void **state)
{
    (void)state;
    check_source(GCC, "matrix_c.c", "");
}

static void c_by_clang(void **state)
{
    (void)state;
    check_source(CLANG, "matrix_c.c", "");
}

static void cpp_by_gcc(void **state)
{
    (void)state;
    check_source(GXX, "matrix_cpp.cpp", "");
}

static void cpp_by_clang(void **state)
{
    (void)state;
    check_source(CLANGXX, "matrix_cpp.cpp", "");
}

/* Functions inlined from one unit into another refer across units. */
static void link_time_optimisation(void **state)
{
    (void)state;
    check_source(GCC, "matrix_c.c", "-flto");
    if (*CLANG &&
        system(CLANG " -flto -fuse-ld=lld -o lto " SOURCES "/matrix_c.c 2> messages") == 0)
        check_source(CLANG, "matrix_c.c", "-flto -fuse-ld=lld");
}

/* All inlined calls of one unit into a function of another, whole names and lines. */
static void inlined_calls_across_units(void **state)
{
    static const char *const builds[][2] = {{GCC, ""}, {CLANG, "-fuse-ld=lld"}};
    (void)state;
    run("printf 'volatile int sink; int across(int a)\\n{\\n    sink += a;\\n    return "
        "sink;\\n}\\n' "
        "> across.c; printf 'int across(int a); int main(int c, char **v)\\n{\\n    (void)v;\\n"
        "    return across(c);\\n}\\n' > calls.c");
    for (int i = 0; i < 2; i++) {
        char command[512];
        snprintf(command, sizeof command, "%s -g -O2 -flto %s -o lto across.c calls.c 2> messages",
                 builds[i][0], builds[i][1]);
        if (!*builds[i][0] || system(command) != 0)
            continue;
        struct elf_symbol symbol = symbol_of("lto", "main");
        struct symbol_module module = {.path = "./lto"};
        bool found = false;
        for (uint64_t at = symbol.value; at < symbol.value + symbol.size && !found; at++) {
            struct answer answer = ask(&module, "nowhere", &at, 1);
            found =
                answer.result.chains[0].frame_count == 2 &&
                strcmp(answer_string(&answer, answer_frame(&answer, 0, 0)->name), "across") == 0 &&
                strstr(answer_string(&answer, answer_frame(&answer, 0, 0)->file), "across.c") &&
                strstr(answer_string(&answer, answer_frame(&answer, 0, 1)->file), "calls.c") &&
                answer_frame(&answer, 0, 1)->line == 4;
            answer_release(&answer);
        }
        assert_true(found);
    }
}

static void dwarf_with_offsets_of_64_bits(void **state)
{
    (void)state;
    check_source(GCC, "matrix_c.c", "-gdwarf64");
}

static void templates_of_the_standard_library(void **state)
{
    static const char *const compilers[] = {GXX, CLANGXX};
    (void)state;
    for (int i = 0; i < 2; i++) {
        if (!*compilers[i])
            continue;
        run("%s -g -O2 -std=c++17 -o path %s/paths_templates.cpp", compilers[i], SOURCES);
        check("./path", compilers[i], 4000);
        run("objcopy --compress-debug-sections=zlib path packed");
        check("./packed", "compressed", 4000);
        if (!*DWZ)
            continue;
        run("cp path path.dwz && cp path second && (%s path.dwz || true)", DWZ);
        check("./path.dwz", "dwz", 4000);
        run("rm -f shared && cp path path.dwz && (%s -m shared -r path.dwz second || true)", DWZ);
        check("./path.dwz", "dwz -m", 4000);
        run("rm -f shared && cp path path.dwz && (%s -5 -m shared -r path.dwz second || true)",
            DWZ);
        check("./path.dwz", "dwz -5 -m", 4000);
        run("rm -f shared");
    }
}

/* What is said of `path` is what is said of `whole`, the same code with all debug information. */
static void check_same(const char *path, const char *whole, const char *what)
{
    struct addresses addresses = addresses_of(whole, 4000);
    struct answer expected = ask_with(whole, &addresses, (struct symbolizer_options){.threads = 1});
    struct answer found = ask_with(path, &addresses, (struct symbolizer_options){.threads = 2});
    assert_true(compare(what, &addresses, &found, &expected) > 20);
    answer_release(&found);
    answer_release(&expected);
    free(addresses.values);
}

static void check_split(const char *compiler, const char *packer, const char *source, int version)
{
    char what[512];
    snprintf(what, sizeof what, "%s -gdwarf-%d %s", compiler, version, source);
    run("rm -f *.dwo *.dwp && %s -gdwarf-%d -O2 -c -o path.o %s/%s && %s -o whole path.o", compiler,
        version, SOURCES, source, compiler);
    run("%s -gdwarf-%d -O2 -gsplit-dwarf -c -o path.o %s/%s && %s -o split path.o", compiler,
        version, SOURCES, source, compiler);
    check_same("./split", "./whole", what);
    // moved beside the program that is somewhere else by now
    run("rm -rf moved && mkdir moved && cp split path.dwo moved && mv path.dwo kept.dwo");
    check_same("./moved/split", "./whole", what);
    if (*packer) {
        run("cp kept.dwo path.dwo && %s -e split -o split.dwp && rm path.dwo", packer);
        check_same("./split", "./whole", what);
        run("rm split.dwp");
    }
    // that of another build is refused, and said to be missing
    run("%s -gdwarf-%d -O1 -gsplit-dwarf -x c -c -o path.o %s/fixture.c", compiler, version,
        SOURCES);
    struct addresses addresses = addresses_of("./split", 200);
    struct answer answer = ask_with("./split", &addresses, (struct symbolizer_options){0});
    assert_non_null(strstr(answer_string(&answer, answer.result.reason), "path.dwo was not found"));
    answer_release(&answer);
    free(addresses.values);
}

static void split_by_gcc(void **state)
{
    (void)state;
    for (int version = 4; version <= 5; version++) {
        check_split(GCC, version == 4 ? DWP : "", "matrix_c.c",
                    version); // dwp 2.40 packs no DWARF 5
        check_split(GXX, "", "matrix_cpp.cpp", version);
    }
    check_split(GXX, "", "paths_templates.cpp", 5);
}

static void split_by_clang(void **state)
{
    (void)state;
    if (!*CLANG)
        skip();
    for (int version = 4; version <= 5; version++) {
        check_split(CLANG, LLVM_DWP, "matrix_c.c", version);
        check_split(CLANGXX, LLVM_DWP, "matrix_cpp.cpp", version);
    }
}

static void this_program(void **state)
{
    (void)state;
    check("/proc/self/exe", "this program", 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c_by_gcc),
        cmocka_unit_test(c_by_clang),
        cmocka_unit_test(cpp_by_gcc),
        cmocka_unit_test(cpp_by_clang),
        cmocka_unit_test(link_time_optimisation),
        cmocka_unit_test(inlined_calls_across_units),
        cmocka_unit_test(dwarf_with_offsets_of_64_bits),
        cmocka_unit_test(templates_of_the_standard_library),
        cmocka_unit_test(split_by_gcc),
        cmocka_unit_test(split_by_clang),
        cmocka_unit_test(this_program),
    };
    setenv("DWZ", DWZ, 1);
    run("rm -rf paths && mkdir paths");
    if (chdir("paths") != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
