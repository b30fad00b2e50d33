/* SPDX-License-Identifier: MIT */
/*
 * guard.c - interposes what a program can do to SIGPROF.
 *
 * What may be called from the program's own signal handlers (sigaction, the masks) is
 * async-signal-safe here, too: no lock that a signal could find held.
 */
#include "profiler/sampler/guard.h"

#include "profiler/sampler/mask.h"
#include "profiler/sampler/real.h"
#include "profiler/sampler/thread.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* A set with more signals than this was made by sigfillset, not by somebody who means SIGPROF.
 * The longest list of single signals seen: 12, in GNU sort. */
enum { MEANT_AT_MOST = 16 };

// static: the interposed functions have no other place for it
static struct {
    struct sigaction program[2]; /* what the program believes is installed; [current] holds */
    _Atomic int current;
    _Atomic int updating;
    _Atomic int installed;
    _Atomic int meant; /* the program uses SIGPROF itself */
    _Atomic int has_handlers;
    void (*handler)(int, siginfo_t *, void *);
} guard;

// the program blocked SIGPROF in this thread; we did not
static __thread bool believes_blocked __attribute__((tls_model("initial-exec")));

static uint64_t bits_of(const sigset_t *set)
{
    uint64_t bits;
    memcpy(&bits, set, sizeof bits);
    return bits;
}

static bool names_ours(const sigset_t *set)
{
    return bits_of(set) & MASK_OURS;
}

/* Whether a set with SIGPROF in it has it on purpose. */
static bool is_meant(const sigset_t *set)
{
    return atomic_load(&guard.meant) || __builtin_popcountll(bits_of(set)) <= MEANT_AT_MOST;
}

/* Signals of an instruction, which break off no call; 32 and 33 are the C library's own. */
static bool comes_at_any_time(int signal)
{
    const uint64_t others = 1ULL << (SIGSEGV - 1) | 1ULL << (SIGBUS - 1) | 1ULL << (SIGFPE - 1) |
                            1ULL << (SIGILL - 1) | 1ULL << (SIGTRAP - 1) | 1ULL << (SIGSYS - 1) |
                            1ULL << (SIGPROF - 1) | 3ULL << 31;
    return !(others >> (signal - 1) & 1);
}

void guard_note_handler(int signal, sighandler_t handler)
{
    if (signal > 0 && signal <= 64 && handler != SIG_DFL && handler != SIG_IGN &&
        comes_at_any_time(signal))
        atomic_store_explicit(&guard.has_handlers, 1, memory_order_relaxed);
}

