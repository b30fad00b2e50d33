/* SPDX-License-Identifier: MIT */
/*
 * seccomp.c - notices a program that gives up system calls, or the time stamp counter that
 * clock_gettime reads in user space: what we do in the signal and at its end, or the return from
 * the signal, would kill it. So every clock of the process is stopped before, and from then on we
 * make no call any more.
 *
 * Not seen: a seccomp(2) made by an instruction of the program's own.
 */
#include "profiler/sampler/seccomp.h"

#include "profiler/sampler/real.h"
#include "profiler/sampler/session.h"
#include "profiler/sampler/strays.h"
#include "profiler/sampler/thread.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void fall_silent(void)
{
    if (!thread_process_is_ours()) // or silent already
        return;
    thread_rest(true);
    strays_stop();
    thread_surrender_all();
    atomic_store(&session.silent, true);
}

INTERPOSED int prctl(int option, ...)
{
    long argument[4];
    va_list arguments;
    va_start(arguments, option);
    for (int i = 0; i < 4; i++)
        argument[i] = va_arg(arguments, long);
    va_end(arguments);
    if (option == PR_SET_SECCOMP || option == PR_SET_TSC)
        fall_silent();
    return real()->prctl(option, argument[0], argument[1], argument[2], argument[3]);
}

/* Before a call of seccomp(2), which is never made any other way than by syscall(2). */
__attribute__((used)) void seccomp_is_near(long operation);
void seccomp_is_near(long operation)
{
    if (operation == SECCOMP_SET_MODE_STRICT || operation == SECCOMP_SET_MODE_FILTER)
        fall_silent();
}

/* Until the real one is known: constructors of other libraries, and our own. System V ABI A.2.1. */
__attribute__((used)) long seccomp_early_syscall(long number, long a, long b, long c, long d,
                                                 long e, long f);
long seccomp_early_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    if (result >= -4095 && result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

// static: the jump below has no other place for it
__attribute__((used)) long (*seccomp_real_syscall)(long,
                                                   ...) = (long (*)(long,
                                                                    ...))seccomp_early_syscall;

void seccomp_begin(void)
{
    if (real()->syscall)
        seccomp_real_syscall = real()->syscall;
}

/* Nothing but a look at the number, and on to the real one with registers and stack as they came:
 * so it may be a vfork, and what it costs is a nanosecond. */
INTERPOSED __attribute__((naked)) long syscall(long number __attribute__((unused)), ...)
{
    __asm__("cmpq $%c0, %%rdi\n\t"
            "je 1f\n\t"
            "jmp *seccomp_real_syscall(%%rip)\n"
            "1:\n\t"
            "pushq %%rdi\n\t.cfi_adjust_cfa_offset 8\n\t"
            "pushq %%rsi\n\t.cfi_adjust_cfa_offset 8\n\t"
            "pushq %%rdx\n\t.cfi_adjust_cfa_offset 8\n\t"
            "pushq %%rcx\n\t.cfi_adjust_cfa_offset 8\n\t"
            "pushq %%r8\n\t.cfi_adjust_cfa_offset 8\n\t"
            "pushq %%r9\n\t.cfi_adjust_cfa_offset 8\n\t"
            "subq $8, %%rsp\n\t.cfi_adjust_cfa_offset 8\n\t"
            "movq %%rsi, %%rdi\n\t"
            "call seccomp_is_near\n\t"
            "addq $8, %%rsp\n\t.cfi_adjust_cfa_offset -8\n\t"
            "popq %%r9\n\t.cfi_adjust_cfa_offset -8\n\t"
            "popq %%r8\n\t.cfi_adjust_cfa_offset -8\n\t"
            "popq %%rcx\n\t.cfi_adjust_cfa_offset -8\n\t"
            "popq %%rdx\n\t.cfi_adjust_cfa_offset -8\n\t"
            "popq %%rsi\n\t.cfi_adjust_cfa_offset -8\n\t"
            "popq %%rdi\n\t.cfi_adjust_cfa_offset -8\n\t"
            "jmp *seccomp_real_syscall(%%rip)"
            :
            : "i"(SYS_seccomp));
}
