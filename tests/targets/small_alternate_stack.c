/* SPDX-License-Identifier: MIT */
/*
 * small_alternate_stack - spins in a signal handler on an alternate stack of 4 KiB with nothing
 * below it.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

enum { USUAL_SIZE = 4096, HANDLERS = 512 };

/* Two of the kernel's signal frames have to fit, of this handler and of one that interrupts it.
 * Where wide registers make them larger than when 4 KiB was the custom, so is the stack. The
 * kernel's figure is generous, by some 400 bytes a frame. */
static size_t stack_size(void)
{
    size_t needed = 2 * getauxval(AT_MINSIGSTKSZ) + HANDLERS;
    return needed > USUAL_SIZE ? needed : USUAL_SIZE;
}

static void on_signal(int signal)
{
    (void)signal;
    target_spin_ms(300);
}

int main(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (stack_size() + 15) & ~(size_t)15;
    size_t room = (size + page - 1) & -page;
    char *block =
        mmap(NULL, page + room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TARGET_CHECK(block != MAP_FAILED && mprotect(block, page, PROT_NONE) == 0);
    stack_t stack = {.ss_sp = block + page, .ss_size = size};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    TARGET_CHECK(sigaltstack(&stack, NULL) == 0);
    TARGET_CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    TARGET_CHECK(raise(SIGUSR1) == 0);
    puts("the handler came back");
    return 0;
}
