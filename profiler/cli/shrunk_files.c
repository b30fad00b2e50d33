/* SPDX-License-Identifier: MIT */
/*
 * shrunk_files.c - the handler of SIGBUS.
 *
 * It may run in any thread, and calls nothing but mmap, sigaction and raise. Nothing is looked up:
 * BUS_ADRERR at an address is a page that has no file behind it any more. It is made readable only,
 * so that a write, which would be lost, still ends prof.
 */
#include "profiler/cli/shrunk_files.h"

#include "profiler/cli/message.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile sig_atomic_t met; // static, because a handler is given no context
static uintptr_t page_size;

static bool put_zeros(uintptr_t address)
{
    void *page = (void *)(address & ~(page_size - 1));
    return mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page;
}

static void on_bus_error(int signal, siginfo_t *info, void *context)
{
    int saved = errno;
    (void)context;
    if (info->si_code == BUS_ADRERR && put_zeros((uintptr_t)info->si_addr)) {
        met = 1;
    } else {
        struct sigaction usual = {.sa_handler = SIG_DFL};
        sigaction(signal, &usual, NULL);
        if (info->si_code <= 0) // sent by somebody; a fault comes again by itself
            raise(signal);
    }
    errno = saved;
}

void shrunk_files_survive(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_RESTART};
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    sigaction(SIGBUS, &action, NULL);
}

void shrunk_files_report(void)
{
    if (met)
        message("a file became shorter while it was read, so names may be missing or wrong; "
                "'prof symbolize' looks them up again");
    met = 0;
}
