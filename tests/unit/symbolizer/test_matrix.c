/* SPDX-License-Identifier: MIT */
/*
 * test_matrix.c - programs x compilers x formats of debug information x ways to keep it, for every
 * byte of every function.
 *
 * The oracle is addr2line, which shares no code with us but the demangler. Where release 2.40 is
 * wrong (inlined calls of clang's DWARF 5), it is our own answer for the same code in DWARF 4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiled.h"

enum { MAX_ADDRESSES = 16384 };

/* What is said of each address, in one line: "inner file.c:3 <- outer file.c:9". */
struct chains {
    uint64_t addresses[MAX_ADDRESSES];
    char *texts[MAX_ADDRESSES];
    uint32_t count;
};

static void chains_release(struct chains *chains)
{
    for (uint32_t i = 0; i < chains->count; i++)
        free(chains->texts[i]);
    free(chains);
}

/* The addresses of all functions with a size. */
static struct chains *chains_new(const char *path)
{
    struct elf_image image;
    struct symbol_table table;
    struct chains *chains = memory_new(1, sizeof *chains);
    assert_int_equal(elf_image_open(&image, path, NULL), 0);
    symbol_table_init(&table, &image, SHT_SYMTAB);
    for (uint32_t i = 1; i < table.count; i++) {
        struct elf_symbol symbol = symbol_table_get(&table, i);
        if (symbol.type != STT_FUNC || symbol.section == SHN_UNDEF)
            continue;
        assert_true(chains->count + symbol.size < MAX_ADDRESSES);
        for (uint64_t at = 0; at < symbol.size; at++)
            chains->addresses[chains->count++] = symbol.value + at;
    }
    elf_image_release(&image);
    return chains;
}

/* DWARF names the parts of a function like the function; symbol tables do not. */
static void append_name(struct text *text, const char *name)
{
    static const char *const parts[] = {" [clone .cold]", ".cold"};
    size_t size = strlen(name);
    for (int i = 0; i < 2; i++) {
        size_t part = strlen(parts[i]);
        if (size > part && strcmp(name + size - part, parts[i]) == 0)
            size -= part;
    }
    text_append(text, name, size);
}

static void append_frame(struct text *text, const char *name, const char *file, unsigned line)
{
    const char *slash = strrchr(file, '/');
    if (text->length)
        text_append_string(text, " <- ");
    append_name(text, name);
    // without a line, addr2line takes the file from the symbol table, where it is a guess
    if (line)
        text_printf(text, " %s:%u", slash ? slash + 1 : file, line);
}

static void fill_by_addr2line(struct chains *chains, const char *path)
{
    FILE *list = fopen("addresses", "w");
    assert_non_null(list);
    for (uint32_t i = 0; i < chains->count; i++)
        fprintf(list, "0x%llx\n", (unsigned long long)chains->addresses[i]);
    fclose(list);
    run("addr2line -aifC -e %s < addresses > oracle", path);
    FILE *oracle = fopen("oracle", "r");
    char name[4096], place[4096];
    struct text text = TEXT_INIT;
    uint32_t i = 0;
    assert_non_null(oracle);
    assert_non_null(fgets(name, sizeof name, oracle)); // the first address
    for (; i < chains->count; i++) {
        while (fgets(name, sizeof name, oracle) && strncmp(name, "0x", 2) != 0) {
            assert_non_null(fgets(place, sizeof place, oracle));
            name[strcspn(name, "\n")] = '\0';
            char *colon = strrchr(place, ':');
            assert_non_null(colon);
            *colon = '\0';
            append_frame(&text, name, place, (unsigned)strtoul(colon + 1, NULL, 10));
        }
        chains->texts[i] = text_take(&text);
    }
    fclose(oracle);
}

static void fill_by_symbolizer(struct chains *chains, const char *path, const char *debug_directory)
{
    struct symbol_module module = {.path = path};
    struct answer answer = ask(&module, debug_directory, chains->addresses, chains->count);
    assert_int_equal(answer.result.reason, 0);
    for (uint32_t i = 0; i < chains->count; i++) {
        struct text text = TEXT_INIT;
        for (uint32_t f = 0; f < answer.result.chains[i].frame_count; f++) {
            const struct symbol_frame *frame = answer_frame(&answer, i, f);
            const char *file = frame->file ? answer_string(&answer, frame->file) : "??";
            append_frame(&text, answer_string(&answer, frame->name), file, frame->line);
        }
        chains->texts[i] = text_take(&text);
    }
    answer_release(&answer);
}

/* Compares what is said of the source's own code; the C library's start files are in there, too. */
static void expect_same(const struct chains *ours, const struct chains *oracle, const char *what)
{
    uint32_t compared = 0, inlined = 0;
    for (uint32_t i = 0; i < oracle->count; i++) {
        if (!strstr(oracle->texts[i], " matrix_c"))
            continue;
        compared++;
        inlined += strstr(oracle->texts[i], " <- ") != NULL;
        if (strcmp(ours->texts[i], oracle->texts[i]) != 0)
            fail_msg("%s at 0x%llx:\n  ours   %s\n  oracle %s", what,
                     (unsigned long long)oracle->addresses[i], ours->texts[i], oracle->texts[i]);
    }
    assert_true(compared > 200);
    assert_true(inlined > 20);
}

static void check(const char *path, const char *debug_directory, const struct chains *oracle,
                  const char *what)
{
    struct chains *ours = memory_new(1, sizeof *ours);
    ours->count = oracle->count;
    memcpy(ours->addresses, oracle->addresses, sizeof ours->addresses);
    fill_by_symbolizer(ours, path, debug_directory);
    expect_same(ours, oracle, what);
    chains_release(ours);
}

