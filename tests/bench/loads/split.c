/* SPDX-License-Identifier: MIT */
/*
 * split.c - functions that share the CPU time in a known way.
 *
 *     split THREADS MIXED SECONDS FILE
 *
 * Each thread calls the functions in random order until it has used SECONDS of CPU time, and counts
 * for each what it took by the thread's clock. MIXED is 1: half of the time goes to system calls.
 * FILE gets a line for each function: name, and share of all that was counted.
 */
#include "tests/bench/loads/busy.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FUNCTIONS = 5 };

#define PART(name)                                                                                 \
    static __attribute__((noinline)) void name(unsigned amount)                                    \
    {                                                                                              \
        busy_rounds((uint64_t)amount * 100);                                                       \
        __asm__ volatile("");                                                                      \
    }
PART(part_half)
PART(part_third)
PART(part_sixth)
PART(part_rest)

static __attribute__((noinline)) void part_kernel(unsigned amount)
{
    static __thread char buffer[64 * 1024];
    static __thread int zero = -1;
    if (zero < 0)
        zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    for (unsigned i = 0; i < amount / 32; i++) {
        if (read(zero, buffer, sizeof buffer) != (ssize_t)sizeof buffer)
            abort();
    }
}

// static: the threads share them
static const struct part {
    const char *name;
    void (*run)(unsigned amount);
    unsigned amount; /* on average */
} parts[FUNCTIONS] = {
    {"part_half", part_half, 2500},     {"part_third", part_third, 1500},
    {"part_sixth", part_sixth, 750},    {"part_rest", part_rest, 250},
    {"part_kernel", part_kernel, 5000},
};
static int used;
static double seconds, counted[FUNCTIONS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *seed_pointer)
{
    unsigned seed = (unsigned)(uintptr_t)seed_pointer;
    double mine[FUNCTIONS] = {0}, begin = busy_thread_seconds(), now = begin;
    while (now - begin < seconds) {
        int i = rand_r(&seed) % used;
        // lengths of all kinds, so that no rhythm of the program meets one of the clock
        parts[i].run(parts[i].amount / 2 + (unsigned)rand_r(&seed) % parts[i].amount);
        double before = now;
        now = busy_thread_seconds();
        mine[i] += now - before;
    }
    pthread_mutex_lock(&lock);
    for (int i = 0; i < FUNCTIONS; i++)
        counted[i] += mine[i];
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void write_down(const char *path)
{
    double sum = 0;
    FILE *file = fopen(path, "w");
    if (!file)
        abort();
    for (int i = 0; i < used; i++)
        sum += counted[i];
    for (int i = 0; i < used; i++)
        fprintf(file, "%s %.6f\n", parts[i].name, counted[i] / sum);
    fclose(file);
}

int main(int argc, char **argv)
{
    pthread_t threads[64];
    if (argc != 5 || atoi(argv[1]) > 64) {
        fprintf(stderr, "usage: split THREADS MIXED SECONDS FILE\n");
        return 2;
    }
    int count = atoi(argv[1]);
    used = atoi(argv[2]) ? FUNCTIONS : FUNCTIONS - 1;
    seconds = atof(argv[3]);
    unsigned seed = (unsigned)busy_monotonic_ns();
    for (int i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)(seed + (unsigned)i)) != 0)
            abort();
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    write_down(argv[4]);
    return 0;
}
