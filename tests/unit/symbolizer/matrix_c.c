/* SPDX-License-Identifier: MIT */
/*
 * matrix_c.c - inlined calls three deep, a part that gcc moves to .cold, an imported function.
 */
#include <stdio.h>

static volatile int sink;

static inline __attribute__((always_inline)) int innermost(int value)
{
    sink += value;
    return sink * 3;
}

static inline __attribute__((always_inline)) int middle(int value)
{
    int sum = innermost(value + 1);
    return sum ^ innermost(sum);
}

static __attribute__((noinline, cold)) void rarely(void)
{
    puts("unlikely");
}

static __attribute__((noinline)) int with_cold_part(int value)
{
    for (int i = 0; i < 3; i++)
        value += middle(i);
    if (value == 12345) {
        rarely();
        value = middle(value);
    }
    return value;
}

static int table[4];

static __attribute__((noinline)) int with_loop(int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        table[i & 3] = innermost(i);
        {
            int other = middle(sum);
            sum += other;
        }
    }
    return sum;
}

int main(int argc, char **argv)
{
    (void)argv;
    printf("%d\n", with_cold_part(argc) + with_loop(argc));
    return 0;
}
