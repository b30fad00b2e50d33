/* SPDX-License-Identifier: MIT */
/*
 * test_modules.c - which files are believed, and what is said when there are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiled.h"

#include "symbolizer/dwarf_sections.h"
#include "symbolizer/libdwarf_compat.h"
#include "symbolizer/own_vdso.h"

/* ./base: matrix_c.c with everything; its functions are where they are in all that is made of it.
 */
static int build_base(void **state)
{
    (void)state;
    run("%s -g -O2 -Wl,--build-id -Wl,-z,lazy -o base %s/matrix_c.c", GCC, SOURCES);
    return 0;
}

static struct answer ask_about(const char *path, const char *function)
{
    struct symbol_module module = {.path = path};
    // in the middle, so that a start found is not the address itself
    uint64_t address = symbol_of("base", function).value + 5;
    return ask(&module, "nowhere", &address, 1);
}

static void expect_reason(const struct answer *answer, const char *part)
{
    const char *reason = answer_string(answer, answer->result.reason);
    if (!strstr(reason, part))
        fail_msg("\"%s\" is not in the reason \"%s\"", part, reason);
}

static void expect_source(const struct answer *answer, const char *source)
{
    assert_string_equal(answer_string(answer, answer->result.source), source);
}

static void expect_name(const struct answer *answer, const char *name, enum symbol_origin origin)
{
    assert_string_equal(answer_string(answer, answer_frame(answer, 0, 0)->name), name);
    assert_int_equal(answer->result.chains[0].origin, origin);
    assert_int_equal(answer->result.origins[origin], 1);
}

/* What a module without names is called by: its file and the start of the function. */
static void expect_start(const struct answer *answer, const char *file, const char *function)
{
    char name[256];
    snprintf(name, sizeof name, "%s+0x%llx", file,
             (unsigned long long)symbol_of("base", function).value);
    expect_name(answer, name, SYMBOL_FROM_START);
}

static void function_says_where_it_is_defined(void **state)
{
    (void)state;
    struct symbol_module module = {.path = "./base"};
    uint64_t address = symbol_of("base", "with_loop").value;
    struct answer answer = ask(&module, "nowhere", &address, 1);
    const struct symbol_frame *frame = answer_frame(&answer, 0, 0);
    expect_name(&answer, "with_loop", SYMBOL_FROM_DWARF);
    expect_source(&answer, "DWARF in ./base");
    assert_int_equal(answer.result.reason, 0);
    assert_int_equal(frame->declared_line, 39);
    assert_string_equal(answer_string(&answer, frame->declared_file), SOURCES "/matrix_c.c");
    assert_string_equal(answer_string(&answer, frame->file), SOURCES "/matrix_c.c");
    assert_int_equal(frame->linkage_name, 0);
    answer_release(&answer);
}

static void cold_part_is_the_function_it_belongs_to(void **state)
{
    (void)state;
    struct symbol_module module = {.path = "./base"};
    uint64_t address = symbol_of("base", "with_cold_part.cold").value;
    struct answer answer = ask(&module, "nowhere", &address, 1);
    expect_name(&answer, "with_cold_part", SYMBOL_FROM_DWARF);
    answer_release(&answer);
}

static void addresses_may_repeat_in_any_order(void **state)
{
    (void)state;
    struct symbol_module module = {.path = "./base"};
    uint64_t loop = symbol_of("base", "with_loop").value, start = symbol_of("base", "main").value;
    uint64_t addresses[] = {start, loop, start, UINT64_MAX, 0, loop};
    static const char *const names[] = {"main", "with_loop", "main", NULL, NULL, "with_loop"};
    struct answer answer = ask(&module, "nowhere", addresses, 6);
    for (uint32_t i = 0; i < 6; i++) {
        if (names[i])
            assert_string_equal(answer_string(&answer, answer_frame(&answer, i, 0)->name),
                                names[i]);
        else
            assert_int_equal(answer.result.chains[i].origin, SYMBOL_FROM_START);
    }
    assert_ptr_equal(answer_frame(&answer, 0, 0), answer_frame(&answer, 2, 0));
    answer_release(&answer);
}

