/* SPDX-License-Identifier: MIT */
/*
 * codec_thorough.c - the plugin that does two thirds of the work.
 */
#include "examples/plugin/codec.h"
#include "examples/work.h"

codec_encode_function codec_encode;

static __attribute__((noinline)) uint64_t thorough_search(uint64_t state, uint64_t rounds)
{
    WORK_ROUNDS(state, rounds);
    return state;
}

uint64_t codec_encode(uint64_t state, uint64_t rounds)
{
    return thorough_search(state, 2 * rounds) + 2;
}
