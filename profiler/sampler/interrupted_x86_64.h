/* SPDX-License-Identifier: MIT */
/*
 * interrupted_x86_64.h - what the registers say of where a signal has hit.
 *
 * Runs in: signal handler.
 * Source:  Intel SDM, SYSCALL: RCX holds the address of the next instruction, and the kernel leaves
 *          it there; System V ABI for x86-64, A.2.1: the number and the result are in RAX.
 */
#ifndef PROF_SAMPLER_INTERRUPTED_X86_64_H
#define PROF_SAMPLER_INTERRUPTED_X86_64_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

/* All that tells whether the program has made a step: the general registers. */
struct interrupted_point {
    greg_t registers[REG_RIP + 1];
};

static inline void interrupted_note(struct interrupted_point *point, const ucontext_t *context)
{
    memcpy(point->registers, context->uc_mcontext.gregs, sizeof point->registers);
}

static inline bool interrupted_at(const struct interrupted_point *point, const ucontext_t *context)
{
    return memcmp(point->registers, context->uc_mcontext.gregs, sizeof point->registers) == 0;
}

/* Whether the signal comes at the end of a system call, or before the kernel repeats one. */
static inline bool interrupted_in_syscall(const ucontext_t *context)
{
    const greg_t *registers = context->uc_mcontext.gregs;
    enum { SYSCALL_SIZE = 2 };
    return registers[REG_RCX] == registers[REG_RIP] ||
           registers[REG_RCX] == registers[REG_RIP] + SYSCALL_SIZE;
}

/* Whether a call that failed with EINTR may simply be made again: it has done nothing yet, and
 * does not count time down from its beginning where it can be helped. Not close(2), for one. */
static inline bool interrupted_may_repeat(uint32_t number)
{
    switch (number) {
    case SYS_read:
    case SYS_write:
    case SYS_readv:
    case SYS_writev:
    case SYS_poll:
    case SYS_ppoll:
    case SYS_select:
    case SYS_pselect6:
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_pause:
    case SYS_rt_sigsuspend:
    case SYS_rt_sigtimedwait:
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_futex:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_msgrcv:
    case SYS_msgsnd:
    case SYS_semop:
    case SYS_semtimedop:
    case SYS_io_getevents:
        return true;
    default:
        return false;
    }
}

static inline bool interrupted_with_eintr(const ucontext_t *context)
{
    const greg_t *registers = context->uc_mcontext.gregs;
    return registers[REG_RCX] == registers[REG_RIP] && registers[REG_RAX] == -EINTR;
}

/*
 * A call that ended with EINTR because of a signal of ours: goes back before it. The number is
 * gone by then, so this needs the form `mov $number, %eax; syscall`, which the C library has
 * nearly everywhere. False, and nothing is changed, where it is another.
 */
static inline bool interrupted_repeat_syscall(ucontext_t *context)
{
    enum { MOV = 5, BEHIND = 7, PAGE = 4096 };
    greg_t *registers = context->uc_mcontext.gregs;
    uint64_t pc = (uint64_t)registers[REG_RIP];
    uint32_t number;
    if (!interrupted_with_eintr(context) ||
        pc % PAGE < BEHIND) // what is on the page before may not be readable
        return false;
    const uint8_t *code = (const uint8_t *)(uintptr_t)(pc - BEHIND);
    memcpy(&number, code + 1, sizeof number);
    if (code[0] != 0xb8 || code[MOV] != 0x0f || code[MOV + 1] != 0x05 ||
        !interrupted_may_repeat(number))
        return false;
    registers[REG_RIP] -= BEHIND;
    return true;
}

#endif