static void no_addresses_are_no_trouble(void **state)
{
    (void)state;
    struct symbol_module module = {.path = "./base"};
    struct answer answer = ask(&module, "nowhere", NULL, 0);
    assert_int_equal(answer.result.chain_count, 0);
    answer_release(&answer);
}

static void without_debug_information_the_symbol_table_names(void **state)
{
    (void)state;
    run("objcopy --strip-debug base no_debug");
    struct answer answer = ask_about("./no_debug", "with_loop");
    expect_name(&answer, "with_loop", SYMBOL_FROM_TABLE);
    expect_source(&answer, "symbol table of ./no_debug");
    expect_reason(&answer, "no debug information");
    expect_reason(&answer, "build with -g");
    answer_release(&answer);
}

static void stripped_functions_are_known_by_their_start(void **state)
{
    (void)state;
    run("objcopy --strip-all base stripped");
    struct answer answer = ask_about("./stripped", "with_loop");
    expect_start(&answer, "stripped", "with_loop");
    expect_reason(&answer, "stripped: ");
    expect_reason(&answer, "install its debug symbols or build with -g");
    expect_reason(&answer, "nowhere/.build-id/");
    answer_release(&answer);
}

/* Only the program headers lead to the unwind tables then. */
static void module_without_section_table_is_known_by_starts_too(void **state)
{
    struct mapped_file file;
    (void)state;
    assert_int_equal(mapped_file_open(&file, "base", NULL), 0);
    uint8_t *copy = malloc(file.size);
    memcpy(copy, file.data, file.size);
    Elf64_Ehdr *header = (void *)copy;
    header->e_shoff = 0;
    header->e_shnum = header->e_shstrndx = 0;
    uint64_t address = symbol_of("base", "with_loop").value + 5;
    struct symbol_module module = {.path = "base", .image = copy, .image_size = file.size};
    struct answer answer = ask(&module, "nowhere", &address, 1);
    expect_start(&answer, "base", "with_loop");
    answer_release(&answer);
    free(copy);
    mapped_file_close(&file);
}

static void exported_functions_of_a_stripped_module_keep_their_names(void **state)
{
    (void)state;
    run("%s -g -O2 -shared -fPIC -o exported.so %s/fixture.c && objcopy --strip-all exported.so "
        "s.so",
        GCC, SOURCES);
    uint64_t addresses[] = {symbol_of("exported.so", "exported").value,
                            symbol_of("exported.so", "hidden").value};
    struct symbol_module module = {.path = "./s.so"};
    struct answer answer = ask(&module, "nowhere", addresses, 2);
    assert_string_equal(answer_string(&answer, answer_frame(&answer, 0, 0)->name), "exported");
    assert_int_equal(answer.result.chains[1].origin, SYMBOL_FROM_START);
    expect_source(&answer, "dynamic symbols of ./s.so");
    expect_reason(&answer, "only exported functions have names");
    answer_release(&answer);
}

/* Finds the stub by what it is called; there is no symbol to ask for its address. */
static void expect_stub(const char *path, const char *section_name, const char *name)
{
    struct elf_image image;
    assert_int_equal(elf_image_open(&image, path, NULL), 0);
    const struct elf_section *section = elf_image_section(&image, section_name);
    bool found = false;
    assert_non_null(section);
    for (uint64_t at = 0; at < section->size && !found; at += 4) {
        uint64_t address = section->address + at;
        struct symbol_module module = {.path = path};
        struct answer answer = ask(&module, "nowhere", &address, 1);
        found = answer.result.chains[0].origin == SYMBOL_FROM_PLT &&
                strcmp(answer_string(&answer, answer_frame(&answer, 0, 0)->name), name) == 0;
        answer_release(&answer);
    }
    assert_true(found);
    elf_image_release(&image);
}

static void linkage_stubs_are_named_after_their_target(void **state)
{
    (void)state;
#ifndef __x86_64__
    skip();
#endif
    run("objcopy --strip-all base stripped");
    expect_stub("./base", ".plt", "puts@plt");
    expect_stub("./stripped", ".plt", "puts@plt");
    run("%s -g -O2 -fcf-protection -Wl,-z,ibtplt -Wl,-z,now -o tracked %s/matrix_c.c", GCC,
        SOURCES);
    expect_stub("./tracked", ".plt.sec", "puts@plt");
    run("%s -g -O2 -fPIC -shared -o stubs.so %s/fixture.c", GCC, SOURCES);
    expect_stub("./stubs.so", ".plt", "imported@plt");
    expect_stub("./stubs.so", ".plt.got", "__cxa_finalize@plt");
}

