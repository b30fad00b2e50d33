/* SPDX-License-Identifier: MIT */
/*
 * load.c - uses CPU time in one known way, and writes down how much it was.
 *
 *     load KIND THREADS SECONDS FILE
 *
 * Each thread (or process, of `workers`) uses SECONDS of CPU time. FILE gets one line: user and
 * system seconds of the program and its children by getrusage(2), at the very end.
 */
#include "tests/bench/loads/busy.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Arithmetic in registers. */
static void spin(void)
{
    busy_rounds(1000000);
}

/* System calls of 64 KiB each. */
static void read_zeros(void)
{
    static __thread char buffer[64 * 1024];
    static __thread int zero = -1;
    if (zero < 0)
        zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < 100; i++) {
        if (read(zero, buffer, sizeof buffer) != (ssize_t)sizeof buffer)
            abort();
    }
}

/* New pages, touched once and given back. */
static void fault_pages(void)
{
    enum { PAGES = 512, PAGE = 4096 };
    char *pages = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        abort();
    madvise(pages, (size_t)PAGES * PAGE, MADV_NOHUGEPAGE);
    for (int i = 0; i < PAGES; i++)
        pages[i * PAGE] = 1;
    munmap(pages, (size_t)PAGES * PAGE);
}

/* About as much time in each half. */
static void mix(void)
{
    read_zeros();
    busy_rounds(300000);
}

static void work(void (*unit)(void), double seconds)
{
    double end = busy_thread_seconds() + seconds;
    while (busy_thread_seconds() < end)
        unit();
}

struct job {
    void (*unit)(void);
    double seconds;
};

static void *run_job(void *argument)
{
    const struct job *job = argument;
    work(job->unit, job->seconds);
    return NULL;
}

static void run_threads(void (*unit)(void), int count, double seconds)
{
    struct job job = {unit, seconds};
    pthread_t threads[256];
    for (int i = 1; i < count; i++) {
        if (pthread_create(&threads[i], NULL, run_job, &job) != 0)
            abort();
    }
    run_job(&job);
    for (int i = 1; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* One after the other, of 3 ms each. */
static void run_short_threads(double seconds)
{
    struct job job = {spin, 0.003};
    for (int i = 0; i < (int)(seconds / job.seconds); i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run_job, &job) != 0)
            abort();
        pthread_join(thread, NULL);
    }
}

/* Processes of 50 ms each, `count` at a time. */
static void run_workers(int count, double seconds)
{
    struct job job = {spin, 0.05};
    for (int done = 0; done < (int)(seconds / job.seconds); done++) {
        for (int i = 0; i < count; i++) {
            if (fork() == 0) {
                run_job(&job);
                _exit(0);
            }
        }
        while (wait(NULL) > 0)
            continue;
    }
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void write_down(const char *path)
{
    struct rusage self, children;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    FILE *file = fopen(path, "w");
    if (!file)
        abort();
    fprintf(file, "%.6f %.6f\n", seconds_of(self.ru_utime) + seconds_of(children.ru_utime),
            seconds_of(self.ru_stime) + seconds_of(children.ru_stime));
    fclose(file);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*unit)(void);
    } kinds[] = {
        {"spin", spin},
        {"zeros", read_zeros},
        {"faults", fault_pages},
        {"mix", mix},
    };
    if (argc != 5) {
        fprintf(stderr, "usage: load spin|zeros|faults|mix|short|workers THREADS SECONDS FILE\n");
        return 2;
    }
    int count = atoi(argv[2]);
    double seconds = atof(argv[3]);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(argv[1], kinds[i].name) == 0)
            run_threads(kinds[i].unit, count, seconds);
    }
    if (strcmp(argv[1], "short") == 0)
        run_short_threads(seconds);
    if (strcmp(argv[1], "workers") == 0)
        run_workers(count, seconds);
    write_down(argv[4]);
    return 0;
}