/* What was installed before we were loaded, or by a system call of the program's own. */
static void look_for_handlers(void)
{
    struct {
        sighandler_t handler;
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action; // as the kernel has it: asm/signal.h
    for (int signal = 1; signal <= 64; signal++) {
        if (comes_at_any_time(signal) &&
            syscall(SYS_rt_sigaction, signal, NULL, &action, sizeof action.mask) == 0)
            guard_note_handler(signal, action.handler);
    }
}

bool guard_has_handlers(void)
{
    if (!atomic_load(&guard.meant) && !atomic_load(&guard.has_handlers))
        look_for_handlers();
    return atomic_load(&guard.meant) || atomic_load(&guard.has_handlers);
}

void guard_after_fork(void)
{
    atomic_store(&guard.updating, 0);
}

bool guard_is_installed(void)
{
    return atomic_load(&guard.installed);
}

bool guard_belief(void)
{
    return believes_blocked;
}

void guard_begin_thread(bool belief)
{
    uint64_t mask = 0;
    believes_blocked = belief;
    mask_change(SIG_BLOCK, 0, &mask);
    if (mask & MASK_OURS)
        thread_surrender();
}

/* From here on this thread blocks SIGPROF for real. The clock first: what it has sent by then is
 * delivered before the mask changes. */
static void become_honest(void)
{
    thread_surrender();
    mask_block_ours();
    believes_blocked = false;
}

static struct sigaction program_action(void)
{
    return guard.program[atomic_load(&guard.current) & 1];
}

/* With every signal blocked, so that nothing can run while the slot not in use is filled. */
static void set_program_action(const struct sigaction *action)
{
    uint64_t old;
    mask_change(SIG_SETMASK, ~0ULL, &old);
    while (atomic_exchange(&guard.updating, 1))
        sched_yield();
    int other = !(atomic_load(&guard.current) & 1);
    guard.program[other] = *action;
    atomic_store(&guard.current, other);
    atomic_store(&guard.updating, 0);
    mask_change(SIG_SETMASK, old, NULL);
}

/* Ours, with the program's wish as to interrupted calls, and to the stack: a runtime whose stacks
 * are too small for a handler (Go) asks for the alternate one. Not by default, since alternate
 * stacks may be no larger than MINSIGSTKSZ. */
static int install(int wishes, struct sigaction *before)
{
    struct sigaction ours;
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = guard.handler;
    ours.sa_flags = SA_SIGINFO | wishes;
    sigfillset(&ours.sa_mask); // the program's handlers wait the few microseconds that we need
    return real()->sigaction(SIGPROF, &ours, before);
}

static bool is_handler(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

int guard_set_action(const struct sigaction *action, struct sigaction *old)
{
    struct sigaction before = program_action();
    // a child of vfork has dispositions of its own, but what we keep here is its parent's
    if (!thread_process_is_ours()) {
        int result = real()->sigaction(SIGPROF, action, old);
        if (result == 0 && old && old->sa_sigaction == guard.handler)
            *old = before;
        return result;
    }
    if (action) {
        struct sigaction copy = *action;
        set_program_action(&copy);
        if (is_handler(&copy))
            atomic_store(&guard.meant, 1);
        int wishes = is_handler(&copy) ? copy.sa_flags & (SA_RESTART | SA_ONSTACK) : SA_RESTART;
        if (install(wishes, NULL) < 0)
            return -1;
    }
    if (old)
        *old = before;
    return 0;
}

int guard_install(void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction before;
    uint64_t mask = 0;
    guard.handler = handler;
    if (install(SA_RESTART, &before) < 0)
        return -1;
    set_program_action(&before);
    mask_change(SIG_UNBLOCK, MASK_OURS, &mask);
    believes_blocked = mask & MASK_OURS;
    atomic_store(&guard.installed, 1);
    return 0;
}

void guard_recapture(void)
{
    struct sigaction now;
    if (!guard_is_installed() || real()->sigaction(SIGPROF, NULL, &now) < 0 ||
        now.sa_sigaction == guard.handler)
        return;
    guard_set_action(&now, NULL);
}

/* The default action of SIGPROF is to end the program, and so it shall. */
static void die_of(int signal)
{
    struct sigaction fallback;
    memset(&fallback, 0, sizeof fallback);
    fallback.sa_handler = SIG_DFL;
    real()->sigaction(signal, &fallback, NULL);
    mask_unblock_ours(false);
    syscall(SYS_tgkill, getpid(), (int)syscall(SYS_gettid), signal);
}

static void queue_again(int signal, siginfo_t *info)
{
    if (info->si_code == SI_TKILL)
        syscall(SYS_rt_tgsigqueueinfo, getpid(), (int)syscall(SYS_gettid), signal, info);
    else
        syscall(SYS_rt_sigqueueinfo, getpid(), signal, info);
}

/* What our clocks have sent while the handler ran must not be found pending by the program. */
static void discard_ours(void)
{
    const uint64_t set = MASK_OURS;
    const struct timespec now = {0};
    struct clock_signal ours;
    siginfo_t info;
    while (syscall(SYS_rt_sigtimedwait, &set, &info, &now, sizeof set) == SIGPROF) {
        if (!clock_identify(&info, &ours)) {
            queue_again(SIGPROF, &info);
            break;
        }
    }
}

/* The program believes that SIGPROF is blocked here, so the signal must stay pending: it goes back
 * to where it came from, and the interrupted code goes on with SIGPROF blocked. */
static void put_back(int signal, siginfo_t *info, ucontext_t *context)
{
    atomic_store(&guard.meant, 1);
    thread_surrender();
    discard_ours();
    sigaddset(&context->uc_sigmask, SIGPROF);
    believes_blocked = false;
    queue_again(signal, info);
}

static void run_program_handler(const struct sigaction *action, int signal, siginfo_t *info,
                                ucontext_t *context)
{
    // ours blocked everything; the program's handler runs under the mask that it asked for
    uint64_t ours, wanted = bits_of(&context->uc_sigmask) | bits_of(&action->sa_mask);
    if (!(action->sa_flags & SA_NODEFER))
        wanted |= MASK_OURS;
    mask_change(SIG_SETMASK, wanted, &ours);
    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(signal, info, context);
    else
        action->sa_handler(signal);
    mask_change(SIG_SETMASK, ours, NULL);
}

void guard_forward(int signal, siginfo_t *info, void *context)
{
    struct sigaction action = program_action();
    if (believes_blocked) {
        put_back(signal, info, context);
    } else if (action.sa_handler == SIG_DFL) {
        die_of(signal);
    } else if (action.sa_handler != SIG_IGN) {
        if (action.sa_flags & (int)SA_RESETHAND) {
            struct sigaction reset = action;
            reset.sa_handler = SIG_DFL;
            set_program_action(&reset);
        }
        run_program_handler(&action, signal, info, context);
    }
}

/* Interposed from here on. */

INTERPOSED int sigaction(int signal, const struct sigaction *restrict action,
                         struct sigaction *restrict old)
{
    if (action)
        guard_note_handler(signal, action->sa_handler);
    if (signal != SIGPROF || !guard_is_installed())
        return real()->sigaction(signal, action, old);
    return guard_set_action(action, old);
}

/* The program's mask change, without SIGPROF unless it is meant, and its old mask as if SIGPROF
 * had been in it. */
INTERPOSED int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
    if (!guard_is_installed())
        return real()->pthread_sigmask(how, set, old);
    bool before = believes_blocked;
    if (set) {
        sigset_t changed = *set;
        bool blocks = names_ours(set) && how != SIG_UNBLOCK;
        bool truly = blocks && is_meant(set);
        if (truly && !thread_rests() && thread_process_is_ours())
            thread_surrender();
        else if (blocks && !truly)
            sigdelset(&changed, SIGPROF);
        int result = real()->pthread_sigmask(how, &changed, old);
        if (result != 0)
            return result;
        bool decides = how == SIG_SETMASK || names_ours(set);
        bool changes = believes_blocked != (blocks && !truly) || thread_rests() != truly;
        if (decides && changes && !thread_process_is_ours())
            decides = false; // a child of vfork, on its parent's memory
        if (decides)
            believes_blocked = blocks && !truly;
        if (decides && !truly)
            thread_rest(false);
    } else {
        int result = real()->pthread_sigmask(how, set, old);
        if (result != 0)
            return result;
    }
    if (old && before)
        sigaddset(old, SIGPROF);
    return 0;
}

INTERPOSED int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
    int result = pthread_sigmask(how, set, old);
    if (result == 0)
        return 0;
    errno = result;
    return -1;
}