/* The ways to keep debug information: a command that makes ./variant from ./base. */
static const struct variant {
    const char *name, *command, *debug_directory;
} variants[] = {
    {"as linked", "cp base variant", "nowhere"},
    {"without .debug_aranges, as clang links", "objcopy -R .debug_aranges base variant", "nowhere"},
    {"zlib", "objcopy --compress-debug-sections=zlib base variant", "nowhere"},
    {"zlib-gnu", "objcopy --compress-debug-sections=zlib-gnu base variant", "nowhere"},
    {"zstd, where objcopy and we can",
     "objcopy --compress-debug-sections=zstd base variant 2>/dev/null || cp base variant",
     "nowhere"},
    {"dwz, where it can",
     "cp base variant && if [ -x \"$DWZ\" ]; then \"$DWZ\" variant || true; fi", "nowhere"},
    {"dwz -m, where it can",
     "rm -f shared second && cp base variant && cp base second && "
     "if [ -x \"$DWZ\" ]; then \"$DWZ\" -m shared -r variant second || true; fi",
     "nowhere"},
    {"dwz -5 -m, where it can",
     "rm -f shared second && cp base variant && cp base second && "
     "if [ -x \"$DWZ\" ]; then \"$DWZ\" -5 -m shared -r variant second || true; fi",
     "nowhere"},
    {"debuglink beside",
     "objcopy --only-keep-debug base variant.debug && "
     "objcopy --strip-all --add-gnu-debuglink=variant.debug base variant",
     "nowhere"},
    {"debuglink in .debug",
     "mkdir -p .debug && objcopy --only-keep-debug base variant.debug && "
     "objcopy --strip-all --add-gnu-debuglink=variant.debug base variant && "
     "mv variant.debug .debug/",
     "nowhere"},
    {"debuglink without build-id",
     "objcopy -R .note.gnu.build-id base nameless && "
     "objcopy --only-keep-debug nameless variant.debug 2>/dev/null && "
     "objcopy --strip-all --add-gnu-debuglink=variant.debug nameless variant",
     "nowhere"},
    {"cache of debuginfod",
     "id=$(readelf -n base | sed -n 's/.*Build ID: //p') && mkdir -p cache/$id && "
     "objcopy --only-keep-debug base cache/$id/debuginfo && objcopy --strip-all base variant",
     "nowhere"},
    {"build-id directory",
     "id=$(readelf -n base | sed -n 's/.*Build ID: //p') && d=store/.build-id/$(echo $id | cut "
     "-c1-2) "
     "&& mkdir -p $d && objcopy --only-keep-debug --compress-debug-sections base "
     "$d/$(echo $id | cut -c3-).debug && objcopy --strip-all base variant",
     "store"},
};

static void check_variants(const struct chains *oracle, const char *build)
{
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        struct text what = TEXT_INIT;
        text_printf(&what, "%s, %s", build, variants[i].name);
        run("rm -rf variant* .debug store cache && %s", variants[i].command);
        check("./variant", variants[i].debug_directory, oracle, what.data);
        text_release(&what);
    }
}

/* One build, with the oracle's chains returned. `oracle` NULL: addr2line's. */
static struct chains *check_build(const char *compiler, const char *flags, const char *source,
                                  const struct chains *oracle)
{
    char build[512];
    snprintf(build, sizeof build, "%s %s %s", compiler, flags, source);
    run("%s %s -Wl,--build-id -o base %s/%s", compiler, flags, SOURCES, source);
    struct chains *chains = chains_new("base");
    if (oracle) {
        assert_int_equal(chains->count, oracle->count);
        assert_memory_equal(chains->addresses, oracle->addresses, sizeof chains->addresses);
    } else {
        fill_by_addr2line(chains, "base");
        oracle = chains;
    }
    check_variants(oracle, build);
    return chains;
}

/* The oldest formats say the same in fewer words: one build of each is enough. */
static void check_old_formats(const char *compiler, const char *source)
{
    for (int version = 2; version <= 3; version++) {
        char flags[64];
        snprintf(flags, sizeof flags, "-gdwarf-%d -O2 -ffunction-sections", version);
        chains_release(check_build(compiler, flags, source, NULL));
    }
}

static void check_compiler(const char *compiler, const char *source, bool trust_5)
{
    static const char *const flags[] = {"-O2 -ffunction-sections", "-O3 -no-pie", "-O0"};
    if (!*compiler)
        skip();
    check_old_formats(compiler, source);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        char with_4[256], with_5[256];
        snprintf(with_4, sizeof with_4, "-gdwarf-4 %s", flags[i]);
        snprintf(with_5, sizeof with_5, "-gdwarf-5 %s", flags[i]);
        struct chains *as_4 = check_build(compiler, with_4, source, NULL);
        struct chains *as_5 = check_build(compiler, with_5, source, trust_5 ? NULL : as_4);
        chains_release(as_4);
        chains_release(as_5);
    }
}

static void c_by_gcc(void **state)
{
    (void)state;
    check_compiler(GCC, "matrix_c.c", true);
}

static void cpp_by_gcc(void **state)
{
    (void)state;
    check_compiler(GXX, "matrix_cpp.cpp", true);
}

static void c_by_clang(void **state)
{
    (void)state;
    check_compiler(CLANG, "matrix_c.c", false);
}

static void cpp_by_clang(void **state)
{
    (void)state;
    check_compiler(CLANGXX, "matrix_cpp.cpp", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c_by_gcc),
        cmocka_unit_test(cpp_by_gcc),
        cmocka_unit_test(c_by_clang),
        cmocka_unit_test(cpp_by_clang),
    };
    setenv("DWZ", DWZ, 1);
    setenv("DEBUGINFOD_CACHE_PATH", "cache", 1);
    run("rm -rf matrix && mkdir matrix");
    if (chdir("matrix") != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
