/* SPDX-License-Identifier: MIT */
/*
 * shrunk_files.h - a file that becomes shorter while it is mapped does not end prof.
 *
 * Reading a page beyond the end of a mapped file raises SIGBUS: a program that is built anew while
 * its names are looked up would take prof, and with it the target's exit status, down. The page
 * becomes zeros instead, which readers take as damage, like any other in an untrusted file. Files
 * of other users are no concern here: they are read by other processes (symbolizer.h).
 *
 * A handler of signals belongs to the program, not to a library: hence here.
 */
#ifndef PROF_CLI_SHRUNK_FILES_H
#define PROF_CLI_SHRUNK_FILES_H

/* From now on. */
void shrunk_files_survive(void);

/* Says once that there was one. */
void shrunk_files_report(void);

#endif
