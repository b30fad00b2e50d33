/* SPDX-License-Identifier: MIT */
/*
 * fuzz_recording.c - any bytes may be in a file that prof is told to read.
 *
 * The first byte chooses how the rest is used: as a whole file whose checksums are made right (a
 * fuzzer cannot guess them), as a whole file as it is, or as the records of one chunk. An entry for
 * libFuzzer; test_mutations drives it too.
 */
#include "profiler/base/text.h"
#include "profiler/profile/profile.h"
#include "profiler/recording/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Puts the right checksum into each chunk that lies within the file. */
static void repair_checksums(struct text *file)
{
    size_t at = CONTAINER_FILE_HEADER_SIZE;
    while (at <= file->length && file->length - at >= CONTAINER_CHUNK_HEADER_SIZE) {
        char *header = file->data + at;
        uint32_t stored_size;
        memcpy(&stored_size, header + 8, sizeof stored_size);
        if (stored_size > file->length - at - CONTAINER_CHUNK_HEADER_SIZE)
            return;
        uLong sum = crc32(0, (const Bytef *)header, 16);
        uint32_t checksum =
            (uint32_t)crc32(sum, (const Bytef *)header + CONTAINER_CHUNK_HEADER_SIZE, stored_size);
        memcpy(header + 16, &checksum, sizeof checksum);
        at += CONTAINER_CHUNK_HEADER_SIZE + stored_size;
    }
}

static void wrap_in_chunk(struct text *file, const uint8_t *data, size_t size)
{
    uint32_t header[4] = {CONTAINER_STORED, (uint32_t)size, (uint32_t)size, 0};
    container_append_file_header(file);
    text_append(file, CONTAINER_CHUNK_MARKER, 4);
    text_append(file, header, sizeof header);
    text_append(file, data, size);
    repair_checksums(file);
}

/* Every table must be usable without another check: that is what loading promises. */
static void check_profile(const struct profile *profile)
{
    struct profile_totals totals;
    profile_totals(profile, &totals);
    for (uint32_t i = 0; i < profile->stack_count; i++) {
        const struct profile_stack *stack = &profile->stacks[i];
        if (stack->frame >= profile->frame_count ||
            (stack->parent != PROFILE_NONE && stack->parent >= i))
            abort();
    }
    for (uint32_t i = 0; i < profile->frame_count; i++) {
        const struct profile_frame *frame = &profile->frames[i];
        if (frame->first_line > profile->line_count ||
            frame->line_count > profile->line_count - frame->first_line)
            abort();
    }
    for (uint32_t i = 0; i < profile->line_count; i++) {
        if (profile->lines[i].function >= profile->function_count)
            abort();
    }
}

static void load(const struct text *file)
{
    char path[64];
    struct error error;
    struct profile profile;
    int fd = memfd_create("recording", MFD_CLOEXEC);
    if (fd < 0 || write(fd, file->data, file->length) != (ssize_t)file->length)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    profile_init(&profile);
    profile_load(&profile, path, &error);
    check_profile(&profile);
    profile_release(&profile);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text file = TEXT_INIT;
    if (size == 0)
        return 0;
    text_append(&file, "", 0);
    if (data[0] % 3 == 0) {
        text_append(&file, data + 1, size - 1);
        repair_checksums(&file);
    } else if (data[0] % 3 == 1) {
        text_append(&file, data + 1, size - 1);
    } else {
        wrap_in_chunk(&file, data + 1, size - 1);
    }
    load(&file);
    text_release(&file);
    return 0;
}
