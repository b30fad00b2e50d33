/* SPDX-License-Identifier: MIT */
/*
 * codec.h - what the host and a codec plugin agree on.
 *
 * A plugin is a shared object that exports one function of this type under the name codec_encode.
 */
#ifndef EXAMPLES_PLUGIN_CODEC_H
#define EXAMPLES_PLUGIN_CODEC_H

#include <stdint.h>

#define CODEC_SYMBOL "codec_encode"

typedef uint64_t codec_encode_function(uint64_t state, uint64_t rounds);

#endif
