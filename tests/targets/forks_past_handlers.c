/* SPDX-License-Identifier: MIT */
/*
 * forks_past_handlers - makes a child by _Fork, which runs no fork handlers; the child exits at
 * once, and the parent spins on, 1,000 frames deep.
 */
#include "tests/targets/target.h"

#include <sys/wait.h>
#include <unistd.h>

enum { FRAMES = 1000 };

/* Deep: a profiler that took the child's end for the parent's has room for few such stacks. */
__attribute__((noinline)) static int spin_below(int frames)
{
    if (frames == 0) {
        target_spin_ms(400);
        return 0;
    }
    int depth = spin_below(frames - 1);
    TARGET_KEEP_FRAME(depth);
    return depth + 1;
}

int main(void)
{
    int status;
    pid_t child = _Fork();
    TARGET_CHECK(child >= 0);
    if (child == 0)
        exit(10);
    TARGET_CHECK(waitpid(child, &status, 0) == child);
    printf("the child ended with %#x\n", (unsigned)status);
    printf("%d frames\n", spin_below(FRAMES));
    return 0;
}
