/* SPDX-License-Identifier: MIT */
/*
 * test_debug_packages.c - files are found in the records of package managers.
 */
#include "profiler/base/memory.h"
#include "profiler/cli/debug_packages.h"
#include "tests/unit/recording/recording_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void write_file(const char *name, const char *text, mode_t mode)
{
    const char *path = folder_path(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static int make_lists(void **state)
{
    int result = folder_begin(state);
    write_file("libc6:amd64.list", "/.\n/lib\n/lib/x86_64-linux-gnu/libc.so.6\n", 0644);
    write_file("libc6-dev:amd64.list", "/usr/lib/x86_64-linux-gnu/libc.so.6.txt\n", 0644);
    write_file("zlib1g:amd64.list", "/lib/x86_64-linux-gnu/libz.so.1.2.13\n", 0644);
    write_file("gzip.list", "/bin/gzip\n/bin/gzip-not\n", 0644);
    write_file("gzip.md5sums", "/usr/bin/other\n", 0644);
    write_file("notes.list", "see /bin/true\n/opt/usr/bin/true\n", 0644);
    write_file("openjdk-17-jre-headless:amd64.list", "/usr/lib/jvm/17/lib/server/libjvm.so\n",
               0644);
    return result;
}

static const struct debug_packages patient = {
    .dpkg_lists = "", .rpm_records = "", .patience_ms = 20000};

/* The advice for each path, separated by commas. */
static char *advise(const struct debug_packages *packages, const char *const *paths)
{
    struct text advices[8] = {0}, all = TEXT_INIT;
    uint32_t count = 0;
    while (paths[count])
        count++;
    debug_packages_advise(packages, paths, advices, count);
    for (uint32_t i = 0; i < count; i++) {
        text_printf(&all, "%s%s", i ? "," : "", advices[i].data ? advices[i].data : "");
        text_release(&advices[i]);
    }
    return text_take(&all);
}

static void expect(const struct debug_packages *packages, const char *const *paths,
                   const char *expected)
{
    char *advice = advise(packages, paths);
    assert_string_equal(advice, expected);
    free(advice);
}

static struct debug_packages of_dpkg(void)
{
    struct debug_packages packages = patient;
    packages.dpkg_lists = folder_path(".");
    return packages;
}

static void packages_of_files_are_found_in_the_lists_of_dpkg(void **state)
{
    (void)state;
    struct debug_packages packages = of_dpkg();
    expect(&packages,
           (const char *const[]){"/usr/lib/x86_64-linux-gnu/libz.so.1.2.13", "/usr/bin/gzip",
                                 "/home/me/app", NULL},
           "install zlib1g-dbgsym,install gzip-dbgsym,");
}

static void packages_with_symbols_of_another_name_are_known(void **state)
{
    (void)state;
    struct debug_packages packages = of_dpkg();
    expect(&packages,
           (const char *const[]){"/lib/x86_64-linux-gnu/libc.so.6",
                                 "/usr/lib/jvm/17/lib/server/libjvm.so", NULL},
           "install libc6-dbg,install openjdk-17-dbg");
}

static void only_whole_lines_of_lists_count(void **state)
{
    (void)state;
    struct debug_packages packages = of_dpkg();
    expect(&packages,
           (const char *const[]){"/usr/bin/true", "/bin/gzi", "/usr/bin/other",
                                 "/usr/lib/x86_64-linux-gnu/libc.so", NULL},
           ",,,");
}

static void nothing_is_read_after_the_deadline(void **state)
{
    (void)state;
    struct debug_packages packages = of_dpkg();
    packages.patience_ms = 0;
    char *advice = advise(&packages, (const char *const[]){"/usr/bin/gzip", NULL});
    assert_true(strcmp(advice, "") == 0 || strcmp(advice, "install gzip-dbgsym") == 0);
    free(advice);
}

static void rpm_is_asked_where_there_is_no_dpkg(void **state)
{
    (void)state;
    struct debug_packages packages = patient;
    char *before = memory_copy_string(getenv("PATH"));
    packages.dpkg_lists = "/nowhere";
    packages.rpm_records = "/";
    write_file("rpm",
               "#!/bin/sh\n[ \"$1$2$4\" = -qf--queryformat-- ] || exit 1\nshift 4\n"
               "case $* in *--pipe*) echo option-was-given; exit;; esac\n"
               "for path; do case $path in */libz.so.1) echo zlib-ng;;\n"
               "*) echo \"file $path is not owned by any package\";; esac; done\n",
               0755);
    struct text path = TEXT_INIT;
    text_printf(&path, "%s:%s", folder_path("."), before);
    setenv("PATH", path.data, 1);
    expect(&packages,
           (const char *const[]){"/home/me/app", "--pipe=id", "/usr/lib64/libz.so.1", NULL},
           ",,run 'debuginfo-install zlib-ng'");
    setenv("PATH", before, 1);
    free(before);
    text_release(&path);
}

/* A recording may say anything. */
static void paths_that_are_none_have_no_package(void **state)
{
    (void)state;
    struct debug_packages packages = of_dpkg();
    expect(&packages, (const char *const[]){"", "bin/gzip", "/usr/bin/gzip", NULL},
           ",,install gzip-dbgsym");
}

static void elsewhere_nothing_is_known(void **state)
{
    (void)state;
    const struct debug_packages packages = {"/nowhere", "/nowhere", 20000};
    expect(&packages, (const char *const[]){"/usr/bin/gzip", NULL}, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packages_of_files_are_found_in_the_lists_of_dpkg),
        cmocka_unit_test(packages_with_symbols_of_another_name_are_known),
        cmocka_unit_test(only_whole_lines_of_lists_count),
        cmocka_unit_test(nothing_is_read_after_the_deadline),
        cmocka_unit_test(rpm_is_asked_where_there_is_no_dpkg),
        cmocka_unit_test(paths_that_are_none_have_no_package),
        cmocka_unit_test(elsewhere_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, make_lists, folder_end);
}