/* Made by clang and lld, where they are: every byte of every stub, and nothing before the first. */
static void linkage_stubs_of_arm64_are_named(void **state)
{
    static const char *const flags[] = {"", "-mbranch-protection=standard -Wl,-z,force-bti",
                                        "-mbranch-protection=standard -Wl,-z,pac-plt"};
    (void)state;
    run("printf 'int first(int); int second(int); int both(int a);"
        "int both(int a) { return first(a) + second(a); }' >both.c");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        char command[512];
        struct elf_image image;
        snprintf(command, sizeof command,
                 "%s --target=aarch64-linux-gnu -fuse-ld=lld -nostdlib -shared -fPIC -O1 %s "
                 "-o arm64.so both.c 2>/dev/null",
                 *CLANG ? CLANG : "false", flags[i]);
        if (system(command) != 0)
            skip();
        expect_stub("./arm64.so", ".plt", "first@plt");
        expect_stub("./arm64.so", ".plt", "second@plt");
        assert_int_equal(elf_image_open(&image, "./arm64.so", NULL), 0);
        const struct elf_section *plt = elf_image_section(&image, ".plt");
        struct symbol_module module = {.path = "./arm64.so"};
        uint64_t size = (plt->size - 32) / 2;
        for (uint64_t at = 0; at < plt->size; at++) {
            uint64_t address = plt->address + at;
            struct answer answer = ask(&module, "nowhere", &address, 1);
            bool is_header = at < 32, is_padding = !is_header && (at - 32) % size >= 24;
            if (is_header)
                assert_int_equal(answer.result.chains[0].origin, SYMBOL_FROM_START);
            else if (!is_padding)
                expect_name(&answer, at < 32 + size ? "first@plt" : "second@plt", SYMBOL_FROM_PLT);
            answer_release(&answer);
        }
        elf_image_release(&image);
    }
}

static void another_build_of_the_module_is_not_believed(void **state)
{
    (void)state;
    static const uint8_t recorded[20] = {0x12, 0x34};
    struct symbol_module module = {.path = "./base", .build_id = recorded, .build_id_size = 20};
    uint64_t address = symbol_of("base", "with_loop").value;
    struct answer answer = ask(&module, "nowhere", &address, 1);
    expect_start(&answer, "base", "with_loop");
    expect_reason(&answer, "./base is not the file that was recorded");
    expect_reason(&answer, "recorded was 1234");
    assert_int_equal(answer.result.source, 0);
    answer_release(&answer);
}

static void module_that_was_removed_is_named_from_the_build_id_directory(void **state)
{
    struct elf_image image;
    (void)state;
    run("id=$(readelf -n base | sed -n 's/.*Build ID: //p') && "
        "d=store/.build-id/$(echo $id | cut -c1-2) && mkdir -p $d && "
        "objcopy --only-keep-debug base $d/$(echo $id | cut -c3-).debug");
    assert_int_equal(elf_image_open(&image, "base", NULL), 0);
    struct symbol_module module = {
        .path = "./gone", .build_id = image.build_id, .build_id_size = image.build_id_size};
    uint64_t address = symbol_of("base", "with_loop").value;
    struct answer answer = ask(&module, "store", &address, 1);
    expect_name(&answer, "with_loop", SYMBOL_FROM_DWARF);
    expect_reason(&answer, "cannot open ./gone");
    answer_release(&answer);
    elf_image_release(&image);
    run("rm -r store");
}

static void module_that_cannot_be_read_has_a_reason(void **state)
{
    (void)state;
    run("echo text > text_file; : > empty");
    struct answer answer = ask_about("./gone", "main");
    expect_reason(&answer, "cannot open ./gone: No such file or directory");
    answer_release(&answer);
    answer = ask_about("./text_file", "main");
    expect_reason(&answer, "not an ELF file");
    answer_release(&answer);
    answer = ask_about("./empty", "main");
    expect_reason(&answer, "not an ELF file");
    answer_release(&answer);
    answer = ask_about(".", "main");
    expect_reason(&answer, "not a regular file");
    answer_release(&answer);
}

