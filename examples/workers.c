/* SPDX-License-Identifier: MIT */
/*
 * workers.c - a parent that forks workers, as servers and build tools do.
 *
 * Run:  prof run build/examples/workers, then prof info
 * See:  five processes in one recording. The parent only waits; the four workers share the work
 *       10 : 20 : 30 : 40, the last two in a function the others never call.
 */
#include "examples/work.h"

#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 4, ROUNDS_PER_PERCENT = 12000000 };

struct worker {
    pid_t pid;
    int result_fd;
};

static __attribute__((noinline)) uint64_t index_pages(uint64_t rounds)
{
    uint64_t state = WORK_SEED;
    WORK_ROUNDS(state, rounds);
    return state;
}

static __attribute__((noinline)) uint64_t index_images(uint64_t rounds)
{
    uint64_t state = WORK_SEED + 1;
    WORK_ROUNDS(state, rounds);
    return state;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static _Noreturn void worker_main(int number, uint64_t rounds, int result_fd)
{
    uint64_t share = rounds / 10 * (uint64_t)(number + 1);
    uint64_t result = number < 2 ? index_pages(share) : index_images(share);
    if (write(result_fd, &result, sizeof result) != (ssize_t)sizeof result)
        _exit(1);
    _exit(0);
}

static struct worker worker_begin(int number, uint64_t rounds)
{
    int ends[2];
    if (pipe(ends) != 0)
        fail("workers: pipe");
    pid_t pid = fork();
    if (pid < 0)
        fail("workers: fork");
    if (pid == 0)
        worker_main(number, rounds, ends[1]);
    close(ends[1]);
    return (struct worker){.pid = pid, .result_fd = ends[0]};
}

static uint64_t worker_end(struct worker *worker)
{
    uint64_t result;
    int status;
    if (read(worker->result_fd, &result, sizeof result) != (ssize_t)sizeof result)
        fail("workers: no result from a worker");
    close(worker->result_fd);
    if (waitpid(worker->pid, &status, 0) != worker->pid || status != 0)
        fail("workers: a worker failed");
    return result;
}

int main(int argc, char **argv)
{
    uint64_t rounds = work_percent(argc, argv) * ROUNDS_PER_PERCENT;
    struct worker workers[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        workers[i] = worker_begin(i, rounds);
    for (int i = 0; i < WORKERS; i++)
        printf("worker %d %016" PRIx64 "\n", i, worker_end(&workers[i]));
    return 0;
}
