/* SPDX-License-Identifier: MIT */
/*
 * realigns_frames - spins under functions that realign their stack, whose CFA is an expression.
 */
#include "tests/targets/target.h"

#ifdef __x86_64__
#define ALIGNS_ARGUMENT_POINTER __attribute__((force_align_arg_pointer))
#else
#define ALIGNS_ARGUMENT_POINTER
#endif

/* The 64-byte local makes the compiler realign the stack and describe the CFA by an expression. */
static __attribute__((noinline)) int64_t inner(int turns)
{
    _Alignas(64) volatile double block[8] = {0};
    for (int i = 0; i < turns; i++)
        block[i & 7] += i;
    return (int64_t)block[7] + ((uintptr_t)block % 64 == 0);
}

/* A local of variable size on top of the realignment takes one more register for the frame. */
static __attribute__((noinline)) int64_t middle(int turns, int size)
{
    _Alignas(64) volatile char block[128] = {0};
    volatile char *more = __builtin_alloca((size_t)size);
    more[size - 1] = 1;
    block[0] = more[size - 1];
    return inner(turns) + block[0] + ((uintptr_t)block % 64 == 0);
}

static ALIGNS_ARGUMENT_POINTER __attribute__((noinline)) int64_t outer(int turns, int size)
{
    return middle(turns, size) + 1;
}

int main(void)
{
    int64_t sum = 0;
    for (int i = 0; i < 1000; i++)
        sum += outer(300000, 100 + i % 50);
    printf("sum %lld\n", (long long)sum);
    return 0;
}