static void debug_file_with_another_checksum_is_refused(void **state)
{
    (void)state;
    run("objcopy -R .note.gnu.build-id base nameless && "
        "objcopy --only-keep-debug nameless linked.debug 2>/dev/null && "
        "objcopy --strip-all --add-gnu-debuglink=linked.debug nameless linked && "
        "printf x >> linked.debug");
    struct answer answer = ask_about("./linked", "with_loop");
    expect_start(&answer, "linked", "with_loop");
    expect_reason(&answer, "./linked.debug (of another build)");
    answer_release(&answer);
}

static void debug_file_with_another_build_id_is_refused(void **state)
{
    (void)state;
    run("objcopy --only-keep-debug base other.debug && "
        "%s -g -O1 -Wl,--build-id -o different %s/matrix_c.c && "
        "objcopy --strip-all --add-gnu-debuglink=other.debug different linked",
        GCC, SOURCES);
    struct answer answer = ask_about("./linked", "with_loop");
    expect_reason(&answer, "./other.debug (of another build)");
    assert_int_equal(answer.result.chains[0].origin, SYMBOL_FROM_START);
    answer_release(&answer);
}

/* Debug files may have the name of their module, in a directory of their own. */
static void module_is_not_its_own_debug_file(void **state)
{
    (void)state;
    run("mkdir -p store/$PWD && objcopy --only-keep-debug base store/$PWD/namesake && "
        "objcopy --strip-debug --add-gnu-debuglink=store/$PWD/namesake base namesake");
    char *path = realpath("namesake", NULL);
    struct symbol_module module = {.path = path};
    uint64_t address = symbol_of("base", "with_loop").value;
    struct answer answer = ask(&module, "store", &address, 1);
    expect_name(&answer, "with_loop", SYMBOL_FROM_DWARF);
    answer_release(&answer);
    free(path);
    run("rm -r store");
}

static void missing_dwo_file_degrades_to_the_symbol_table(void **state)
{
    (void)state;
    run("%s -g -gsplit-dwarf -O2 -o split %s/matrix_c.c && rm *.dwo", GCC, SOURCES);
    struct symbol_module module = {.path = "./split"};
    uint64_t address = symbol_of("split", "with_loop").value;
    struct answer answer = ask(&module, "nowhere", &address, 1);
    expect_name(&answer, "with_loop", SYMBOL_FROM_TABLE);
    expect_reason(&answer, ".dwo files, of which ");
    assert_int_not_equal(answer_frame(&answer, 0, 0)->line, 0); // lines stay in the program
    answer_release(&answer);
}

/* It is where the other one was: told by its id. */
static void dwo_file_of_another_build_is_not_believed(void **state)
{
    (void)state;
    run("%s -g -gsplit-dwarf -O2 -c -o rebuilt.o %s/matrix_c.c && %s -o rebuilt rebuilt.o && "
        "cp rebuilt.dwo own.dwo",
        GCC, SOURCES, GCC);
    run("%s -g -gsplit-dwarf -O0 -c -o rebuilt.o %s/matrix_c.c", GCC, SOURCES);
    struct symbol_module module = {.path = "./rebuilt"};
    uint64_t address = symbol_of("rebuilt", "with_loop").value;
    struct answer answer = ask(&module, "nowhere", &address, 1);
    expect_name(&answer, "with_loop", SYMBOL_FROM_TABLE);
    expect_reason(&answer, "rebuilt.dwo was not found");
    answer_release(&answer);
    run("mv own.dwo rebuilt.dwo");
    answer = ask(&module, "nowhere", &address, 1);
    expect_name(&answer, "with_loop", SYMBOL_FROM_DWARF);
    answer_release(&answer);
}

