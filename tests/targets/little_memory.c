/* SPDX-License-Identifier: MIT */
/*
 * little_memory - leaves itself 16 MiB of address space, uses it up, and goes on working.
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SPARE = 16 << 20, BLOCK = 1 << 20 };

static void *spin(void *argument)
{
    target_spin_ms(50);
    return argument;
}

static size_t address_space_bytes(void)
{
    size_t pages = 0;
    FILE *stream = fopen("/proc/self/statm", "r");
    TARGET_CHECK(stream && fscanf(stream, "%zu", &pages) == 1);
    fclose(stream);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

int main(void)
{
    struct rlimit limit;
    pthread_attr_t attributes;
    pthread_t thread;
    void *blocks[SPARE / BLOCK + 1] = {0};
    int count = 0;
    limit.rlim_cur = limit.rlim_max = address_space_bytes() + SPARE;
    TARGET_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    while (count <= SPARE / BLOCK && (blocks[count] = malloc(BLOCK)))
        memset(blocks[count++], 1, BLOCK);
    puts(count <= SPARE / BLOCK ? "out of memory" : "more memory than there is");
    target_spin_ms(100);
    while (count > 0)
        free(blocks[--count]);
    TARGET_CHECK(pthread_attr_init(&attributes) == 0);
    TARGET_CHECK(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
    for (int i = 0; i < 4; i++) {
        TARGET_CHECK(pthread_create(&thread, &attributes, spin, NULL) == 0);
        TARGET_CHECK(pthread_join(thread, NULL) == 0);
    }
    puts("worked on");
    return 0;
}
