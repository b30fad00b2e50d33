/* SPDX-License-Identifier: MIT */
/*
 * hostile_names - spins in functions whose names hostile_names.cmake turns into markup and control
 * bytes.
 */
#include "tests/targets/target.h"

/* One line each, so that the source file's own name, hostile as well, counts for all of them. */
#line 1 "hostile <img src=x onerror=alert(1)>\".c"
#define HOSTILE(name)                                                                              \
    __attribute__((noinline)) void name(int ms);                                                   \
    void name(int ms)                                                                              \
    {                                                                                              \
        target_spin_ms(ms);                                                                        \
        __asm__ volatile("");                                                                      \
    }

HOSTILE(hostile_script)
HOSTILE(hostile_separator)
HOSTILE(hostile_escape)
HOSTILE(hostile_format)
HOSTILE(hostile_long)

int main(void)
{
    hostile_script(60);
    hostile_separator(60);
    hostile_escape(60);
    hostile_format(60);
    hostile_long(60);
    puts("done");
    return 0;
}
