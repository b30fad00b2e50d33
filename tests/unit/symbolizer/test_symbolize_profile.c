/* SPDX-License-Identifier: MIT */
/*
 * test_symbolize_profile.c - a profile's frames get their functions.
 */
#include "symbolizer/symbolize_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiled.h"
#include "jitdump_writer.h"

#include "profiler/base/clock.h"
#include "symbolizer/own_vdso.h"

static int build_base(void **state)
{
    (void)state;
    run("%s -g -O2 -Wl,--build-id -o base %s/matrix_c.c", GCC, SOURCES);
    return 0;
}

static uint32_t add_module(struct profile *profile, const char *path, uint8_t kind)
{
    struct profile_module *module =
        array_push(&profile->modules, &profile->module_count, &profile->module_capacity);
    module->path = string_table_add_string(&profile->strings, path);
    module->kind = kind;
    return profile->module_count - 1;
}

static uint32_t add_frame(struct profile *profile, uint32_t module, uint64_t address,
                          uint32_t flags)
{
    struct profile_frame *frame =
        array_push(&profile->frames, &profile->frame_count, &profile->frame_capacity);
    *frame = (struct profile_frame){.module = module, .flags = flags, .address = address};
    return profile->frame_count - 1;
}

static void symbolize(struct profile *profile, const struct symbolize_options *options)
{
    struct error error;
    assert_int_equal(symbolize_profile(profile, options, &error), 0);
    assert_true(profile->symbolized);
    for (uint32_t i = 0; i < profile->frame_count; i++) {
        const struct profile_frame *frame = &profile->frames[i];
        assert_true(frame->line_count > 0);
        assert_true(frame->first_line + frame->line_count <= profile->line_count);
        for (uint32_t l = 0; l < frame->line_count; l++)
            assert_true(profile->lines[frame->first_line + l].function < profile->function_count);
    }
}

static const struct profile_function *function_of(const struct profile *profile, uint32_t frame,
                                                  uint32_t line)
{
    assert_true(line < profile->frames[frame].line_count);
    uint32_t first = profile->frames[frame].first_line;
    return &profile->functions[profile->lines[first + line].function];
}

static void expect_name(const struct profile *profile, uint32_t frame, uint32_t line,
                        const char *name)
{
    assert_string_equal(
        string_table_get(&profile->strings, function_of(profile, frame, line)->name), name);
}

/* An address of with_loop in two inlined functions. */
static uint64_t inlined_address(void)
{
    struct symbol_module module = {.path = "./base"};
    struct elf_symbol symbol = symbol_of("base", "with_loop");
    for (uint64_t address = symbol.value; address < symbol.value + symbol.size; address++) {
        struct answer answer = ask(&module, "nowhere", &address, 1);
        uint32_t depth = answer.result.chains[0].frame_count;
        answer_release(&answer);
        if (depth == 3)
            return address;
    }
    fail_msg("nothing is inlined twice");
    return 0;
}

static void inlined_calls_become_lines_innermost_first(void **state)
{
    struct profile profile;
    (void)state;
    profile_init(&profile);
    uint32_t base = add_module(&profile, "./base", RECORDING_MODULE_ELF);
    uint32_t frame = add_frame(&profile, base, inlined_address(), 0);
    symbolize(&profile, NULL);
    assert_int_equal(profile.frames[frame].line_count, 3);
    expect_name(&profile, frame, 0, "innermost");
    expect_name(&profile, frame, 1, "middle");
    expect_name(&profile, frame, 2, "with_loop");
    assert_int_equal(function_of(&profile, frame, 0)->line, 9);
    assert_int_equal(function_of(&profile, frame, 1)->line, 15);
    assert_int_equal(function_of(&profile, frame, 2)->line, 39);
    assert_int_equal(profile.lines[profile.frames[frame].first_line + 2].line, 45);
    assert_int_equal(function_of(&profile, frame, 2)->module, base);
    assert_string_equal(profile_string(&profile, profile.modules[base].symbol_source),
                        "DWARF in ./base");
    profile_release(&profile);
}

static void without_inlines_only_the_real_function_stays(void **state)
{
    struct profile profile;
    struct symbolize_options options = {.no_inlines = true};
    (void)state;
    profile_init(&profile);
    uint32_t base = add_module(&profile, "./base", RECORDING_MODULE_ELF);
    uint32_t frame = add_frame(&profile, base, inlined_address(), 0);
    symbolize(&profile, &options);
    assert_int_equal(profile.frames[frame].line_count, 1);
    expect_name(&profile, frame, 0, "with_loop");
    assert_int_equal(profile.lines[profile.frames[frame].first_line].line, 45);
    profile_release(&profile);
}

