/* SPDX-License-Identifier: MIT */
/*
 * write_every_kind - writes a recording with every kind of record and prints what it wrote.
 *
 *     write_every_kind FILE        the records as lines of JSON on stdout
 */
#include "tests/unit/recording/recording_fixture.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct record_list list = {0};
    struct text json = TEXT_INIT;
    if (argc != 2) {
        fprintf(stderr, "usage: write_every_kind FILE\n");
        return 2;
    }
    record_list_fill(&list, 2000);
    record_list_write(&list, argv[1], 700);
    record_list_append_json(&json, &list, 0);
    fwrite(json.data, 1, json.length, stdout);
    text_release(&json);
    record_list_release(&list);
    return 0;
}
