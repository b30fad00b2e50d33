/* SPDX-License-Identifier: MIT */
/*
 * filters_system_calls - forbids itself system calls under pain of death, and goes on. How:
 *   prctl     all but write and exit_group; even the return from a signal kills (default)
 *   syscall   the same, by seccomp(2)
 *   threads   all but those and the return from signals, for busy threads as well
 *   later     what a program like this has no need of; it starts threads after
 */
#include "tests/targets/target.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TURNS = 100000000, THREADS = 3, MOST_RULES = 32 };

static const int needed[] = {SYS_write, SYS_exit_group};
static const int needed_by_threads[] = {SYS_write, SYS_exit_group, SYS_rt_sigreturn};
static const int never_needed[] = {
    SYS_getpid,    SYS_gettid,           SYS_timer_create, SYS_timer_settime, SYS_timer_delete,
    SYS_getrusage, SYS_process_vm_readv, SYS_openat,       SYS_rt_sigpending, SYS_prctl,
    SYS_kill,
};

static int ready;

static void count(void)
{
    volatile uint32_t turns = TURNS; // counted, not timed: that would be a call
    while (turns > 0)
        turns--;
}

static void *count_for_ever(void *argument)
{
    __atomic_fetch_add(&ready, 1, __ATOMIC_RELAXED);
    for (;;)
        count();
    return argument;
}

static void *count_once(void *argument)
{
    count();
    return argument;
}

static void install(struct sock_fprog *program, int by_syscall, unsigned flags)
{
    TARGET_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (by_syscall)
        TARGET_CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program) == 0);
    else
        TARGET_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) == 0);
}

static void filter(const int *calls, int number, int listed, int by_syscall, unsigned flags)
{
    struct sock_filter rules[MOST_RULES];
    struct sock_fprog program = {0, rules};
    const unsigned kill = SECCOMP_RET_KILL_PROCESS, allow = SECCOMP_RET_ALLOW;
    rules[program.len++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < number; i++) {
        rules[program.len++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
        rules[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed ? allow : kill);
    }
    rules[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed ? kill : allow);
    install(&program, by_syscall, flags);
}

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

static void start_threads(pthread_t *threads, void *(*routine)(void *))
{
    for (int i = 0; i < THREADS; i++)
        TARGET_CHECK(pthread_create(&threads[i], NULL, routine, NULL) == 0);
}

int main(int argc, char **argv)
{
    static const char done[] = "still here\n";
    const char *how = argc > 1 ? argv[1] : "prctl";
    pthread_t threads[THREADS];
    target_spin_ms(100);
    if (strcmp(how, "threads") == 0) {
        start_threads(threads, count_for_ever);
        while (__atomic_load_n(&ready, __ATOMIC_RELAXED) < THREADS)
            target_spin_ms(1);
        filter(needed_by_threads, COUNT_OF(needed_by_threads), 1, 1, SECCOMP_FILTER_FLAG_TSYNC);
    } else if (strcmp(how, "later") == 0) {
        filter(never_needed, COUNT_OF(never_needed), 0, 1, 0);
        start_threads(threads, count_once);
        for (int i = 0; i < THREADS; i++)
            TARGET_CHECK(pthread_join(threads[i], NULL) == 0);
    } else {
        filter(needed, COUNT_OF(needed), 1, strcmp(how, "syscall") == 0, 0);
    }
    count();
    _exit(write(STDOUT_FILENO, done, sizeof done - 1) == sizeof done - 1 ? 3 : 4);
}
