/* SPDX-License-Identifier: MIT */
/*
 * unloads_early - closes a library that was loaded before main, and runs code of its own at the
 * address where that library's code was, with nothing readable around it.
 */
#include "tests/targets/loads_early.h"
#include "tests/targets/target.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A loop that may be copied anywhere: void loop(uint64_t turns). Four cycles a turn or so. */
__asm__(".pushsection .rodata\n"
        "unloads_early_loop:\n"
        "0:  pause\n"
        "    dec %rdi\n"
        "    jnz 0b\n"
        "    ret\n"
        "unloads_early_loop_end:\n"
        ".popsection\n");
extern const unsigned char unloads_early_loop[] __attribute__((visibility("hidden")));
extern const unsigned char unloads_early_loop_end[] __attribute__((visibility("hidden")));

enum { TURNS = 5000000 };

/* Of a loaded object, whole pages. */
struct range {
    uintptr_t code; /* an address in it */
    uintptr_t start, end;
};

static int find_range(struct dl_phdr_info *object, size_t size, void *argument)
{
    struct range *range = argument;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = UINTPTR_MAX, end = 0;
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t from = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD)
            continue;
        start = from < start ? from : start;
        end = from + segment->p_memsz > end ? from + segment->p_memsz : end;
    }
    if (range->code < start || range->code >= end)
        return 0;
    range->start = start & -page;
    range->end = (end + page - 1) & -page;
    return 1;
}

static void run_loop_at(uintptr_t address)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *code = (void *)address;
    TARGET_CHECK(mprotect((void *)(address & -page), page, PROT_READ | PROT_WRITE | PROT_EXEC) ==
                 0);
    memcpy(code, unloads_early_loop, (size_t)(unloads_early_loop_end - unloads_early_loop));
    ((void (*)(uint64_t))code)(TURNS);
}

int main(void)
{
    struct range range;
    TARGET_CHECK(loads_early_handle);
    range.code = (uintptr_t)dlsym(loads_early_handle, "plugged_work");
    TARGET_CHECK(range.code);
    TARGET_CHECK(dl_iterate_phdr(find_range, &range) == 1);
    target_spin_ms(50);
    TARGET_CHECK(dlclose(loads_early_handle) == 0);
    void *start = (void *)range.start;
    void *got = mmap(start, range.end - range.start, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    TARGET_CHECK(got == start);
    run_loop_at(range.code);
    puts("the loop came to its end");
    return 0;
}
