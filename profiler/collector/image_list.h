/* SPDX-License-Identifier: MIT */
/*
 * image_list.h - all program images of a session, as their announcements tell of them.
 *
 * Memory: owns the images; a pointer to one is valid until the next announcement.
 */
#ifndef PROF_COLLECTOR_IMAGE_LIST_H
#define PROF_COLLECTOR_IMAGE_LIST_H

#include "profiler/base/bytes.h"
#include "profiler/collector/image.h"

#include <stdbool.h>

struct image_list {
    struct stack_table *table; /* borrowed */
    struct kept_files *files;  /* borrowed; NULL: none are kept */
    struct image *images;
    uint32_t count, capacity;
    uint32_t *open; /* indices of those that have not ended; a build has thousands that have */
    uint32_t open_count, open_capacity;
    struct hash_map by_number;
    bool impatient; /* a forked process is taken although its parent has not announced itself */
};

void image_list_init(struct image_list *list, struct stack_table *table);
void image_list_release(struct image_list *list);

/* Takes those that have ended out of `open`. */
void image_list_forget_ended(struct image_list *list);

/* By the number that the target counts; NULL when it was not announced. */
struct image *image_list_find(struct image_list *list, uint32_t number);

/* One record (enum channel_record) from the ring of a thread of image `number`. Kinds that announce
 * nothing are ignored, and so is a damaged payload. */
void image_list_announce(struct image_list *list, uint32_t number, uint8_t kind,
                         struct bytes payload);

#endif
