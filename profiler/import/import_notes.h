/* SPDX-License-Identifier: MIT */
/*
 * import_notes.h - what of an input could not be taken over, to be told to the user.
 */
#ifndef PROF_IMPORT_IMPORT_NOTES_H
#define PROF_IMPORT_IMPORT_NOTES_H

#include <stdint.h>

struct import_notes {
    uint64_t lines_ignored; /* neither stacks nor comments */
    uint64_t counts_rounded;
};

#endif
