/* SPDX-License-Identifier: MIT */
/*
 * recovers_from_segv - a deep SIGSEGV handler on a sigaltstack that makes the access succeed.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TURNS = 5, DEPTH = 50, STACK_SIZE = 64 * 1024 };

static char *page;
static volatile sig_atomic_t faults;

static __attribute__((noinline)) int spin_deep(int depth)
{
    if (depth == 0) {
        target_spin_ms(30);
        return 0;
    }
    int below = spin_deep(depth - 1);
    TARGET_KEEP_FRAME(below);
    return below + 1;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    if ((char *)info->si_addr != page || spin_deep(DEPTH) != DEPTH)
        _exit(98);
    faults++;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

int main(void)
{
    stack_t stack = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    TARGET_CHECK(stack.ss_sp && sigaltstack(&stack, NULL) == 0);
    TARGET_CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TARGET_CHECK(page != MAP_FAILED);
    for (int i = 0; i < TURNS; i++) {
        TARGET_CHECK(mprotect(page, 4096, PROT_NONE) == 0);
        *(volatile char *)page = (char)i;
    }
    printf("recovered from %d faults, last value %d\n", (int)faults, *page);
    return 0;
}
