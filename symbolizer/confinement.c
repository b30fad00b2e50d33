/* SPDX-License-Identifier: MIT */
/*
 * confinement.c - limits, capabilities, and a filter of system calls.
 *
 * The filter is a list of what may be called, with everything else failing with EPERM as if the
 * kernel had refused it: a libc that tries something new then goes on without, instead of being
 * killed for it. That keeps the list short without having to be complete for every libc.
 */
#include "symbolizer/confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define OUR_ARCHITECTURE 0
#endif

/* An hour: the end of a process whose parent no longer looks after it. */
enum { LAST_RESORT_SECONDS = 3600 };

/* Of the process, as all here: what it has from the one that it was forked from, in bytes. It
 * cannot be found out any more once no file can be opened. */
static uint64_t data_at_begin;

static void limit(int resource, uint64_t value)
{
    struct rlimit both;
    if (getrlimit(resource, &both) < 0)
        return;
    if (both.rlim_max == RLIM_INFINITY || both.rlim_max > value)
        both.rlim_max = value;
    both.rlim_cur = both.rlim_max;
    setrlimit(resource, &both);
}

/* A handler would run code of the caller, who knows nothing of this process. */
static void drop_handlers(void)
{
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;
        if (sigaction(signal, NULL, &action) < 0 || action.sa_handler == SIG_DFL ||
            action.sa_handler == SIG_IGN)
            continue;
        action = (struct sigaction){.sa_handler = SIG_DFL};
        sigaction(signal, &action, NULL);
    }
}

static void close_range_of(unsigned first, unsigned last)
{
#ifdef SYS_close_range
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return;
#endif
    long most = sysconf(_SC_OPEN_MAX);
    for (unsigned fd = first; fd <= last && (long)fd < (most > 0 ? most : 65536); fd++)
        close((int)fd);
}

static void close_all_but(int one, int other)
{
    unsigned low = (unsigned)(one < other ? one : other);
    unsigned high = (unsigned)(one < other ? other : one);
    if (low > 0)
        close_range_of(0, low - 1);
    close_range_of(low + 1, high - 1);
    close_range_of(high + 1, ~0u);
}

/* What RLIMIT_DATA counts, in bytes; 0: not known. */
static uint64_t data_size(void)
{
    unsigned long pages[6] = {0};
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    int count = fscanf(file, "%lu %lu %lu %lu %lu %lu", &pages[0], &pages[1], &pages[2], &pages[3],
                       &pages[4], &pages[5]);
    fclose(file);
    return count == 6 ? (uint64_t)pages[5] * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void confinement_begin(int answers, int files)
{
    drop_handlers();
    close_all_but(answers, files);
    int fd;
    do // so that what is opened later is not taken for a standard stream
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd < STDERR_FILENO);
    data_at_begin = data_size();
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, LAST_RESORT_SECONDS);
}

uint64_t confinement_memory_at_most(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    const uint64_t least = (uint64_t)1 << 30;
    uint64_t half = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 2 : least;
    return half < least ? least : half;
}

void confinement_limit_memory(uint64_t bytes)
{
    if (data_at_begin)
        limit(RLIMIT_DATA, data_at_begin + bytes);
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    syscall(SYS_capset, &header, none);
}

/* Calls that may be made with any arguments: on memory, threads, time, and what is open. None takes
 * a path, which a filter could not see. */
static const uint32_t allowed[] = {
    SYS_read,           SYS_pread64,      SYS_lseek,       SYS_close,       SYS_munmap,
    SYS_mremap,         SYS_madvise,      SYS_brk,         SYS_futex,       SYS_set_robust_list,
    SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_sched_yield, SYS_sched_getaffinity,
    SYS_clock_gettime,  SYS_getrandom,    SYS_sysinfo,     SYS_getpid,      SYS_gettid,
    SYS_exit,           SYS_exit_group,
#ifdef SYS_rseq
    SYS_rseq,
#endif
};

/* Calls that may be made when the low half of an argument, under a mask, has a value. */
struct condition {
    uint32_t call, argument, mask, value;
};

enum { ALLOWED = sizeof allowed / sizeof *allowed, MOST_CONDITIONS = 8 };

struct program {
    struct sock_filter code[8 + 2 * ALLOWED + 6 * MOST_CONDITIONS];
    unsigned short count;
};

static void emit(struct program *program, struct sock_filter instruction)
{
    program->code[program->count++] = instruction;
}

static void emit_result(struct program *program, uint32_t result)
{
    emit(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, result));
}

static void emit_load(struct program *program, uint32_t offset)
{
    emit(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

/* Goes on with the next instruction when the accumulator is the value, else skips `skipped`. */
static void emit_if(struct program *program, uint32_t value, uint8_t skipped)
{
    emit(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped));
}

static void emit_condition(struct program *program, const struct condition *condition)
{
    // little-endian machines only: the low half of an argument comes first
    uint32_t place = offsetof(struct seccomp_data, args) + 8 * condition->argument;
    emit_if(program, condition->call, 5);
    emit_load(program, place);
    emit(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, condition->mask));
    emit_if(program, condition->value, 1);
    emit_result(program, SECCOMP_RET_ALLOW);
    emit_result(program, SECCOMP_RET_ERRNO | EPERM);
}

static void compose(struct program *program, int answers, int files)
{
    const struct condition conditions[] = {
        {SYS_write, 0, ~0u, (uint32_t)answers},
        {SYS_sendto, 0, ~0u, (uint32_t)files},
        {SYS_recvmsg, 0, ~0u, (uint32_t)files},
        {SYS_mmap, 2, PROT_EXEC, 0},
        {SYS_mprotect, 2, PROT_EXEC, 0},
        {SYS_clone, 0, CLONE_THREAD, CLONE_THREAD},
        {SYS_prlimit64, 0, ~0u, 0},               // lower still; what was lowered stays
        {SYS_tgkill, 0, ~0u, (uint32_t)getpid()}, // abort() tells by its signal
    };
    _Static_assert(sizeof conditions / sizeof *conditions <= MOST_CONDITIONS, "room for them");
    emit_load(program, offsetof(struct seccomp_data, arch));
    emit_if(program, OUR_ARCHITECTURE, 1);
    emit(program, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1));
    emit_result(program, SECCOMP_RET_KILL_THREAD);
    emit_load(program, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ALLOWED; i++) {
        emit_if(program, allowed[i], 1);
        emit_result(program, SECCOMP_RET_ALLOW);
    }
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        emit_condition(program, &conditions[i]);
#ifdef SYS_clone3 // its flags lie in memory, where a filter cannot see them: libc takes clone
    emit_if(program, SYS_clone3, 1);
    emit_result(program, SECCOMP_RET_ERRNO | ENOSYS);
#endif
    emit_result(program, SECCOMP_RET_ERRNO | EPERM);
}

bool confinement_enter(int answers, int files)
{
    struct program program = {.count = 0};
    limit(RLIMIT_FSIZE, 0);
    drop_capabilities();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || !OUR_ARCHITECTURE)
        return false;
    compose(&program, answers, files);
    struct sock_fprog filter = {.len = program.count, .filter = program.code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}