/* The address after a call that ends a function is already the next function's. */
static void return_address_is_looked_up_at_its_call(void **state)
{
    struct profile profile;
    (void)state;
    profile_init(&profile);
    uint32_t base = add_module(&profile, "./base", RECORDING_MODULE_ELF);
    struct elf_symbol loop = symbol_of("base", "with_loop");
    uint32_t leaf = add_frame(&profile, base, loop.value, 0);
    uint32_t returned = add_frame(&profile, base, loop.value + loop.size, RECORDING_FRAME_RETURN);
    uint32_t not_a_call = add_frame(&profile, base, loop.value + loop.size, 0);
    uint32_t zero = add_frame(&profile, base, 0, RECORDING_FRAME_RETURN);
    symbolize(&profile, NULL);
    expect_name(&profile, leaf, 0, "with_loop");
    assert_ptr_equal(function_of(&profile, returned, profile.frames[returned].line_count - 1),
                     function_of(&profile, leaf, 0));
    assert_ptr_not_equal(function_of(&profile, not_a_call, 0), function_of(&profile, leaf, 0));
    expect_name(&profile, zero, 0, "base+0x0");
    profile_release(&profile);
}

static void functions_are_listed_once_per_module(void **state)
{
    struct profile profile;
    (void)state;
    profile_init(&profile);
    run("cp base copy");
    uint32_t base = add_module(&profile, "./base", RECORDING_MODULE_ELF);
    uint32_t copy = add_module(&profile, "./copy", RECORDING_MODULE_ELF);
    uint64_t loop = symbol_of("base", "with_loop").value;
    uint32_t first = add_frame(&profile, base, loop, 0);
    uint32_t other = add_frame(&profile, copy, loop, 0);
    uint32_t again = add_frame(&profile, base, loop + 1, RECORDING_FRAME_RETURN);
    uint32_t near = add_frame(&profile, base, loop + 1, 0);
    symbolize(&profile, NULL);
    assert_int_equal(profile.function_count, 2);
    assert_ptr_equal(function_of(&profile, first, 0), function_of(&profile, near, 0));
    assert_ptr_not_equal(function_of(&profile, first, 0), function_of(&profile, other, 0));
    assert_int_equal(profile.frames[first].first_line, profile.frames[again].first_line);
    profile_release(&profile);
}

static void symbols_that_are_there_are_replaced(void **state)
{
    struct profile profile;
    (void)state;
    profile_init(&profile);
    uint32_t base = add_module(&profile, "./base", RECORDING_MODULE_ELF);
    add_frame(&profile, base, inlined_address(), 0);
    symbolize(&profile, NULL);
    uint32_t functions = profile.function_count, lines = profile.line_count;
    symbolize(&profile, NULL);
    assert_int_equal(profile.function_count, functions);
    assert_int_equal(profile.line_count, lines);
    profile_release(&profile);
}

static void frames_without_a_file_have_names_too(void **state)
{
    struct profile profile;
    (void)state;
    profile_init(&profile);
    uint32_t kernel = add_module(&profile, "[kernel]", RECORDING_MODULE_KERNEL);
    uint32_t gone = add_module(&profile, "/no/such/libgone.so", RECORDING_MODULE_ELF);
    uint32_t nowhere = add_frame(&profile, PROFILE_NONE, 0x1234, 0);
    uint32_t other = add_frame(&profile, PROFILE_NONE, 0x5678, 0);
    uint32_t bad = add_frame(&profile, 17, 0x10, 0); // of no module of the table
    uint32_t in_kernel = add_frame(&profile, kernel, UINT64_MAX - 5, 0);
    uint32_t in_gone = add_frame(&profile, gone, 0x1230, 0);
    symbolize(&profile, NULL);
    expect_name(&profile, nowhere, 0, "[unknown]");
    assert_ptr_equal(function_of(&profile, nowhere, 0), function_of(&profile, other, 0));
    assert_ptr_equal(function_of(&profile, nowhere, 0), function_of(&profile, bad, 0));
    assert_int_equal(function_of(&profile, nowhere, 0)->module, PROFILE_NONE);
    expect_name(&profile, in_kernel, 0, "[kernel]");
    expect_name(&profile, in_gone, 0, "libgone.so+0x1230");
    assert_non_null(strstr(profile_string(&profile, profile.modules[gone].symbol_reason),
                           "cannot open /no/such/libgone.so"));
    profile_release(&profile);
}

