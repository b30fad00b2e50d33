/* SPDX-License-Identifier: MIT */
/*
 * terminal.c - whether output goes to a terminal, and how wide that is.
 */
#include "profiler/cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const color_choices[] = {"auto", "always", "never", NULL};

bool terminal_color(uint32_t choice, FILE *stream)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    if (choice != COLOR_AUTO)
        return choice == COLOR_ALWAYS;
    return isatty(fileno(stream)) && !(no_color && no_color[0]) &&
           !(term && strcmp(term, "dumb") == 0);
}

unsigned terminal_width(FILE *stream)
{
    struct winsize size;
    if (!isatty(fileno(stream)) || ioctl(fileno(stream), TIOCGWINSZ, &size) < 0)
        return 0;
    return size.ws_col;
}
