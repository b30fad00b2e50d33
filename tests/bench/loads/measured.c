/* SPDX-License-Identifier: MIT */
/*
 * measured.c - runs a command and writes down the CPU time that it and its children have used, so
 * that what a profiler runs can be told from the profiler.
 *
 *     measured FILE COMMAND [ARG...]
 *
 * FILE gets one line: user and system seconds. The exit status is the command's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    int status;
    struct rusage usage;
    if (argc < 3) {
        fprintf(stderr, "usage: measured FILE COMMAND [ARG...]\n");
        return 2;
    }
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return 125;
    FILE *file = fopen(argv[1], "w");
    if (!file)
        return 125;
    fprintf(file, "%.6f %.6f\n", seconds_of(usage.ru_utime), seconds_of(usage.ru_stime));
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