/* A process with one thread, and a sample of it in the frame. */
static void add_sample(struct profile *profile, uint32_t pid, uint32_t frame)
{
    array_push(&profile->processes, &profile->process_count, &profile->process_capacity)->pid = pid;
    array_push(&profile->threads, &profile->thread_count, &profile->thread_capacity)->process =
        profile->process_count - 1;
    *array_push(&profile->stacks, &profile->stack_count, &profile->stack_capacity) =
        (struct profile_stack){.parent = PROFILE_NONE, .frame = frame};
    struct profile_sample *sample =
        array_push(&profile->samples, &profile->sample_count, &profile->sample_capacity);
    sample->thread = profile->thread_count - 1;
    sample->stack = profile->stack_count - 1;
}

static void set_host(struct profile *profile, const char *name)
{
    profile->host = string_table_add_string(&profile->strings, name);
    profile->start_unix_ns = UINT64_MAX; // since the kernel was started
}

static void write_file(const char *path, struct text *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->length, file), text->length);
    fclose(file);
    text_release(text);
}

static void code_of_a_jit_compiler_is_named_by_the_map_of_its_process(void **state)
{
    struct symbolize_options options = {.map_directory = "."};
    struct utsname system;
    (void)state;
    uname(&system);
    run("echo '1000 100 first' > perf-71.map; echo '1000 100 second' > perf-72.map");
    for (int is_here = 0; is_here < 2; is_here++) {
        struct profile profile;
        profile_init(&profile);
        set_host(&profile, is_here ? system.nodename : "elsewhere");
        uint32_t first = add_frame(&profile, PROFILE_NONE, 0x1010, 0);
        uint32_t second = add_frame(&profile, PROFILE_NONE, 0x1020, 0);
        uint32_t outside = add_frame(&profile, PROFILE_NONE, 0x2000, 0);
        add_sample(&profile, 71, first);
        add_sample(&profile, 72, second);
        add_sample(&profile, 72, outside);
        symbolize(&profile, &options);
        expect_name(&profile, first, 0, is_here ? "first" : "[unknown]");
        expect_name(&profile, second, 0, is_here ? "second" : "[unknown]");
        expect_name(&profile, outside, 0, "[unknown]");
        profile_release(&profile);
    }
}

/* Two processes with the same address; in the first one other code came there after 50 ns. */
static void code_of_a_jitdump_is_that_of_the_process_and_the_time(void **state)
{
    struct symbolize_options options = {.map_directory = "."};
    struct profile profile;
    struct utsname system;
    struct text dump = TEXT_INIT, lines = TEXT_INIT;
    (void)state;
    uname(&system);
    put_header(&dump, 81, 0);
    put_line(&lines, 0x1000, 7, "made.src");
    put_debug_info(&dump, 0x1000, 1, &lines);
    put_load(&dump, 10, 0x1000, 0x100, 1, "old");
    put_load(&dump, 50, 0x1000, 0x100, 2, "new");
    write_file("jit-81.dump", &dump);
    put_header(&dump, 82, 0);
    put_load(&dump, 10, 0x1000, 0x100, 1, "other");
    write_file("jit-82.dump", &dump);
    profile_init(&profile);
    set_host(&profile, system.nodename);
    uint32_t frame = add_frame(&profile, PROFILE_NONE, 0x1010, 0);
    for (uint32_t i = 0; i < 5; i++) {
        static const uint64_t times[] = {20, 60, 60, 5, 60};
        static const uint32_t pids[] = {81, 81, 82, 81, 83}; // the last one left nothing
        add_sample(&profile, pids[i], frame);
        profile.samples[i].time_ns = times[i];
    }
    for (int again = 0; again < 2; again++) {
        symbolize(&profile, &options);
        static const char *const names[] = {"old", "new", "other", "old", "[unknown]"};
        for (uint32_t i = 0; i < 5; i++)
            expect_name(&profile, profile.stacks[profile.samples[i].stack].frame, 0, names[i]);
        uint32_t first = profile.frames[profile.stacks[profile.samples[0].stack].frame].first_line;
        assert_int_equal(profile.lines[first].line, 7);
        assert_string_equal(profile_string(&profile, profile.lines[first].file), "made.src");
        assert_int_equal(profile.frame_count, 4);
    }
    profile_release(&profile);
}

