/* SPDX-License-Identifier: MIT */
/*
 * split.c - a page server without a network, with a known split of CPU time between functions.
 *
 * Run:  prof run build/examples/split
 * See:  four functions with time of their own. The program counts the rounds of work each of them
 *       does and prints the true shares; the flamegraph shows the same within the chance of
 *       sampling: 1,600 samples place escape_text within 2.4 points of 40 in 19 of 20 runs.
 */
#include "examples/work.h"

#include <inttypes.h>

enum step { STEP_PARSE, STEP_FILL, STEP_ESCAPE, STEP_COMPRESS, STEP_COUNT };

static const char *const step_names[STEP_COUNT] = {
    [STEP_PARSE] = "parse_request",
    [STEP_FILL] = "fill_template",
    [STEP_ESCAPE] = "escape_text",
    [STEP_COMPRESS] = "compress_page",
};

struct server {
    uint64_t state;
    uint64_t unit; // rounds in one per cent of a request
    uint64_t rounds[STEP_COUNT];
};

static __attribute__((noinline)) void parse_request(struct server *server)
{
    uint64_t state = server->state;
    WORK_ROUNDS(state, 15 * server->unit);
    server->state = state;
    server->rounds[STEP_PARSE] += 15 * server->unit;
}

static __attribute__((noinline)) void fill_template(struct server *server)
{
    uint64_t state = server->state;
    WORK_ROUNDS(state, 20 * server->unit);
    server->state = state;
    server->rounds[STEP_FILL] += 20 * server->unit;
}

static __attribute__((noinline)) void escape_text(struct server *server)
{
    uint64_t state = server->state;
    WORK_ROUNDS(state, 40 * server->unit);
    server->state = state;
    server->rounds[STEP_ESCAPE] += 40 * server->unit;
}

static __attribute__((noinline)) void compress_page(struct server *server)
{
    uint64_t state = server->state;
    WORK_ROUNDS(state, 25 * server->unit);
    server->state = state;
    server->rounds[STEP_COMPRESS] += 25 * server->unit;
}

/* The asm statements keep the last call of each caller a call: a jump would drop its frame. */
static __attribute__((noinline)) void render_page(struct server *server)
{
    fill_template(server);
    escape_text(server);
    __asm__ volatile("");
}

/* Requests differ in size, or they would beat with the clock that samples them. */
static __attribute__((noinline)) void serve_request(struct server *server)
{
    server->unit = 5000 + server->state % 10000;
    parse_request(server);
    render_page(server);
    compress_page(server);
    __asm__ volatile("");
}

static void print_shares(const struct server *server)
{
    uint64_t total = 0;
    for (int step = 0; step < STEP_COUNT; step++)
        total += server->rounds[step];
    printf("function          share of the work\n");
    for (int step = 0; step < STEP_COUNT && total > 0; step++)
        printf("%-16s  %5.1f %%\n", step_names[step],
               100.0 * (double)server->rounds[step] / (double)total);
    printf("result %016" PRIx64 "\n", server->state);
}

int main(int argc, char **argv)
{
    struct server server = {.state = WORK_SEED};
    uint64_t requests = 8 * work_percent(argc, argv);
    for (uint64_t i = 0; i < requests; i++)
        serve_request(&server);
    print_shares(&server);
    return 0;
}