/* Release 20210528 frees memory twice on damaged ones, and reads others without need. */
static void libdwarf_sees_none_of_the_sections_that_harm_it(void **state)
{
    static const char *const seen[] = {".debug_info", ".debug_abbrev", ".debug_str"};
    static const char *const hidden[] = {".debug_rnglists", ".debug_loclists", ".debug_aranges",
                                         ".debug_ranges",   ".debug_line",     ".debug_frame",
                                         ".eh_frame",       ".debug_macro",    ".symtab"};
    struct elf_image image;
    struct dwarf_sections sections;
    (void)state;
    run("%s -gdwarf-5 -g3 -O2 -o full %s/matrix_c.c", GCC, SOURCES);
    assert_int_equal(elf_image_open(&image, "full", NULL), 0);
    dwarf_sections_init(&sections, &image);
    dwarf_sections_load(&sections, 1);
    struct libdwarf *libdwarf = libdwarf_open(&sections, NULL);
    Dwarf_Debug dbg = libdwarf_debug(libdwarf);
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        Dwarf_Addr address;
        Dwarf_Unsigned size;
        Dwarf_Error why = NULL;
        assert_non_null(elf_image_section(&image, seen[i]));
        assert_int_equal(dwarf_get_section_info_by_name(dbg, seen[i], &address, &size, &why),
                         DW_DLV_OK);
        assert_true(size > 0);
    }
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        Dwarf_Addr address;
        Dwarf_Unsigned size = 0;
        Dwarf_Error why = NULL;
        int result = dwarf_get_section_info_by_name(dbg, hidden[i], &address, &size, &why);
        assert_true(result != DW_DLV_OK || size == 0);
    }
    libdwarf_close(libdwarf);
    dwarf_sections_release(&sections);
    elf_image_release(&image);
}

#ifdef WITH_LZMA
/* As Fedora makes it: what .dynsym has not, in a symbol table that is compressed into the program.
 */
static void functions_are_named_from_gnu_debugdata(void **state)
{
    (void)state;
    run("objcopy -S --keep-symbol=with_loop --keep-symbol=with_cold_part base mini && "
        "rm -f mini.xz && xz mini && "
        "objcopy --strip-all --add-section .gnu_debugdata=mini.xz base stripped");
    struct symbol_module module = {.path = "./stripped"};
    uint64_t address = symbol_of("base", "with_loop").value;
    struct answer answer = ask(&module, "nowhere", &address, 1);
    expect_name(&answer, "with_loop", SYMBOL_FROM_TABLE);
    expect_source(&answer, ".gnu_debugdata of ./stripped");
    answer_release(&answer);
    run("head -c 100 mini.xz > cut.xz && "
        "objcopy --strip-all --add-section .gnu_debugdata=cut.xz base stripped");
    answer = ask(&module, "nowhere", &address, 1);
    expect_reason(&answer, ".gnu_debugdata: its xz data are damaged");
    answer_release(&answer);
}
#endif

/* `form`: of dwz's own making, or that of DWARF 5. */
static void check_shared(const char *form)
{
    // two programs with something in common that is worth sharing
    run("rm -rf links && mkdir -p links && cp base links/first && cp base links/second && "
        "\"%s\" %s -m links/shared -r links/first links/second && ln -sf links/first linked_first",
        DWZ, form);
    struct answer answer = ask_about("./linked_first", "with_loop");
    expect_name(&answer, "with_loop", SYMBOL_FROM_DWARF);
    assert_int_equal(answer.result.reason, 0);
    answer_release(&answer);
    // another one in its place
    run("mv links/shared kept && %s -g -O0 -o other %s/matrix_c.c && cp other another && "
        "\"%s\" %s -m links/shared other another",
        GCC, SOURCES, DWZ, form);
    answer = ask_about("./linked_first", "with_loop");
    expect_name(&answer, "with_loop", SYMBOL_FROM_TABLE); // its name had moved
    expect_reason(&answer, "shared by dwz, which was not found");
    answer_release(&answer);
    run("rm links/shared");
    answer = ask_about("./linked_first", "with_loop");
    expect_reason(&answer, "shared by dwz, which was not found");
    answer_release(&answer);
}

static void file_shared_by_dwz_is_followed_and_missed(void **state)
{
    (void)state;
    if (!*DWZ)
        skip();
    check_shared("");
    check_shared("-5");
}

static void damaged_debug_information_degrades_to_the_symbol_table(void **state)
{
    (void)state;
    run("printf garbage > garbage && objcopy --update-section .debug_info=garbage base damaged");
    struct answer answer = ask_about("./damaged", "with_loop");
    expect_name(&answer, "with_loop", SYMBOL_FROM_TABLE);
    expect_reason(&answer, "debug information in ./damaged cannot be used");
    answer_release(&answer);
}

