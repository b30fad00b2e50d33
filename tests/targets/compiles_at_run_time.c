/* SPDX-License-Identifier: MIT */
/*
 * compiles_at_run_time - a JIT compiler in small: makes two functions, one after the other at the
 * same address, runs each for N ms of CPU time (200 by default) and says so as perf wants it: in
 * jit-PID.dump, mapped executable, or with "map" as second argument in /tmp/perf-PID.map, which
 * knows no time, under one name. With "unmapped" it does not map the dump.
 */
#include "tests/targets/target.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
/* push %rbp; mov %rsp,%rbp; again: dec %edi; jne again; pop %rbp; ret */
static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xcf, 0x75, 0xfc, 0x5d, 0xc3};
enum { LOOP = 4 }; // where the loop begins
#else
/* stp x29,x30,[sp,-16]!; mov x29,sp; again: subs w0,w0,1; b.ne again; ldp x29,x30,[sp],16; ret */
static const uint32_t code[] = {0xa9bf7bfd, 0x910003fd, 0x71000400,
                                0x54ffffe1, 0xa8c17bfd, 0xd65f03c0};
enum { LOOP = 8 };
#endif

static void put(FILE *out, uint64_t value, size_t size)
{
    TARGET_CHECK(fwrite(&value, size, 1, out) == 1); // little-endian machines
}

static FILE *open_dump(int is_mapped)
{
    char path[64];
    snprintf(path, sizeof path, "jit-%d.dump", (int)getpid());
    FILE *out = fopen(path, "w+");
    TARGET_CHECK(out);
    put(out, 0x4a695444, 4);
    put(out, 1, 4);
    put(out, 40, 4);
    put(out, 62, 4);
    put(out, 0, 4);
    put(out, (uint64_t)getpid(), 4);
    put(out, (uint64_t)target_clock_ns(CLOCK_MONOTONIC), 8);
    put(out, 0, 8);
    TARGET_CHECK(fflush(out) == 0);
    if (is_mapped)
        TARGET_CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(out), 0) !=
                     MAP_FAILED);
    return out;
}

static void put_record(FILE *out, uint32_t kind, size_t size)
{
    put(out, kind, 4);
    put(out, 16 + size, 4);
    put(out, (uint64_t)target_clock_ns(CLOCK_MONOTONIC), 8);
}

static void tell(FILE *out, const void *at, const char *name, uint32_t line)
{
    static const char file[] = "made_up.src";
    uint64_t address = (uint64_t)(uintptr_t)at;
    put_record(out, 2, 16 + 2 * (16 + sizeof file));
    put(out, address, 8);
    put(out, 2, 8);
    for (uint32_t i = 0; i < 2; i++) {
        put(out, address + i * LOOP, 8);
        put(out, line + i, 4);
        put(out, 0, 4);
        TARGET_CHECK(fwrite(file, sizeof file, 1, out) == 1);
    }
    put_record(out, 0, 40 + strlen(name) + 1 + sizeof code);
    put(out, (uint64_t)getpid(), 8);
    put(out, address, 8);
    put(out, address, 8);
    put(out, sizeof code, 8);
    put(out, line, 8); // a number of its own
    TARGET_CHECK(fwrite(name, strlen(name) + 1, 1, out) == 1);
    TARGET_CHECK(fwrite(code, sizeof code, 1, out) == 1);
    TARGET_CHECK(fflush(out) == 0);
}

static void run_ms(void *at, int ms)
{
    void (*function)(uint32_t count);
    memcpy(&function, &at, sizeof function);
    int64_t end = target_clock_ns(CLOCK_THREAD_CPUTIME_ID) + (int64_t)ms * 1000000;
    while (target_clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
        function(100000);
}

int main(int argc, char **argv)
{
    int ms = target_number(argc, argv, 200);
    const char *how = argc > 2 ? argv[2] : "";
    void *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TARGET_CHECK(at != MAP_FAILED);
    memcpy(at, code, sizeof code);
    __builtin___clear_cache(at, (char *)at + sizeof code);
    if (strcmp(how, "map") == 0) {
        char path[64];
        snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
        FILE *out = fopen(path, "w");
        TARGET_CHECK(out && fprintf(out, "%lx %zx made_by_hand\n", (long)at, sizeof code) > 0);
        fclose(out);
        run_ms(at, ms);
        printf("%s\n", path);
        return 0;
    }
    FILE *out = open_dump(strcmp(how, "unmapped") != 0);
    tell(out, at, "first_code", 10);
    run_ms(at, ms);
    tell(out, at, "second_code", 20);
    run_ms(at, ms);
    fclose(out);
    printf("ran two functions\n");
    return 0;
}
