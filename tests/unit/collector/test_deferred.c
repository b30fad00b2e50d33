/* SPDX-License-Identifier: MIT */
/*
 * test_deferred.c - libunwind on a copied stack finds what our own walker finds in place.
 */
#include "profiler/collector/deferred.h"
#include "profiler/unwind/unwind.h"
#include "tests/unit/recording/recording_fixture.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

enum { STACK_BYTES = 12 * 1024, DEPTH = 12 };

struct taken {
    struct unwind_registers registers;
    uint8_t stack[STACK_BYTES];
    size_t size;
    uint64_t addresses[DEFERRED_FRAMES];
    uint32_t count;
    uint8_t stop;
};

/* Past the sanitizer, which would object to reading other functions' variables. */
static bool read_own(void *context, uint64_t address, void *bytes, size_t size)
{
    (void)context;
    struct iovec local = {bytes, size}, remote = {(void *)(uintptr_t)address, size};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

static bool find_module(uint64_t address, struct unwind_module *module)
{
    struct dl_find_object found;
    if (_dl_find_object((void *)(uintptr_t)address, &found) != 0 || !found.dlfo_eh_frame)
        return false;
    *module = (struct unwind_module){
        .start = (uint64_t)(uintptr_t)found.dlfo_map_start,
        .end = (uint64_t)(uintptr_t)found.dlfo_map_end,
        .eh_frame_hdr = (uint64_t)(uintptr_t)found.dlfo_eh_frame,
    };
    return true;
}

static void walk_in_place(struct taken *taken)
{
    static struct unwind_cache cache;
    const struct unwind_modules modules = {.find_more = find_module};
    const struct unwind_memory memory = {.read = read_own};
    struct unwind_walk walk;
    unwind_walk_begin(&walk, &modules, &memory, &cache, &taken->registers);
    do
        taken->addresses[taken->count++] = unwind_walk_address(&walk);
    while (taken->count < DEFERRED_FRAMES && unwind_walk_step(&walk));
    taken->stop = walk.stop;
}

static __attribute__((noinline)) void take(struct taken *taken)
{
    ucontext_t context;
    getcontext(&context);
    unwind_registers_from_ucontext(&taken->registers, &context);
    uint64_t sp = taken->registers.value[UNWIND_STACK_POINTER];
    for (taken->size = STACK_BYTES; !read_own(NULL, sp, taken->stack, taken->size);)
        taken->size -= 256;
    walk_in_place(taken);
}

static __attribute__((noinline)) int descend(struct taken *taken, int depth)
{
    if (depth == 0) {
        take(taken);
        return 0;
    }
    int below = descend(taken, depth - 1);
    __asm__ volatile("" : "+r"(below));
    return below + 1;
}

struct fixture {
    struct recording_writer *writer;
    struct stack_table table;
    struct image image;
    struct taken taken;
    struct deferred *deferred;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    folder_begin(NULL);
    f->writer = recording_writer_create(folder_path("prof.data"), NULL);
    stack_table_init(&f->table, f->writer);
    recording_writer_put(f->writer, &(struct recording_record){.kind = RECORDING_SESSION});
    recording_writer_put(f->writer, &(struct recording_record){.kind = RECORDING_PROCESS});
    f->image = (struct image){.pid = getpid(), .pid_known = true, .pidfd = -1};
    image_read_maps(&f->image, &f->table, 1);
    f->deferred = deferred_new();
    descend(&f->taken, DEPTH);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    deferred_free(f->deferred);
    image_release(&f->image);
    stack_table_release(&f->table);
    recording_writer_close(f->writer, NULL);
    free(f);
    return folder_end(NULL);
}

static struct deferred_walk walk_of(const struct fixture *f)
{
    struct deferred_walk walk = {
        .image = &f->image,
        .table = &f->table,
        .stack_pointer = f->taken.registers.value[UNWIND_STACK_POINTER],
        .stack = f->taken.stack,
        .stack_size = f->taken.size,
    };
    memcpy(walk.registers, f->taken.registers.value, sizeof walk.registers);
    return walk;
}

static void copied_stack_gives_the_same_frames(void **state)
{
    struct fixture *f = *state;
    uint64_t addresses[DEFERRED_FRAMES];
    uint8_t stop;
    struct deferred_walk walk = walk_of(f);
    for (int turn = 0; turn < 2; turn++) {
        uint32_t count = deferred_run(f->deferred, &walk, addresses, &stop);
        assert_int_equal(f->taken.stop, UNWIND_COMPLETE);
        assert_true(count > DEPTH);
        assert_int_equal(count, f->taken.count);
        assert_memory_equal(addresses, f->taken.addresses, count * sizeof *addresses);
        assert_int_equal(stop, RECORDING_STOP_COMPLETE);
    }
}

/* Less and less of the stack: what is there is walked, and the end is never called complete. */
static void shorter_copies_give_shorter_stacks(void **state)
{
    struct fixture *f = *state;
    uint64_t addresses[DEFERRED_FRAMES];
    uint8_t stop;
    uint32_t last = f->taken.count;
    struct deferred_walk walk = walk_of(f);
    for (size_t size = 1024;; size /= 2) {
        walk.stack_size = size;
        uint32_t count = deferred_run(f->deferred, &walk, addresses, &stop);
        assert_true(count >= 1 && count <= last);
        assert_memory_equal(addresses, f->taken.addresses, count * sizeof *addresses);
        assert_int_not_equal(stop, RECORDING_STOP_COMPLETE);
        last = count;
        if (size == 0)
            return;
    }
}

static void address_in_no_module_is_a_stack_of_one(void **state)
{
    struct fixture *f = *state;
    uint64_t addresses[DEFERRED_FRAMES];
    uint8_t stop;
    struct deferred_walk walk = walk_of(f);
    walk.registers[DEFERRED_REGISTERS - 1] = 0x10;
    walk.registers[UNWIND_RBP] = 0x11; // libunwind would go on with a frame pointer
    assert_int_equal(deferred_run(f->deferred, &walk, addresses, &stop), 1);
    assert_int_equal(addresses[0], 0x10);
    assert_int_not_equal(stop, RECORDING_STOP_COMPLETE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(copied_stack_gives_the_same_frames, begin, end),
        cmocka_unit_test_setup_teardown(shorter_copies_give_shorter_stacks, begin, end),
        cmocka_unit_test_setup_teardown(address_in_no_module_is_a_stack_of_one, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
