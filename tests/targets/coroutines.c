/* SPDX-License-Identifier: MIT */
/*
 * coroutines - swapcontext between stacks of our own making, spinning on each.
 */
#include "tests/targets/target.h"

#include <ucontext.h>

enum { COROUTINES = 4, STACK_SIZE = 64 * 1024, TURNS = 10 };

static ucontext_t scheduler;
static ucontext_t contexts[COROUTINES];
static int steps[COROUTINES];

static void coroutine_main(int number)
{
    for (int turn = 0; turn < TURNS; turn++) {
        target_spin_ms(5);
        steps[number] += number + 1;
        swapcontext(&contexts[number], &scheduler);
    }
}

static void coroutine_prepare(int number)
{
    ucontext_t *context = &contexts[number];
    TARGET_CHECK(getcontext(context) == 0);
    context->uc_stack.ss_sp = malloc(STACK_SIZE);
    context->uc_stack.ss_size = STACK_SIZE;
    context->uc_link = &scheduler;
    TARGET_CHECK(context->uc_stack.ss_sp);
    makecontext(context, (void (*)(void))coroutine_main, 1, number);
}

int main(void)
{
    for (int i = 0; i < COROUTINES; i++)
        coroutine_prepare(i);
    for (int turn = 0; turn <= TURNS; turn++)
        for (int i = 0; i < COROUTINES; i++)
            TARGET_CHECK(swapcontext(&scheduler, &contexts[i]) == 0);
    for (int i = 0; i < COROUTINES; i++)
        printf("coroutine %d made %d steps\n", i, steps[i]);
    return 0;
}