/* Its number, but not its time: the number was given out again. */
static void jitdump_of_an_earlier_process_is_not_believed(void **state)
{
    struct symbolize_options options = {.map_directory = "."};
    struct utsname system;
    struct text dump = TEXT_INIT;
    (void)state;
    uname(&system);
    put_header(&dump, 84, 0);
    put_load(&dump, 100, 0x1000, 0x100, 1, "somebody's");
    write_file("jit-84.dump", &dump);
    for (int is_earlier = 0; is_earlier < 2; is_earlier++) {
        struct profile profile;
        profile_init(&profile);
        set_host(&profile, system.nodename);
        uint32_t frame = add_frame(&profile, PROFILE_NONE, 0x1010, 0);
        add_sample(&profile, 84, frame);
        profile.processes[0].start_ns = is_earlier ? 101 : 99;
        symbolize(&profile, &options);
        expect_name(&profile, frame, 0, is_earlier ? "[unknown]" : "somebody's");
        profile_release(&profile);
    }
}

static void forked_process_has_the_code_of_its_parent(void **state)
{
    struct symbolize_options options = {.map_directory = "."};
    struct profile profile;
    struct utsname system;
    (void)state;
    uname(&system);
    run("echo '1000 100 inherited' > perf-85.map");
    profile_init(&profile);
    set_host(&profile, system.nodename);
    uint32_t parents = add_frame(&profile, PROFILE_NONE, 0x2010, 0);
    uint32_t forked = add_frame(&profile, PROFILE_NONE, 0x1010, 0);
    uint32_t other = add_frame(&profile, PROFILE_NONE, 0x1020, 0);
    add_sample(&profile, 85, parents);
    add_sample(&profile, 86, forked);
    add_sample(&profile, 87, other);
    profile.processes[1].parent_pid = profile.processes[2].parent_pid = 85;
    profile.processes[2].executable = string_table_add_string(&profile.strings, "/bin/other");
    symbolize(&profile, &options);
    expect_name(&profile, parents, 0, "[unknown]");
    expect_name(&profile, forked, 0, "inherited");
    expect_name(&profile, other, 0, "[unknown]");
    profile_release(&profile);
}

/* The program has mapped its dump, wherever that is; the recording tells. What everybody may write
 * is not believed. */
static void jitdump_that_was_mapped_is_found_anywhere(void **state)
{
    enum { GONE, WRITABLE, GOOD };
    struct profile profile;
    struct utsname system;
    struct text dump = TEXT_INIT;
    (void)state;
    uname(&system);
    put_header(&dump, 1, 0); // its number in a container
    put_load(&dump, 100, 0x1000, 0x100, 1, "mapped");
    run("mkdir -p deep");
    write_file("deep/jit-1.dump", &dump);
    for (int is = GOOD; is >= GONE; is--) {
        profile_init(&profile);
        set_host(&profile, system.nodename);
        uint32_t frame = add_frame(&profile, PROFILE_NONE, 0x1010, 0);
        add_sample(&profile, 88, frame);
        uint32_t module = add_module(&profile, "deep/jit-1.dump", RECORDING_MODULE_ELF);
        *array_push(&profile.mappings, &profile.mapping_count, &profile.mapping_capacity) =
            (struct profile_mapping){.process = 0, .module = module};
        symbolize(&profile, NULL);
        expect_name(&profile, frame, 0, is == GOOD ? "mapped" : "[unknown]");
        assert_string_equal(profile_string(&profile, profile.modules[module].symbol_source),
                            is == GOOD ? "jitdump" : "");
        assert_int_equal(profile.modules[module].symbol_reason == 0, is == GOOD);
        profile_release(&profile);
        run(is == GOOD ? "chmod o+w deep/jit-1.dump" : "rm -f deep/jit-1.dump");
    }
}

enum { SECOND = 1000000000 };

static long began_unix; // the profile, in seconds

/* Two processes of one number, after another: from second 0 to 50, and from 100 on, each with a
 * sample at the same address. All of it was in the future, as tests may run
 * just after the machine was started. */