/* A program that waits for every signal there is must not be handed ours; one that waits for
 * SIGPROF must get its own. */
static const sigset_t *set_to_wait_for(const sigset_t *set, sigset_t *stripped)
{
    if (!set || !guard_is_installed() || !names_ours(set))
        return set;
    if (is_meant(set)) {
        if (believes_blocked)
            become_honest();
        return set;
    }
    *stripped = *set;
    sigdelset(stripped, SIGPROF);
    return stripped;
}

/* A wait without SIGPROF has been interrupted by one that the program itself has sent: from then on
 * it is meant, and the wait goes on with it. */
static bool wait_again(int result, const sigset_t *asked, const sigset_t *waited)
{
    return result < 0 && errno == EINTR && asked != waited && is_meant(asked);
}

INTERPOSED int sigwait(const sigset_t *restrict set, int *restrict signal)
{
    sigset_t stripped;
    const sigset_t *waited = set_to_wait_for(set, &stripped);
    if (waited == set)
        return real()->sigwait(set, signal);
    siginfo_t info;
    int result;
    do // as the real one, which hides interruptions
        result = sigwaitinfo(set, &info);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return errno;
    *signal = result;
    return 0;
}

INTERPOSED int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
    sigset_t stripped;
    const sigset_t *waited;
    int result;
    do {
        waited = set_to_wait_for(set, &stripped);
        result = real()->sigwaitinfo(waited, info);
    } while (wait_again(result, set, waited));
    return result;
}

INTERPOSED int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
                            const struct timespec *restrict timeout)
{
    sigset_t stripped;
    const sigset_t *waited;
    int result;
    do {
        waited = set_to_wait_for(set, &stripped);
        result = real()->sigtimedwait(waited, info, timeout);
    } while (wait_again(result, set, waited));
    return result;
}

INTERPOSED int signalfd(int fd, const sigset_t *set, int flags)
{
    sigset_t stripped;
    return real()->signalfd(fd, set_to_wait_for(set, &stripped), flags);
}

/* Who arms a timer with SIGPROF means it. */
INTERPOSED int setitimer(__itimer_which_t which, const struct itimerval *restrict value,
                         struct itimerval *restrict old)
{
    if (which == ITIMER_PROF)
        atomic_store(&guard.meant, 1);
    return real()->setitimer(which, value, old);
}

INTERPOSED int timer_create(clockid_t clock, struct sigevent *restrict event,
                            timer_t *restrict timer)
{
    if (event && event->sigev_notify != SIGEV_NONE && event->sigev_signo == SIGPROF)
        atomic_store(&guard.meant, 1);
    return real()->timer_create(clock, event, timer);
}
