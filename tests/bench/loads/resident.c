/* SPDX-License-Identifier: MIT */
/*
 * resident.c - threads that work for a while, and then how much memory the process has.
 *
 *     resident THREADS SECONDS FILE
 *
 * FILE gets one line while all threads still live, in KiB: resident, shared and private of that
 * (/proc/self/smaps_rollup), and address space (/proc/self/statm).
 */
#include "tests/bench/loads/busy.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// static: the threads share them
static pthread_barrier_t worked, looked;
static double seconds;

static void *work(void *unused)
{
    double end = busy_thread_seconds() + seconds;
    while (busy_thread_seconds() < end)
        busy_rounds(100000);
    pthread_barrier_wait(&worked);
    pthread_barrier_wait(&looked);
    return unused;
}

/* The sum of the lines of smaps_rollup that begin with the word. */
static long rollup_kib(const char *word)
{
    char line[256];
    long sum = 0, kib;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (!file)
        abort();
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (colon && strncmp(line, word, strlen(word)) == 0 && sscanf(colon + 1, "%ld", &kib) == 1)
            sum += kib;
    }
    fclose(file);
    return sum;
}

static long address_space_kib(void)
{
    long pages;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld", &pages) != 1)
        abort();
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: resident THREADS SECONDS FILE\n");
        return 2;
    }
    int count = atoi(argv[1]);
    seconds = atof(argv[2]);
    pthread_barrier_init(&worked, NULL, (unsigned)count);
    pthread_barrier_init(&looked, NULL, (unsigned)count);
    for (int i = 1; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, NULL) != 0)
            abort();
    }
    double end = busy_thread_seconds() + seconds;
    while (busy_thread_seconds() < end)
        busy_rounds(100000);
    pthread_barrier_wait(&worked);
    FILE *file = fopen(argv[3], "w");
    if (!file)
        abort();
    fprintf(file, "%ld %ld %ld %ld\n", rollup_kib("Rss"), rollup_kib("Shared_"),
            rollup_kib("Private_"), address_space_kib());
    fclose(file);
    pthread_barrier_wait(&looked);
    return 0;
}