static void make_two(struct profile *profile, uint32_t pid)
{
    struct utsname system;
    profile_init(profile);
    uname(&system);
    set_host(profile, system.nodename);
    profile->start_ns = clock_read_ns(CLOCK_MONOTONIC) + (uint64_t)1000 * SECOND;
    profile->start_unix_ns = clock_read_ns(CLOCK_REALTIME) + (uint64_t)1000 * SECOND;
    began_unix = (long)(profile->start_unix_ns / SECOND);
    uint32_t frame = add_frame(profile, PROFILE_NONE, 0x1010, 0);
    for (uint32_t i = 0; i < 2; i++) {
        add_sample(profile, pid, frame);
        profile->processes[i].start_ns = profile->start_ns + (uint64_t)i * 100 * SECOND;
        profile->samples[i].time_ns = profile->processes[i].start_ns + SECOND;
    }
    profile->processes[0].end_ns = profile->start_ns + (uint64_t)50 * SECOND;
}

/* By that second of the profile. */
static void write_by(const char *path, const char *text, int second)
{
    run("echo '%s' >%s && touch -d @%ld %s", text, path, began_unix + second, path);
}

static void expect_two(struct profile *profile, const struct symbolize_options *options,
                       const char *first, const char *second)
{
    symbolize(profile, options);
    expect_name(profile, profile->stacks[profile->samples[0].stack].frame, 0, first);
    expect_name(profile, profile->stacks[profile->samples[1].stack].frame, 0, second);
}

static void map_of_a_number_used_twice_is_that_of_who_had_it_when_it_was_written(void **state)
{
    struct symbolize_options options = {.map_directory = "."};
    struct profile profile;
    (void)state;
    make_two(&profile, 90);
    write_by("perf-90.map", "1000 100 left", -10);
    expect_two(&profile, &options, "[unknown]", "[unknown]");
    write_by("perf-90.map", "1000 100 left", 40);
    expect_two(&profile, &options, "left", "[unknown]");
    write_by("perf-90.map", "1000 100 left", 140);
    expect_two(&profile, &options, "[unknown]", "left");
    profile_release(&profile);
}

static const char *map_for_each(void *context, uint32_t process)
{
    (void)context;
    return process ? "./second.map" : "./first.map";
}

/* The second one may have been written over the first one. */
static void each_process_has_the_map_that_was_kept_of_it(void **state)
{
    struct symbolize_options options = {.map_directory = ".", .process_map = map_for_each};
    struct profile profile;
    (void)state;
    make_two(&profile, 91);
    write_by("perf-91.map", "1000 100 somebody", 140);
    write_by("first.map", "1000 100 first", 40);
    write_by("second.map", "1000 100 second", 140);
    expect_two(&profile, &options, "first", "second");
    write_by("first.map", "1000 100 second", 140);
    expect_two(&profile, &options, "[unknown]", "second");
    write_by("first.map", "1000 100 third", 60); // after the end of the first
    expect_two(&profile, &options, "[unknown]", "second");
    profile_release(&profile);
}

static const char *dump_for_each(void *context, uint32_t process)
{
    (void)context;
    return process ? "./second.dump" : "./first.dump";
}

static void write_dump(const char *path, uint64_t time, const char *name)
{
    struct text dump = TEXT_INIT;
    put_header(&dump, 1, 0); // its number in a container
    put_load(&dump, time, 0x1000, 0x100, 1, name);
    write_file(path, &dump);
}

static void each_process_has_the_jitdump_that_was_kept_of_it(void **state)
{
    struct symbolize_options options = {.map_directory = ".", .process_dump = dump_for_each};
    struct profile profile;
    (void)state;
    make_two(&profile, 92);
    uint64_t start = profile.start_ns;
    uint32_t module = add_module(&profile, "/elsewhere/jit-1.dump", RECORDING_MODULE_ELF);
    *array_push(&profile.mappings, &profile.mapping_count, &profile.mapping_capacity) =
        (struct profile_mapping){.process = 0, .module = module};
    write_dump("first.dump", start + SECOND / 2, "first");
    write_dump("second.dump", start + (uint64_t)100 * SECOND, "second");
    expect_two(&profile, &options, "first", "second");
    assert_string_equal(profile_string(&profile, profile.modules[module].symbol_source), "jitdump");
    write_dump("first.dump", 0, "timeless");
    expect_two(&profile, &options, "timeless", "second");
    write_dump("first.dump", start + (uint64_t)100 * SECOND, "second");
    expect_two(&profile, &options, "[unknown]", "second");
    assert_string_equal(profile_string(&profile, profile.modules[module].symbol_source), "");
    profile_release(&profile);
}

