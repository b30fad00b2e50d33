/* SPDX-License-Identifier: MIT */
/*
 * codec_fast.c - the plugin that does a third of the work.
 */
#include "examples/plugin/codec.h"
#include "examples/work.h"

codec_encode_function codec_encode;

static __attribute__((noinline)) uint64_t fast_transform(uint64_t state, uint64_t rounds)
{
    WORK_ROUNDS(state, rounds);
    return state;
}

uint64_t codec_encode(uint64_t state, uint64_t rounds)
{
    return fast_transform(state, rounds) + 1;
}
