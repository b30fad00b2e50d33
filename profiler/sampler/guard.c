/* SPDX-License-Identifier: MIT */
/*
 * guard.c - interposes what a program can do to SIGPROF.
 *
 * What may be called from the program's own signal handlers (sigaction, the masks) is
 * async-signal-safe here, too: no lock that a signal could find held.
 */
#include "profiler/sampler/guard.h"

#include "profiler/sampler/real.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// static: the interposed functions have no other place for it
static struct {
    struct sigaction program[2]; /* what the program believes is installed; [current] holds */
    _Atomic int current;
    _Atomic int updating;
    _Atomic int installed;
} guard;

// what the program believes: SIGPROF is blocked in this thread
static __thread bool believes_blocked __attribute__((tls_model("initial-exec")));

/* The kernel's own mask change: 8 bytes of signals 1..64. */
static void change_mask(int how, uint64_t set, uint64_t *old)
{
    syscall(SYS_rt_sigprocmask, how, &set, old, sizeof set);
}

void guard_block(bool block)
{
    change_mask(block ? SIG_BLOCK : SIG_UNBLOCK, 1ULL << (SIGPROF - 1), NULL);
}

static struct sigaction program_action(void)
{
    return guard.program[atomic_load(&guard.current) & 1];
}

/* With every signal blocked, so that nothing can run while the slot not in use is filled. */
static void set_program_action(const struct sigaction *action)
{
    uint64_t old;
    change_mask(SIG_SETMASK, ~0ULL, &old);
    while (atomic_exchange(&guard.updating, 1))
        sched_yield();
    int other = !(atomic_load(&guard.current) & 1);
    guard.program[other] = *action;
    atomic_store(&guard.current, other);
    atomic_store(&guard.updating, 0);
    change_mask(SIG_SETMASK, old, NULL);
}

int guard_install(void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction ours, before;
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = handler;
    ours.sa_flags = SA_SIGINFO | SA_RESTART;
    sigfillset(&ours.sa_mask); // the program's handlers wait the few microseconds that we need
    if (real()->sigaction(SIGPROF, &ours, &before) < 0)
        return -1;
    set_program_action(&before);
    uint64_t mask = 0;
    change_mask(SIG_UNBLOCK, 1ULL << (SIGPROF - 1), &mask);
    believes_blocked = mask >> (SIGPROF - 1) & 1;
    atomic_store(&guard.installed, 1);
    return 0;
}

/* The default action of SIGPROF is to end the program, and so it shall. */
static void die_of(int signal)
{
    struct sigaction fallback;
    memset(&fallback, 0, sizeof fallback);
    fallback.sa_handler = SIG_DFL;
    real()->sigaction(signal, &fallback, NULL);
    guard_block(false);
    syscall(SYS_tgkill, getpid(), (int)syscall(SYS_gettid), signal);
}

void guard_forward(int signal, siginfo_t *info, void *context)
{
    struct sigaction action = program_action();
    if (believes_blocked || action.sa_handler == SIG_IGN)
        return;
    if (action.sa_handler == SIG_DFL) {
        die_of(signal);
        return;
    }
    if (action.sa_flags & (int)SA_RESETHAND) {
        struct sigaction reset = action;
        reset.sa_handler = SIG_DFL;
        set_program_action(&reset);
    }
    // ours blocked everything; the program's handler runs under the mask that it asked for
    uint64_t ours, interrupted, wanted;
    memcpy(&interrupted, &((ucontext_t *)context)->uc_sigmask, sizeof interrupted);
    memcpy(&wanted, &action.sa_mask, sizeof wanted);
    if (!(action.sa_flags & SA_NODEFER))
        wanted |= 1ULL << (SIGPROF - 1);
    change_mask(SIG_SETMASK, interrupted | wanted, &ours);
    if (action.sa_flags & SA_SIGINFO)
        action.sa_sigaction(signal, info, context);
    else
        action.sa_handler(signal);
    change_mask(SIG_SETMASK, ours, NULL);
}

/* Interposed from here on. */

INTERPOSED int sigaction(int signal, const struct sigaction *restrict action, struct sigaction *restrict old)
{
    if (signal != SIGPROF || !atomic_load(&guard.installed))
        return real()->sigaction(signal, action, old);
    struct sigaction before = program_action();
    if (action)
        set_program_action(action);
    if (old)
        *old = before;
    return 0;
}

/* signal(2) with BSD semantics, as glibc's: the call restarts, the handler stays. */
static sighandler_t install_simple(int signal, sighandler_t handler, int flags)
{
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    if (flags & SA_RESTART)
        sigaddset(&action.sa_mask, signal);
    if (handler == SIG_ERR) {
        errno = EINVAL;
        return SIG_ERR;
    }
    return sigaction(signal, &action, &old) < 0 ? SIG_ERR : old.sa_handler;
}

INTERPOSED sighandler_t signal(int number, sighandler_t handler)
{
    return install_simple(number, handler, SA_RESTART);
}

sighandler_t __sysv_signal(int number, sighandler_t handler);
INTERPOSED sighandler_t __sysv_signal(int number, sighandler_t handler)
{
    return install_simple(number, handler, SA_RESETHAND | SA_NODEFER);
}

/* The program's mask change without SIGPROF, and its old mask as if SIGPROF had been in it. */
INTERPOSED int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
    if (!atomic_load(&guard.installed))
        return real()->pthread_sigmask(how, set, old);
    bool before = believes_blocked;
    sigset_t stripped;
    if (set) {
        stripped = *set;
        bool named = sigismember(set, SIGPROF) == 1;
        if (how == SIG_SETMASK)
            believes_blocked = named;
        else if (named)
            believes_blocked = how == SIG_BLOCK;
        if (how != SIG_UNBLOCK)
            sigdelset(&stripped, SIGPROF);
    }
    int result = real()->pthread_sigmask(how, set ? &stripped : NULL, old);
    if (result != 0)
        believes_blocked = before;
    else if (old && before)
        sigaddset(old, SIGPROF);
    return result;
}

INTERPOSED int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
    int result = pthread_sigmask(how, set, old);
    if (result == 0)
        return 0;
    errno = result;
    return -1;
}

/* A program that waits for every signal there is must not be handed ours. */
static const sigset_t *without_ours(const sigset_t *set, sigset_t *stripped)
{
    if (!set || !atomic_load(&guard.installed))
        return set;
    *stripped = *set;
    sigdelset(stripped, SIGPROF);
    return sigisemptyset(stripped) ? set : stripped;
}

INTERPOSED int sigwait(const sigset_t *restrict set, int *restrict signal)
{
    sigset_t stripped;
    return real()->sigwait(without_ours(set, &stripped), signal);
}

INTERPOSED int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
    sigset_t stripped;
    return real()->sigwaitinfo(without_ours(set, &stripped), info);
}

INTERPOSED int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
                 const struct timespec *restrict timeout)
{
    sigset_t stripped;
    return real()->sigtimedwait(without_ours(set, &stripped), info, timeout);
}

INTERPOSED int signalfd(int fd, const sigset_t *set, int flags)
{
    sigset_t stripped;
    return real()->signalfd(fd, without_ours(set, &stripped), flags);
}
