/* SPDX-License-Identifier: MIT */
/*
 * wait_status - runs a command and writes to a file how it ended: wait_status FILE COMMAND [ARG...]
 */
#include "tests/targets/target.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A shell shows exit status 139 and death by signal 11 as one number; this tells them apart. */
int main(int argc, char **argv)
{
    int status;
    if (argc < 3) {
        fprintf(stderr, "usage: wait_status FILE COMMAND [ARG...]\n");
        return 2;
    }
    pid_t pid = fork();
    TARGET_CHECK(pid >= 0);
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    TARGET_CHECK(waitpid(pid, &status, 0) == pid);
    FILE *stream = fopen(argv[1], "w");
    TARGET_CHECK(stream);
    if (WIFSIGNALED(status))
        fprintf(stream, "killed by signal %d (%s)\n", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    else
        fprintf(stream, "exited with %d\n", WEXITSTATUS(status));
    TARGET_CHECK(fclose(stream) == 0);
    return 0;
}
