/* SPDX-License-Identifier: MIT */
/*
 * test_preflight.c - commands of every kind, and what is said about each.
 */
#include "profiler/collector/preflight.h"
#include "tests/unit/recording/recording_fixture.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *make(const char *name, const void *bytes, size_t size, mode_t mode)
{
    const char *path = folder_path(name);
    file_write(path, bytes, size);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static const char *make_script(const char *name, const char *first_line)
{
    return make(name, first_line, strlen(first_line), 0755);
}

static void assert_verdict(const char *command, enum preflight_verdict verdict, const char *says)
{
    struct preflight p;
    preflight_check(&p, command);
    if (p.verdict != verdict)
        fail_msg("'%s': verdict %d, not %d (%s)", command, (int)p.verdict, (int)verdict,
                 p.reason.text);
    if (verdict != PREFLIGHT_OK && !strstr(p.reason.text, says))
        fail_msg("'%s': says '%s', not '%s'", command, p.reason.text, says);
}

static void command_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    assert_verdict(folder_path("nothing"), PREFLIGHT_NOT_FOUND, "was not found");
    assert_verdict("no-such-command-anywhere", PREFLIGHT_NOT_FOUND, "directories of PATH");
    assert_verdict("", PREFLIGHT_NOT_FOUND, "was not found");
}

static void what_cannot_be_executed_is_told_apart(void **state)
{
    (void)state;
    assert_verdict(folder_path(""), PREFLIGHT_NOT_EXECUTABLE, "not an executable file");
    const char *plain = make("plain", "text\n", 5, 0644);
    assert_verdict(plain, PREFLIGHT_NOT_EXECUTABLE, "not an executable file");
}

static void command_is_looked_up_in_path(void **state)
{
    (void)state;
    struct preflight p;
    char before[4096], changed[256];
    snprintf(before, sizeof before, "%s", getenv("PATH"));
    const char *script = make_script("found-by-path", "#!/bin/sh\n");
    make("not-executable", "#!/bin/sh\n", 10, 0644);
    snprintf(changed, sizeof changed, "/nowhere:%.*s", (int)(strrchr(script, '/') - script),
             script);
    setenv("PATH", changed, 1);
    preflight_check(&p, "found-by-path");
    assert_int_equal(p.verdict, PREFLIGHT_OK);
    assert_string_equal(p.path, script);
    assert_verdict("not-executable", PREFLIGHT_NOT_EXECUTABLE, "not an executable file");
    unsetenv("PATH");
    assert_verdict("sh", PREFLIGHT_OK, "");
    setenv("PATH", before, 1);
}

static void ordinary_programs_and_scripts_are_fine(void **state)
{
    (void)state;
    assert_verdict("/bin/sh", PREFLIGHT_OK, "");
    assert_verdict(TARGETS "/spin", PREFLIGHT_OK, "");
    assert_verdict(make_script("script", "#! /bin/sh -e\n"), PREFLIGHT_OK, "");
    assert_verdict(make_script("no-interpreter", "echo\n"), PREFLIGHT_OK, "");
    assert_verdict(make("empty", "", 0, 0755), PREFLIGHT_OK, "");
}

static void programs_without_a_loader_are_refused(void **state)
{
    (void)state;
    if (access(TARGETS "/spin_static", X_OK) != 0)
        skip();
    assert_verdict(TARGETS "/spin_static", PREFLIGHT_NOT_PRELOADABLE, "statically linked");
}

static void scripts_are_followed_to_their_interpreter(void **state)
{
    (void)state;
    char line[256];
    if (access(TARGETS "/spin_static", X_OK) != 0)
        skip();
    const char *name = make_script("first", "#!" TARGETS "/spin_static\n");
    assert_verdict(name, PREFLIGHT_NOT_PRELOADABLE, "statically linked");
    snprintf(line, sizeof line, "#!\t%s argument\n", name);
    assert_verdict(make_script("second", line), PREFLIGHT_NOT_PRELOADABLE, "spin_static");
}

