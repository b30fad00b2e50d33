/* SPDX-License-Identifier: MIT */
/*
 * guard_legacy.c - the older doors to SIGPROF's disposition and mask: signal(3) and its family,
 * sigset(3) and its family, profil(3).
 *
 * For any other signal the real function is called, which knows more than could be imitated
 * (siginterrupt changes what signal does).
 */
#include "profiler/sampler/guard.h"
#include "profiler/sampler/real.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Declared by the headers only under feature macros that exclude each other. */
sighandler_t __sysv_signal(int number, sighandler_t handler);
sighandler_t sysv_signal(int number, sighandler_t handler);
sighandler_t bsd_signal(int number, sighandler_t handler);
sighandler_t ssignal(int number, sighandler_t handler);
sighandler_t sigset(int number, sighandler_t handler);
int sighold(int number);
int sigrelse(int number);
int sigignore(int number);
int profil(unsigned short *buffer, size_t size, size_t offset, unsigned scale);
void __monstartup(unsigned long low, unsigned long high);

/* Whether a disposition is for us to set; others are noted. */
static bool is_ours(int number, sighandler_t handler)
{
    guard_note_handler(number, handler);
    return number == SIGPROF && guard_is_installed();
}

static sighandler_t install(sighandler_t handler, int flags)
{
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    if (handler == SIG_ERR) {
        errno = EINVAL;
        return SIG_ERR;
    }
    return guard_set_action(&action, &old) < 0 ? SIG_ERR : old.sa_handler;
}

/* BSD semantics, as glibc's signal has them: the call restarts, the handler stays. */
#define BSD_DOOR(name)                                                                             \
    INTERPOSED sighandler_t name(int number, sighandler_t handler)                                 \
    {                                                                                              \
        return is_ours(number, handler) ? install(handler, SA_RESTART)                             \
                                        : real()->name(number, handler);                           \
    }
BSD_DOOR(signal)
BSD_DOOR(bsd_signal)
BSD_DOOR(ssignal)

/* System V semantics: once. */
#define SYSV_DOOR(name)                                                                            \
    INTERPOSED sighandler_t name(int number, sighandler_t handler)                                 \
    {                                                                                              \
        return is_ours(number, handler) ? install(handler, (int)(SA_RESETHAND | SA_NODEFER))       \
                                        : real()->name(number, handler);                           \
    }
SYSV_DOOR(__sysv_signal)
SYSV_DOOR(sysv_signal)

/* Blocks or unblocks SIGPROF, on purpose; returns whether it was blocked. */
static bool hold(int how)
{
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    pthread_sigmask(how, &set, &old);
    return sigismember(&old, SIGPROF) == 1;
}

INTERPOSED sighandler_t sigset(int number, sighandler_t handler)
{
    if (!is_ours(number, handler))
        return real()->sigset(number, handler);
    struct sigaction now;
    guard_set_action(NULL, &now);
    sighandler_t before = now.sa_handler;
    bool held = hold(handler == SIG_HOLD ? SIG_BLOCK : SIG_UNBLOCK);
    if (handler != SIG_HOLD && install(handler, 0) == SIG_ERR)
        return SIG_ERR;
    return held ? SIG_HOLD : before;
}

INTERPOSED int sighold(int number)
{
    if (!is_ours(number, SIG_DFL))
        return real()->sighold(number);
    hold(SIG_BLOCK);
    return 0;
}

INTERPOSED int sigrelse(int number)
{
    if (!is_ours(number, SIG_DFL))
        return real()->sigrelse(number);
    hold(SIG_UNBLOCK);
    return 0;
}

INTERPOSED int sigignore(int number)
{
    if (!is_ours(number, SIG_DFL))
        return real()->sigignore(number);
    return install(SIG_IGN, 0) == SIG_ERR ? -1 : 0;
}

/* gprof: the C library installs its handler past sigaction, in programs built with -pg before
 * main. It keeps its ticks, we keep ours. */
INTERPOSED int profil(unsigned short *buffer, size_t size, size_t offset, unsigned scale)
{
    int result = real()->profil(buffer, size, offset, scale);
    guard_recapture();
    return result;
}

INTERPOSED void __monstartup(unsigned long low, unsigned long high)
{
    real()->__monstartup(low, high);
    guard_recapture();
}
