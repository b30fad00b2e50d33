/* SPDX-License-Identifier: MIT */
/*
 * fuzz_unwind.h - the entry of fuzz_unwind.c, for the fuzzer and for test_unwind_mutations.
 */
#ifndef PROF_TESTS_FUZZ_UNWIND_H
#define PROF_TESTS_FUZZ_UNWIND_H

#include <stddef.h>
#include <stdint.h>

/* Where the input's tables are, and the code that they describe. */
enum { FUZZ_CODE = 0x401000, FUZZ_CODE_SIZE = 0x100, FUZZ_TABLES = 0x410000 };

/* How many frames the last input let the walks pass. */
extern uint32_t fuzz_unwind_steps;

/* The first byte chooses how the tables are read; the rest is .eh_frame_hdr and .eh_frame. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
