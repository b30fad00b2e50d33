/* SPDX-License-Identifier: MIT */
/*
 * symbolize_addresses - prints what the symbolizer knows of addresses, for tests and measurements.
 *
 * Usage: symbolize_addresses [-D DEBUG_DIRECTORY] [-l] [-q] [-t THREADS] ELF [ADDRESS...]
 * Hexadecimal addresses come from the arguments, or else line by line from standard input. Prints
 * by libdwarf alone with -l,
 * like `addr2line -aifC`: the address, then per function its name and file:line; with -q only the
 * counts. On standard error: the source, the reason, and how many addresses each origin named.
 */
#include "profiler/base/memory.h"
#include "symbolizer/symbolizer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct addresses {
    uint64_t *values;
    uint32_t count, capacity;
};

static void add(struct addresses *addresses, const char *hex)
{
    *array_push(&addresses->values, &addresses->count, &addresses->capacity) =
        strtoull(hex, NULL, 16);
}

static void print_chain(const struct string_table *strings, uint64_t address,
                        const struct symbol_result *result, const struct symbol_chain *chain)
{
    printf("0x%016" PRIx64 "\n", address);
    for (uint32_t i = 0; i < chain->frame_count; i++) {
        const struct symbol_frame *frame = &result->frames[chain->first_frame + i];
        const char *file = frame->file ? string_table_get(strings, frame->file) : "??";
        printf("%s\n%s:", string_table_get(strings, frame->name), file);
        if (frame->line)
            printf("%u\n", frame->line);
        else
            printf("?\n");
    }
}

static void print_counts(const struct string_table *strings, const struct symbol_result *result,
                         double seconds)
{
    const uint32_t *origins = result->origins;
    fprintf(stderr, "source: %s\nreason: %s\n", string_table_get(strings, result->source),
            string_table_get(strings, result->reason));
    fprintf(stderr, "addresses: %u DWARF, %u symbol table, %u PLT, %u without name; %.3f s\n",
            origins[SYMBOL_FROM_DWARF], origins[SYMBOL_FROM_TABLE], origins[SYMBOL_FROM_PLT],
            origins[SYMBOL_FROM_START], seconds);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void symbolize(const char *path, const struct symbolizer_options *options,
                      const struct addresses *addresses, bool quiet)
{
    struct symbol_module module = {.path = path};
    struct string_table strings;
    struct symbol_result result;
    string_table_init(&strings);
    struct symbolizer *symbolizer = symbolizer_new(options, &strings);
    double start = now();
    symbolizer_resolve(symbolizer, &module, addresses->values, addresses->count, &result);
    double seconds = now() - start;
    for (uint32_t i = 0; i < result.chain_count && !quiet; i++)
        print_chain(&strings, addresses->values[i], &result, &result.chains[i]);
    print_counts(&strings, &result, seconds);
    symbol_result_release(&result);
    symbolizer_free(symbolizer);
    string_table_release(&strings);
}

int main(int argc, char **argv)
{
    const char *directories[] = {NULL, NULL};
    struct symbolizer_options options = {0};
    bool quiet = false;
    struct addresses addresses = {0};
    for (int option; (option = getopt(argc, argv, "D:lqt:")) != -1;) {
        if (option == 'D') {
            directories[0] = optarg;
            options.debug_directories = directories;
        } else if (option == 'l') {
            options.only_libdwarf = true;
        } else if (option == 'q') {
            quiet = true;
        } else if (option == 't') {
            options.threads = (uint32_t)atoi(optarg);
        } else {
            return 2;
        }
    }
    if (optind >= argc) {
        fprintf(stderr, "usage: %s [-D DIRECTORY] [-l] [-q] [-t N] ELF [ADDRESS...]\n", argv[0]);
        return 2;
    }
    for (int i = optind + 1; i < argc; i++)
        add(&addresses, argv[i]);
    char line[64];
    while (optind + 1 == argc && fgets(line, sizeof line, stdin))
        add(&addresses, line);
    symbolize(argv[optind], &options, &addresses, quiet);
    free(addresses.values);
    return 0;
}
