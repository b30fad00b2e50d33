/* SPDX-License-Identifier: MIT */
/*
 * clones_threads - threads made by clone(2) itself, one that shares its creator's thread-local
 * storage and one with its own, which the C library knows nothing of; they count until told to end.
 * Then it forks, and the child does the same once more, with a timer of its own running.
 */
#include "tests/targets/target.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK = 64 * 1024, STORAGE = 64 * 1024, RUN_MS = 400 };

static struct {
    _Alignas(64) char stack[STACK];
    _Alignas(64) char storage[STORAGE];
    int tid; /* the kernel's, until the thread has ended */
    unsigned long turns;
} threads[2];

static int stop;
static volatile sig_atomic_t alarms;

static void on_alarm(int signal)
{
    (void)signal;
    alarms = alarms + 1;
}

/* Nothing of the C library in here. */
static __attribute__((noreturn)) int count_until_told(void *argument)
{
    unsigned long *turns = argument;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        __atomic_fetch_add(turns, 1, __ATOMIC_RELAXED);
    for (;;)
        __asm__ volatile("syscall" : : "a"(SYS_exit), "D"(0) : "rcx", "r11", "memory");
}

static void start(int i, int own_storage)
{
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID | (own_storage ? CLONE_SETTLS : 0);
    void **storage = (void **)(threads[i].storage + STORAGE / 2);
    storage[0] = storage[2] = storage; // where x86-64 looks for its own address
    threads[i].turns = 0;
    TARGET_CHECK(clone(count_until_told, threads[i].stack + STACK, flags, &threads[i].turns,
                       &threads[i].tid, storage, &threads[i].tid) > 0);
}

static void join(int i)
{
    int tid;
    while ((tid = __atomic_load_n(&threads[i].tid, __ATOMIC_ACQUIRE)) != 0)
        syscall(SYS_futex, &threads[i].tid, FUTEX_WAIT, tid, NULL, NULL, 0);
}

static void run(const char *who)
{
    stop = 0;
    for (int i = 0; i < 2; i++)
        start(i, i);
    target_spin_ms(RUN_MS);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++) {
        join(i);
        printf("%s: thread %d %s\n", who, i, threads[i].turns > 1000 ? "counted" : "did not run");
    }
    fflush(stdout);
}

/* Timers are numbered from 0 again in a child: the numbers of its parent's are now its own. */
static void run_with_timers(void)
{
    enum { TIMERS = 8 };
    timer_t timers[TIMERS];
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec times = {.it_value = {.tv_sec = 1000}};
    int left = 0;
    signal(SIGALRM, on_alarm);
    for (int i = 0; i < TIMERS; i++) {
        TARGET_CHECK(timer_create(CLOCK_MONOTONIC, &event, &timers[i]) == 0);
        TARGET_CHECK(timer_settime(timers[i], 0, &times, NULL) == 0);
    }
    run("child");
    for (int i = 0; i < TIMERS; i++)
        left += timer_gettime(timers[i], &times) == 0 && times.it_value.tv_sec > 0;
    printf("child: %d of %d timers, %d alarms\n", left, TIMERS, (int)alarms);
}

int main(void)
{
    run("parent");
    pid_t pid = fork();
    TARGET_CHECK(pid >= 0);
    if (pid == 0) {
        run_with_timers();
        return 5;
    }
    int status;
    TARGET_CHECK(waitpid(pid, &status, 0) == pid);
    printf("status %#x\n", (unsigned)status);
    return 0;
}