/* A script that names itself, and a chain longer than the kernel's: nothing hangs. */
static void scripts_that_never_end_are_left_to_the_kernel(void **state)
{
    (void)state;
    char line[256];
    snprintf(line, sizeof line, "#!%s\n", folder_path("itself"));
    assert_verdict(make_script("itself", line), PREFLIGHT_OK, "");
}

static void programs_of_other_kinds_are_refused_by_name(void **state)
{
    (void)state;
    Elf32_Ehdr small = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, 1},
                        .e_type = ET_EXEC,
                        .e_machine = EM_386};
    assert_verdict(make("elf32", &small, sizeof small, 0755), PREFLIGHT_NOT_PRELOADABLE, "32-bit");
    Elf64_Ehdr other = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
                        .e_type = ET_EXEC,
                        .e_machine = EM_S390};
    assert_verdict(make("s390", &other, sizeof other, 0755), PREFLIGHT_NOT_PRELOADABLE,
                   "another processor");
}

static void musl_programs_are_refused(void **state)
{
    (void)state;
    static const char loader[] = "/lib/ld-musl-x86_64.so.1";
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr interpreter;
        char name[sizeof loader];
    } elf = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
                   .e_type = ET_DYN,
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1},
        .interpreter = {.p_type = PT_INTERP,
                        .p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
                        .p_filesz = sizeof loader},
    };
#ifdef __x86_64__
    elf.header.e_machine = EM_X86_64;
#else
    elf.header.e_machine = EM_AARCH64;
#endif
    memcpy(elf.name, loader, sizeof loader);
    assert_verdict(make("musl", &elf, sizeof elf, 0755), PREFLIGHT_NOT_PRELOADABLE, "musl");
    elf.name[strlen("/lib/ld-")] = 'g';
    assert_verdict(make("gusl", &elf, sizeof elf, 0755), PREFLIGHT_OK, "");
}

static void elf_files_cut_at_each_byte_get_some_verdict(void **state)
{
    (void)state;
    struct text whole = TEXT_INIT;
    file_read("/bin/true", &whole);
    for (size_t size = 0; size < 1024; size += size < 80 ? 1 : 29) {
        struct preflight p;
        preflight_check(&p, make("cut", whole.data, size, 0755));
        assert_true(p.verdict == PREFLIGHT_OK || p.verdict == PREFLIGHT_NOT_PRELOADABLE);
    }
    text_release(&whole);
}

/* Only a bit that changes who one is matters: root's own set-user-ID file does not. */
static void programs_that_change_the_user_are_refused(void **state)
{
    (void)state;
    const char *path = make_script("privileged", "#!/bin/sh\n");
    assert_int_equal(chmod(path, 04755), 0);
    assert_verdict(path, PREFLIGHT_OK, "");
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(path, 65534, 0), 0);
    assert_int_equal(chmod(path, 04755), 0);
    assert_verdict(path, PREFLIGHT_NOT_PRELOADABLE, "set-user-ID");
    assert_int_equal(chown(path, 0, 65534), 0);
    assert_int_equal(chmod(path, 02755), 0);
    assert_verdict(path, PREFLIGHT_NOT_PRELOADABLE, "set-group-ID");
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_begin, folder_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(command_that_is_not_there_is_not_found),
        FOLDER_TEST(what_cannot_be_executed_is_told_apart),
        FOLDER_TEST(command_is_looked_up_in_path),
        FOLDER_TEST(ordinary_programs_and_scripts_are_fine),
        FOLDER_TEST(programs_without_a_loader_are_refused),
        FOLDER_TEST(scripts_are_followed_to_their_interpreter),
        FOLDER_TEST(scripts_that_never_end_are_left_to_the_kernel),
        FOLDER_TEST(programs_of_other_kinds_are_refused_by_name),
        FOLDER_TEST(musl_programs_are_refused),
        FOLDER_TEST(elf_files_cut_at_each_byte_get_some_verdict),
        FOLDER_TEST(programs_that_change_the_user_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
