/* SPDX-License-Identifier: MIT */
/*
 * fixture.c - a little of everything the symbolizer reads, in as few bytes as possible: inlined
 * calls, an imported function, a static one. Damaged in test_damage.c.
 */
extern int imported(int value);

static inline __attribute__((always_inline)) int innermost(int value)
{
    return imported(value) * 3;
}

static inline __attribute__((always_inline)) int middle(int value)
{
    for (int i = 0; i < value; i++)
        value += innermost(i);
    return value;
}

static __attribute__((noinline)) int hidden(int value)
{
    return middle(value) ^ middle(value + 1);
}

int exported(int value);
int exported(int value)
{
    return hidden(value) + innermost(value);
}
