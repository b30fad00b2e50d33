/* SPDX-License-Identifier: MIT */
/*
 * symbol_chains.h - makes chains of named frames of what the origins have said.
 */
#ifndef PROF_SYMBOLIZER_SYMBOL_CHAINS_H
#define PROF_SYMBOLIZER_SYMBOL_CHAINS_H

#include "symbolizer/function_names.h"
#include "symbolizer/lookup.h"

/*
 * Gives every lookup its chain: chains[places[i]], or chains[i] where `places` is NULL. The batch's
 * frames become the result's, after those that it has. Functions that nobody named are called after
 * the module (a path): "libfoo.so+0x1230".
 */
void symbol_chains_complete(struct function_names *names, const char *module,
                            struct lookup_batch *batch, struct symbol_chain *chains,
                            const uint32_t *places, struct symbol_result *result);

#endif