static void kernel_is_named_only_where_and_while_it_runs(void **state)
{
    struct symbolize_options options = {.kernel_map = "kernel.map"};
    struct utsname system;
    (void)state;
    uname(&system);
    run("echo 'ffffffff81000000 T do_syscall' > kernel.map");
    for (int is_now = 0; is_now < 2; is_now++) {
        struct profile profile;
        profile_init(&profile);
        set_host(&profile, system.nodename);
        profile.start_unix_ns = is_now ? UINT64_MAX : 1;
        uint32_t module = add_module(&profile, "[kernel]", RECORDING_MODULE_KERNEL);
        uint32_t frame = add_frame(&profile, module, 0xffffffff81000010, 0);
        symbolize(&profile, &options);
        expect_name(&profile, frame, 0, is_now ? "do_syscall" : "[kernel]");
        assert_int_equal(profile.modules[module].symbol_reason == 0, is_now);
        profile_release(&profile);
    }
}

/* Without addresses there is nothing that the kernel's symbols could tell, or be missed for. */
static void kernel_without_addresses_lacks_nothing(void **state)
{
    struct profile profile;
    struct symbolize_options options = {.kernel_map = "nowhere.map"};
    struct utsname here;
    (void)state;
    assert_int_equal(uname(&here), 0);
    profile_init(&profile);
    profile.host = string_table_add_string(&profile.strings, here.nodename);
    profile.start_unix_ns = UINT64_MAX;
    uint32_t module = add_module(&profile, "[kernel]", RECORDING_MODULE_KERNEL);
    uint32_t frame = add_frame(&profile, module, 0, 0);
    symbolize(&profile, &options);
    expect_name(&profile, frame, 0, "[kernel]");
    assert_int_equal(profile.modules[module].symbol_reason, 0);
    add_frame(&profile, module, UINT64_MAX - 5, 0);
    symbolize(&profile, &options);
    assert_int_not_equal(profile.modules[module].symbol_reason, 0);
    profile_release(&profile);
}

static void vdso_of_another_kernel_is_not_believed(void **state)
{
    struct profile profile;
    const void *image;
    size_t size;
    struct elf_image elf;
    (void)state;
    own_vdso(&image, &size);
    if (!image)
        skip();
    assert_int_equal(elf_image_init(&elf, image, size, NULL), 0);
    struct symbol_table table;
    symbol_table_init(&table, &elf, SHT_DYNSYM);
    struct elf_symbol symbol = symbol_table_get(&table, 1);
    profile_init(&profile);
    uint32_t own = add_module(&profile, "[vdso]", RECORDING_MODULE_VDSO);
    uint32_t other = add_module(&profile, "[vdso]", RECORDING_MODULE_VDSO);
    for (uint32_t i = 0; i < 2; i++) {
        profile.modules[i].build_id_size = (uint8_t)elf.build_id_size;
        memcpy(profile.modules[i].build_id, elf.build_id, elf.build_id_size);
    }
    profile.modules[other].build_id[0] ^= 1;
    uint32_t named = add_frame(&profile, own, symbol.value, 0);
    uint32_t nameless = add_frame(&profile, other, symbol.value, 0);
    symbolize(&profile, NULL);
    assert_int_equal(profile.modules[own].symbol_reason, 0);
    assert_int_not_equal(profile.modules[other].symbol_reason, 0);
    assert_null(strstr(string_table_get(&profile.strings, function_of(&profile, named, 0)->name),
                       "[vdso]+"));
    assert_non_null(strstr(
        string_table_get(&profile.strings, function_of(&profile, nameless, 0)->name), "[vdso]+"));
    profile_release(&profile);
    elf_image_release(&elf);
}

static void sysroot_is_put_before_paths(void **state)
{
    struct profile profile;
    struct symbolize_options options = {.sysroot = "root"};
    (void)state;
    run("mkdir -p root/opt && cp base root/opt/app");
    profile_init(&profile);
    uint32_t app = add_module(&profile, "/opt/app", RECORDING_MODULE_ELF);
    uint32_t frame = add_frame(&profile, app, symbol_of("base", "with_loop").value, 0);
    symbolize(&profile, &options);
    expect_name(&profile, frame, 0, "with_loop");
    assert_string_equal(profile_string(&profile, profile.modules[app].symbol_source),
                        "DWARF in root/opt/app");
    // and before the directory of debug files, as long as none is named
    run("d=root/usr/lib/debug/opt && mkdir -p $d && objcopy --only-keep-debug base $d/app.debug && "
        "objcopy --strip-all --add-gnu-debuglink=$d/app.debug base root/opt/app");
    symbolize(&profile, &options);
    assert_string_equal(profile_string(&profile, profile.modules[app].symbol_source),
                        "DWARF in root/usr/lib/debug/opt/app.debug");
    profile_release(&profile);
}

