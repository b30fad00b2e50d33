/* SPDX-License-Identifier: MIT */
/*
 * threads.c - threads with names, some for the whole run, some for a few milliseconds.
 *
 * Run:  prof run build/examples/threads, then prof info
 * See:  two lasting threads, "reader" and "writer" (the writer does twice the work), and a hundred
 *       short ones called "task-0" to "task-3", four at a time. None is missing, however short.
 */
#include "examples/work.h"

#include <inttypes.h>
#include <pthread.h>

enum { ROUNDS_PER_PERCENT = 2500000, GENERATIONS = 25, TASKS = 4 };

struct thread {
    pthread_t id;
    char name[16];
    uint64_t rounds;
    uint64_t result;
};

static __attribute__((noinline)) uint64_t read_records(uint64_t rounds)
{
    uint64_t state = WORK_SEED;
    WORK_ROUNDS(state, rounds);
    return state;
}

static __attribute__((noinline)) uint64_t write_records(uint64_t rounds)
{
    uint64_t state = WORK_SEED + 1;
    WORK_ROUNDS(state, rounds);
    return state;
}

static __attribute__((noinline)) uint64_t run_task(uint64_t rounds)
{
    uint64_t state = WORK_SEED + 2;
    WORK_ROUNDS(state, rounds);
    return state;
}

static void *reader_main(void *argument)
{
    struct thread *self = argument;
    pthread_setname_np(pthread_self(), self->name);
    self->result = read_records(self->rounds);
    return NULL;
}

static void *writer_main(void *argument)
{
    struct thread *self = argument;
    pthread_setname_np(pthread_self(), self->name);
    self->result = write_records(self->rounds);
    return NULL;
}

static void *task_main(void *argument)
{
    struct thread *self = argument;
    pthread_setname_np(pthread_self(), self->name);
    self->result = run_task(self->rounds);
    return NULL;
}

static void thread_begin(struct thread *thread, void *(*body)(void *))
{
    if (pthread_create(&thread->id, NULL, body, thread) != 0) {
        fprintf(stderr, "threads: cannot create thread %s\n", thread->name);
        exit(1);
    }
}

static uint64_t thread_end(struct thread *thread)
{
    pthread_join(thread->id, NULL);
    return thread->result;
}

static uint64_t run_generation(uint64_t rounds)
{
    struct thread tasks[TASKS] = {0};
    for (int i = 0; i < TASKS; i++) {
        tasks[i].rounds = rounds / GENERATIONS / TASKS;
        snprintf(tasks[i].name, sizeof tasks[i].name, "task-%d", i);
        thread_begin(&tasks[i], task_main);
    }
    uint64_t sum = 0;
    for (int i = 0; i < TASKS; i++)
        sum += thread_end(&tasks[i]);
    return sum;
}

int main(int argc, char **argv)
{
    uint64_t rounds = work_percent(argc, argv) * ROUNDS_PER_PERCENT;
    struct thread reader = {.name = "reader", .rounds = rounds};
    struct thread writer = {.name = "writer", .rounds = 2 * rounds};
    thread_begin(&reader, reader_main);
    thread_begin(&writer, writer_main);
    uint64_t sum = 0;
    for (int i = 0; i < GENERATIONS; i++)
        sum += run_generation(rounds);
    printf("reader %016" PRIx64 "\n", thread_end(&reader));
    printf("writer %016" PRIx64 "\n", thread_end(&writer));
    printf("%d tasks %016" PRIx64 "\n", GENERATIONS * TASKS, sum);
    return 0;
}
