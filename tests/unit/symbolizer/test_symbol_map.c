/* SPDX-License-Identifier: MIT */
/*
 * test_symbol_map.c - maps as JIT compilers and the kernel write them, and as nobody should.
 */
#include "symbolizer/symbol_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct symbol_map jit(const char *text)
{
    struct symbol_map map;
    symbol_map_parse_jit(&map, bytes_of(text, strlen(text)));
    return map;
}

static void expect(const struct symbol_map *map, uint64_t address, const char *name)
{
    const struct symbol_map_entry *entry = symbol_map_find(map, address);
    if (!name) {
        assert_null(entry);
        return;
    }
    assert_non_null(entry);
    assert_int_equal(entry->name_size, strlen(name));
    assert_memory_equal(entry->name, name, entry->name_size);
}

static void functions_are_found_from_first_to_last_byte(void **state)
{
    (void)state;
    struct symbol_map map = jit("7f0000001000 20 LazyCompile:*sum /a b.js:3\n"
                                "0x7f0000002000 0x10 second\n");
    assert_int_equal(map.count, 2);
    expect(&map, 0x7f0000000fff, NULL);
    expect(&map, 0x7f0000001000, "LazyCompile:*sum /a b.js:3");
    expect(&map, 0x7f000000101f, "LazyCompile:*sum /a b.js:3");
    expect(&map, 0x7f0000001020, NULL);
    expect(&map, 0x7f000000200f, "second");
    symbol_map_release(&map);
}

static void later_line_replaces_earlier_one(void **state)
{
    (void)state;
    struct symbol_map map = jit("1000 100 old\n1000 80 new\n1040 8 newest\n");
    expect(&map, 0x1000, "new");
    expect(&map, 0x1044, "newest");
    expect(&map, 0x1048, "new");
    expect(&map, 0x1080, "old");
    symbol_map_release(&map);
}

static void damaged_lines_are_passed_over(void **state)
{
    (void)state;
    struct symbol_map map =
        jit("\n1000\n1000 10\n1000 10 \nxyz 10 a\n1000 0 empty\n"
            "ffffffffffffffff 10 wraps\n11112222333344445 10 long\n2000 10 good");
    assert_int_equal(map.count, 1);
    expect(&map, 0x2000, "good");
    expect(&map, 0x1000, NULL);
    symbol_map_release(&map);
}

static void functions_of_the_kernel_reach_to_the_next_one(void **state)
{
    static const char text[] = "ffffffff81000000 T _stext\n"
                               "ffffffff81000100 t do_one [module]\n"
                               "ffffffff81000180 d data\n"
                               "ffffffff81000200 W last\n";
    struct symbol_map map;
    (void)state;
    symbol_map_parse_kallsyms(&map, bytes_of(text, sizeof text - 1));
    expect(&map, 0xffffffff81000000, "_stext");
    expect(&map, 0xffffffff810001ff, "do_one [module]");
    expect(&map, 0xffffffff81000300, "last");
    expect(&map, 0x1000, NULL);
    symbol_map_release(&map);
}

static void addresses_that_the_kernel_hides_name_nothing(void **state)
{
    static const char text[] = "0000000000000000 T _stext\n0000000000000000 T second\n";
    struct symbol_map map;
    (void)state;
    symbol_map_parse_kallsyms(&map, bytes_of(text, sizeof text - 1));
    assert_int_equal(map.count, 0);
    symbol_map_release(&map);
}

static void only_regular_files_are_opened(void **state)
{
    struct symbol_map map;
    struct error error;
    (void)state;
    unlink("map.fifo");
    unlink("map.link");
    assert_int_equal(mkfifo("map.fifo", 0600), 0);
    assert_int_equal(symlink("/etc/passwd", "map.link"), 0);
    assert_int_equal(symbol_map_open(&map, "map.fifo", 0, &error), -1);
    assert_non_null(strstr(error.text, "not a file of yours"));
    assert_int_equal(symbol_map_open(&map, "map.link", 0, &error), -1);
    assert_int_equal(symbol_map_open(&map, "map.missing", 0, &error), -1);
    FILE *file = fopen("map.good", "w");
    assert_non_null(file);
    fputs("1000 10 good\n", file);
    fclose(file);
    assert_int_equal(symbol_map_open(&map, "map.good", 0, &error), 0);
    expect(&map, 0x1001, "good");
    symbol_map_release(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_found_from_first_to_last_byte),
        cmocka_unit_test(later_line_replaces_earlier_one),
        cmocka_unit_test(damaged_lines_are_passed_over),
        cmocka_unit_test(functions_of_the_kernel_reach_to_the_next_one),
        cmocka_unit_test(addresses_that_the_kernel_hides_name_nothing),
        cmocka_unit_test(only_regular_files_are_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