/* A sample of that weight whose innermost frame is this one. */
static void weigh_frame(struct profile *profile, uint32_t frame, uint64_t weight)
{
    *array_push(&profile->stacks, &profile->stack_count, &profile->stack_capacity) =
        (struct profile_stack){.parent = PROFILE_NONE, .frame = frame};
    *array_push(&profile->samples, &profile->sample_count, &profile->sample_capacity) =
        (struct profile_sample){.stack = profile->stack_count - 1, .weight = weight};
}

struct steps {
    char words[256];
};

static void note_step(void *context, const struct symbolize_step *step)
{
    struct steps *steps = context;
    size_t used = strlen(steps->words);
    snprintf(steps->words + used, sizeof steps->words - used, "%s %u/%u %.0f, ", step->module,
             step->done, step->all, step->percent);
}

static void modules_with_most_samples_come_first(void **state)
{
    struct profile profile;
    struct steps steps = {""};
    struct symbolize_options options = {.progress = note_step, .progress_context = &steps};
    (void)state;
    profile_init(&profile);
    static const char *const paths[] = {"few", "none", "most"};
    static const uint64_t weights[] = {1, 0, 3};
    for (int i = 0; i < 3; i++) {
        uint32_t frame =
            add_frame(&profile, add_module(&profile, paths[i], RECORDING_MODULE_ELF), 16, 0);
        if (weights[i])
            weigh_frame(&profile, frame, weights[i]);
    }
    symbolize(&profile, &options);
    assert_string_equal(steps.words, "most 0/3 75, few 1/3 25, none 2/3 0, ");
    profile_release(&profile);
}

static bool stop_at_once(void)
{
    return true;
}

static void nothing_is_fetched_any_more_when_that_is_stopped(void **state)
{
    struct profile profile;
    struct symbolize_options options = {.ask_debuginfod = true, .stop_fetching = stop_at_once};
    (void)state;
    run("mkdir -p bin && printf '#!/bin/sh\\necho >asked\\n' >bin/debuginfod-find && "
        "chmod +x bin/debuginfod-find && strip -o stopped base && rm -f asked");
    char *before = memory_copy_string(getenv("PATH"));
    setenv("PATH", "bin:/usr/bin:/bin", 1);
    profile_init(&profile);
    weigh_frame(&profile,
                add_frame(&profile, add_module(&profile, "./stopped", RECORDING_MODULE_ELF),
                          symbol_of("base", "with_loop").value, 0),
                1);
    symbolize(&profile, &options);
    assert_int_not_equal(access("asked", F_OK), 0);
    options.stop_fetching = NULL;
    symbolize(&profile, &options);
    assert_int_equal(access("asked", F_OK), 0);
    setenv("PATH", before, 1);
    free(before);
    profile_release(&profile);
}

static void know_one_package(const char *const *paths, struct text *advices, uint32_t count)
{
    assert_int_equal(count, 2); // neither what is used little nor what has its symbols
    assert_string_equal(paths[0], "./stripped_b");
    assert_string_equal(paths[1], "./stripped_a");
    text_append_string(&advices[0], "install b-dbgsym");
}

static void expect_end(const struct profile *profile, uint32_t module, const char *end)
{
    const char *reason = profile_string(profile, profile->modules[module].symbol_reason);
    assert_true(strlen(reason) >= strlen(end));
    assert_string_equal(reason + strlen(reason) - strlen(end), end);
}