static void expect_aliases_from(enum symbolizer_isolation isolate, const char *path,
                                uint64_t address, const char *expected)
{
    static const char *const nowhere[] = {NULL};
    struct symbolizer_options options = {.debug_directories = nowhere, .isolate = isolate};
    struct symbol_module asked = {.path = path};
    uint64_t addresses[] = {0, address, address + 1};
    struct string_table strings;
    struct symbol_aliases aliases;
    struct text text = TEXT_INIT;
    string_table_init(&strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &strings);
    struct symbolizer_module *module = symbolizer_module_open(symbolizer, &asked);
    symbolizer_module_aliases(module, addresses, 3, &aliases);
    assert_int_equal(aliases.first[1], 0); // nothing is at address 0
    assert_int_equal(aliases.first[2] - aliases.first[1], aliases.first[3] - aliases.first[2]);
    for (uint32_t i = aliases.first[1]; i < aliases.first[2]; i++)
        text_printf(&text, "%s ", string_table_get(&strings, aliases.names[i].name));
    assert_string_equal(text.data ? text.data : "", expected);
    text_release(&text);
    symbol_aliases_release(&aliases);
    symbolizer_module_close(module);
    symbolizer_free(symbolizer);
    string_table_release(&strings);
}

/* The names of the function at the address as "first second ", wherever the file is read. */
static void expect_aliases(const char *path, uint64_t address, const char *expected)
{
    expect_aliases_from(SYMBOLIZER_ISOLATE_NEVER, path, address, expected);
    expect_aliases_from(SYMBOLIZER_ISOLATE_ALWAYS, path, address, expected);
}

/* Each address of a batch lists them all, so there is a limit. */
static void names_of_a_function_are_not_without_end(void **state)
{
    struct text expected = TEXT_INIT;
    (void)state;
    run("{ echo 'int f(void) { return 1; }'; i=1000; while [ $i -lt 2100 ]; do "
        "echo \"int g$i(void) __attribute__((alias(\\\"f\\\")));\"; i=$((i + 1)); done; } >many.c");
    run("%s -shared -fPIC -o many.so many.c", GCC);
    text_append_string(&expected, "f ");
    for (uint32_t i = 1000; i < 1000 + SYMBOL_ALIASES_MAX - 1; i++)
        text_printf(&expected, "g%u ", i);
    expect_aliases("./many.so", symbol_of("many.so", "f").value, expected.data);
    text_release(&expected);
}

/* Both the functions that a linker has found equal, and what is listed beside the one shown. */
static void folded_functions_have_all_their_names(void **state)
{
    static const char *const linkers[] = {"gold", "lld"};
    (void)state;
    run("printf 'static volatile int s; int folded_long(int a) { s += a; return s * 7; }"
        "int folded(int a) { s += a; return s * 7; }"
        "static __attribute__((noinline)) int local(int a) { s += a; return s * 7; }"
        "int main(int c, char **v) { return folded_long(c) + folded(c + 1) + local(c + 2) + !v; }' "
        "> folded.c");
    for (int i = 0; i < 2; i++) {
        char command[512];
        snprintf(command, sizeof command,
                 "%s -g -O1 -fno-ipa-icf -ffunction-sections -fuse-ld=%s -Wl,--icf=all -o folded "
                 "folded.c 2> messages && [ $(nm folded | grep -c 'folded\\|local') = 3 ]",
                 GCC, linkers[i]);
        if (system(command) != 0)
            continue; // the linker is not there, or has folded nothing
        uint64_t address = symbol_of("folded", "local").value;
        assert_int_equal(address, symbol_of("folded", "folded").value);
        expect_aliases("./folded", address, "folded folded_long local ");
        // the debug information has one of them, with its own line
        struct symbol_module module = {.path = "./folded"};
        struct answer answer = ask(&module, "nowhere", &address, 1);
        assert_int_equal(answer.result.chains[0].origin, SYMBOL_FROM_DWARF);
        answer_release(&answer);
        run("strip -g folded");
        answer = ask(&module, "nowhere", &address, 1);
        expect_name(&answer, "folded", SYMBOL_FROM_TABLE); // exported, and the shorter one
        answer_release(&answer);
    }
    run("%s -shared -fPIC -g -O1 -o aliased.so -x c - << 'C'\n"
        "int _Z3addi(int a) { return a + 1; }\n"
        "int plain(int a) __attribute__((alias(\"_Z3addi\")));\nC",
        GCC);
    expect_aliases("./aliased.so", symbol_of("aliased.so", "plain").value, "plain add(int) ");
    run("objcopy --strip-all aliased.so exported.so");
    expect_aliases("./exported.so", symbol_of("aliased.so", "plain").value, "plain add(int) ");
}