static void reasons_name_what_would_help_here(void **state)
{
    struct profile profile;
    struct symbolize_options options = {.advise = know_one_package};
    (void)state;
    run("strip -o stripped_a base && cp stripped_a stripped_b && cp stripped_a stripped_c");
    static const char *const paths[] = {"./stripped_a", "./stripped_b", "./stripped_c", "./base",
                                        "./gone"};
    static const uint64_t weights[] = {400, 500, 1, 400, 10};
    unsetenv("DEBUGINFOD_URLS");
    profile_init(&profile);
    for (int i = 0; i < 5; i++) {
        uint32_t module = add_module(&profile, paths[i], RECORDING_MODULE_ELF);
        weigh_frame(&profile, add_frame(&profile, module, symbol_of("base", "with_loop").value, 0),
                    weights[i]);
    }
    symbolize(&profile, &options);
    expect_end(&profile, 0, "; install its debug symbols or build with -g");
    expect_end(&profile, 1, "; install b-dbgsym");
    expect_end(&profile, 2, "; install its debug symbols or build with -g");
    assert_int_equal(profile.modules[3].symbol_reason, 0);
    expect_end(&profile, 4, "; 'prof symbolize --sysroot DIR' takes the right one from below DIR");
    setenv("DEBUGINFOD_URLS", "http://localhost:1", 1);
    symbolize(&profile, &options);
    expect_end(&profile, 1, "; install b-dbgsym"); // without a build-id nothing can be asked for
    unsetenv("DEBUGINFOD_URLS");
    profile_release(&profile);
}

static const char *base_for_all(void *context, uint32_t module)
{
    (void)context, (void)module;
    return "./base";
}

static void file_that_was_kept_is_read_where_the_path_leads_elsewhere(void **state)
{
    struct profile profile;
    struct symbolize_options options = {.module_file = base_for_all};
    (void)state;
    run("echo 'int x;' | %s -O2 -Wl,--build-id=none -x c -shared -o another -", GCC);
    profile_init(&profile);
    uint32_t gone = add_module(&profile, "./gone", RECORDING_MODULE_ELF);
    uint32_t replaced = add_module(&profile, "./another", RECORDING_MODULE_ELF);
    uint64_t address = symbol_of("base", "with_loop").value;
    uint32_t first = add_frame(&profile, gone, address, 0);
    uint32_t second = add_frame(&profile, replaced, address, 0);
    symbolize(&profile, &options);
    expect_name(&profile, first, 0, "with_loop");
    expect_name(&profile, second, 0, "with_loop");
    // one of another build is no better than none
    profile.modules[gone].build_id_size = 3;
    symbolize(&profile, &options);
    assert_null(strstr(profile_string(&profile, function_of(&profile, first, 0)->name), "with"));
    profile_release(&profile);
}

static void empty_profile_is_symbolized(void **state)
{
    struct profile profile;
    (void)state;
    profile_init(&profile);
    symbolize(&profile, NULL);
    assert_int_equal(profile.function_count, 0);
    profile_release(&profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inlined_calls_become_lines_innermost_first),
        cmocka_unit_test(without_inlines_only_the_real_function_stays),
        cmocka_unit_test(return_address_is_looked_up_at_its_call),
        cmocka_unit_test(functions_are_listed_once_per_module),
        cmocka_unit_test(symbols_that_are_there_are_replaced),
        cmocka_unit_test(frames_without_a_file_have_names_too),
        cmocka_unit_test(code_of_a_jit_compiler_is_named_by_the_map_of_its_process),
        cmocka_unit_test(code_of_a_jitdump_is_that_of_the_process_and_the_time),
        cmocka_unit_test(jitdump_of_an_earlier_process_is_not_believed),
        cmocka_unit_test(forked_process_has_the_code_of_its_parent),
        cmocka_unit_test(jitdump_that_was_mapped_is_found_anywhere),
        cmocka_unit_test(map_of_a_number_used_twice_is_that_of_who_had_it_when_it_was_written),
        cmocka_unit_test(each_process_has_the_map_that_was_kept_of_it),
        cmocka_unit_test(each_process_has_the_jitdump_that_was_kept_of_it),
        cmocka_unit_test(kernel_is_named_only_where_and_while_it_runs),
        cmocka_unit_test(kernel_without_addresses_lacks_nothing),
        cmocka_unit_test(vdso_of_another_kernel_is_not_believed),
        cmocka_unit_test(sysroot_is_put_before_paths),
        cmocka_unit_test(modules_with_most_samples_come_first),
        cmocka_unit_test(nothing_is_fetched_any_more_when_that_is_stopped),
        cmocka_unit_test(reasons_name_what_would_help_here),
        cmocka_unit_test(file_that_was_kept_is_read_where_the_path_leads_elsewhere),
        cmocka_unit_test(empty_profile_is_symbolized),
    };
    setenv("JITDUMPDIR", "nowhere", 1);
    setenv("DEBUGINFOD_CACHE_PATH", "nowhere", 1);
    run("rm -rf symbolize_profile && mkdir symbolize_profile");
    if (chdir("symbolize_profile") != 0)
        return 1;
    return cmocka_run_group_tests(tests, build_base, NULL);
}