static void functions_of_the_vdso_are_named(void **state)
{
    const void *image;
    size_t size;
    struct elf_image elf;
    struct symbol_table table;
    (void)state;
    own_vdso(&image, &size);
    if (!image)
        skip();
    assert_int_equal(elf_image_init(&elf, image, size, NULL), 0);
    symbol_table_init(&table, &elf, SHT_DYNSYM);
    uint64_t address = 0;
    for (uint32_t i = 1; i < table.count; i++) {
        struct elf_symbol symbol = symbol_table_get(&table, i);
        if (strcmp(symbol.name, "__vdso_clock_gettime") == 0)
            address = symbol.value + 1;
    }
    struct symbol_module module = {.path = "[vdso]",
                                   .build_id = elf.build_id,
                                   .build_id_size = elf.build_id_size,
                                   .image = image,
                                   .image_size = size};
    struct answer answer = ask(&module, "nowhere", &address, 1);
    expect_name(&answer, "clock_gettime", SYMBOL_FROM_TABLE); // the alias without underscores
    expect_source(&answer, "dynamic symbols of [vdso]");
    answer_release(&answer);
    elf_image_release(&elf);
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
        cmocka_unit_test(function_says_where_it_is_defined),
        cmocka_unit_test(cold_part_is_the_function_it_belongs_to),
        cmocka_unit_test(addresses_may_repeat_in_any_order),
        cmocka_unit_test(no_addresses_are_no_trouble),
        cmocka_unit_test(without_debug_information_the_symbol_table_names),
        cmocka_unit_test(stripped_functions_are_known_by_their_start),
        cmocka_unit_test(module_without_section_table_is_known_by_starts_too),
        cmocka_unit_test(exported_functions_of_a_stripped_module_keep_their_names),
        cmocka_unit_test(linkage_stubs_are_named_after_their_target),
        cmocka_unit_test(linkage_stubs_of_arm64_are_named),
        cmocka_unit_test(another_build_of_the_module_is_not_believed),
        cmocka_unit_test(module_that_was_removed_is_named_from_the_build_id_directory),
        cmocka_unit_test(module_that_cannot_be_read_has_a_reason),
        cmocka_unit_test(debug_file_with_another_checksum_is_refused),
        cmocka_unit_test(debug_file_with_another_build_id_is_refused),
        cmocka_unit_test(module_is_not_its_own_debug_file),
        cmocka_unit_test(missing_dwo_file_degrades_to_the_symbol_table),
        cmocka_unit_test(dwo_file_of_another_build_is_not_believed),
        cmocka_unit_test(libdwarf_sees_none_of_the_sections_that_harm_it),
#ifdef WITH_LZMA
        cmocka_unit_test(functions_are_named_from_gnu_debugdata),
#endif
        cmocka_unit_test(file_shared_by_dwz_is_followed_and_missed),
        cmocka_unit_test(damaged_debug_information_degrades_to_the_symbol_table),
        cmocka_unit_test(folded_functions_have_all_their_names),
        cmocka_unit_test(names_of_a_function_are_not_without_end),
        cmocka_unit_test(functions_of_the_vdso_are_named),
        cmocka_unit_test(no_descriptor_is_left_open),
    };
    setenv("DEBUGINFOD_CACHE_PATH", "nowhere", 1);
    run("rm -rf modules && mkdir modules");
    if (chdir("modules") != 0)
        return 1;
    descriptors_before = count_descriptors();
    return cmocka_run_group_tests(tests, build_base, NULL);
}
