/* SPDX-License-Identifier: MIT */
/*
 * eh_frame_starts.c - reads the address ranges of FDEs, and nothing else of them.
 */
#include "symbolizer/eh_frame_starts.h"

#include <elf.h>
#include <string.h>

/* Pointer encodings (LSB 5.0, 10.5). */
enum {
    ENCODING_ABSOLUTE = 0x00,
    ENCODING_ULEB128 = 0x01,
    ENCODING_UDATA2 = 0x02,
    ENCODING_UDATA4 = 0x03,
    ENCODING_UDATA8 = 0x04,
    ENCODING_SDATA2 = 0x0a,
    ENCODING_SDATA4 = 0x0b,
    ENCODING_SDATA8 = 0x0c,
    ENCODING_FORMAT = 0x0f,
    ENCODING_PC_RELATIVE = 0x10,
    ENCODING_BASE = 0x70,
    ENCODING_INDIRECT = 0x80,
};

struct eh_frame {
    struct bytes data;
    uint64_t address; /* of data.at */
    bool is_64;
    const uint8_t *last_cie; /* most FDEs share the CIE before them */
    uint8_t last_encoding;
};

static uint64_t read_value(struct bytes *b, uint8_t encoding, bool is_64)
{
    switch (encoding & ENCODING_FORMAT) {
    case ENCODING_ABSOLUTE:
        return is_64 ? bytes_u64(b) : bytes_u32(b);
    case ENCODING_ULEB128:
        return bytes_varint(b);
    case ENCODING_UDATA2:
        return bytes_u16(b);
    case ENCODING_UDATA4:
        return bytes_u32(b);
    case ENCODING_SDATA2:
        return (uint64_t)(int16_t)bytes_u16(b);
    case ENCODING_SDATA4:
        return (uint64_t)(int32_t)bytes_u32(b);
    case ENCODING_UDATA8:
    case ENCODING_SDATA8:
        return bytes_u64(b);
    default:
        bytes_fail(b);
        return 0;
    }
}

static uint64_t read_pointer(struct bytes *b, uint8_t encoding, const struct eh_frame *frame)
{
    uint64_t place = frame->address + (uint64_t)(b->at - frame->data.at);
    uint64_t value = read_value(b, encoding, frame->is_64);
    uint8_t base = encoding & ENCODING_BASE;
    if ((encoding & ENCODING_INDIRECT) || (base && base != ENCODING_PC_RELATIVE))
        bytes_fail(b);
    if (base == ENCODING_PC_RELATIVE)
        value += place;
    return frame->is_64 ? value : (uint32_t)value;
}

/* All that is wanted of a CIE is at its beginning. Looking further would let two huge ones, used by
 * FDEs in turn, be read once for each FDE. */
enum { CIE_HEAD = 64 };

/* The pointer encoding of FDEs from the CIE's augmentation; `b` is after the CIE's id. */
static uint8_t cie_encoding(struct bytes b, const struct eh_frame *frame)
{
    if (bytes_left(&b) > CIE_HEAD)
        b.end = b.at + CIE_HEAD;
    uint8_t version = bytes_u8(&b);
    const char *augmentation = bytes_string(&b);
    if (!augmentation)
        return ENCODING_INDIRECT; // unreadable
    if (augmentation[0] != 'z')
        return ENCODING_ABSOLUTE;
    if (version >= 4)
        bytes_skip(&b, 2);
    bytes_varint(&b); // code alignment
    bytes_varint(&b); // data alignment; signed, but as long
    if (version == 1)
        bytes_skip(&b, 1); // return address register
    else
        bytes_varint(&b);
    bytes_varint(&b); // size of the augmentation
    for (const char *c = augmentation + 1; *c && !b.failed; c++) {
        if (*c == 'R')
            return bytes_u8(&b);
        if (*c == 'L')
            bytes_skip(&b, 1);
        else if (*c == 'P')
            read_value(&b, bytes_u8(&b), frame->is_64);
    }
    return ENCODING_ABSOLUTE;
}

/* Splits off the entry at `b`: its bytes after the length. An empty one ends the table. */
static struct bytes next_entry(struct bytes *b)
{
    uint64_t size = bytes_u32(b);
    if (size == 0xffffffff)
        size = bytes_u64(b);
    const uint8_t *at = bytes_take(b, size);
    return bytes_of(at, at ? size : 0);
}

/* `distance` leads back from the field that holds it to the FDE's CIE. */
static uint8_t fde_encoding(struct eh_frame *frame, const uint8_t *field, uint32_t distance)
{
    if (distance > (size_t)(field - frame->data.at))
        return ENCODING_INDIRECT; // unreadable
    const uint8_t *cie = field - distance;
    if (cie != frame->last_cie) {
        struct bytes b = bytes_of(cie, (size_t)(frame->data.end - cie));
        struct bytes entry = next_entry(&b);
        if (bytes_u32(&entry) != 0)
            return ENCODING_INDIRECT;
        frame->last_cie = cie;
        frame->last_encoding = cie_encoding(entry, frame);
    }
    return frame->last_encoding;
}

static void visit_fde(struct eh_frame *frame, struct bytes b, struct lookup_batch *batch)
{
    const uint8_t *field = b.at;
    uint8_t encoding = fde_encoding(frame, field, bytes_u32(&b));
    uint64_t start = read_pointer(&b, encoding, frame);
    uint64_t size = read_value(&b, encoding & ENCODING_FORMAT, frame->is_64);
    if (b.failed)
        return;
    uint32_t i = lookup_first(batch->lookups, batch->count, start);
    for (; i < batch->count && batch->lookups[i].address - start < size; i++) {
        // the first FDE wins: one over everything must not cost a walk over the batch each time
        if (batch->lookups[i].start)
            break;
        batch->lookups[i].start = start;
    }
}

/* The section, or without section headers what PT_GNU_EH_FRAME points to. */
static bool find_eh_frame(const struct elf_image *image, struct eh_frame *frame)
{
    const struct elf_section *section = elf_image_section(image, ".eh_frame");
    *frame = (struct eh_frame){.is_64 = image->is_64};
    if (section) {
        frame->data = elf_image_bytes(image, section);
        frame->address = section->address;
        return bytes_left(&frame->data) > 0;
    }
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (segment->type != PT_GNU_EH_FRAME)
            continue;
        frame->data = elf_image_bytes_at(image, segment->address);
        frame->address = segment->address;
        struct bytes b = frame->data;
        uint8_t version = bytes_u8(&b);
        uint8_t encoding = bytes_u8(&b);
        bytes_skip(&b, 2);
        uint64_t address = read_pointer(&b, encoding, frame);
        if (version != 1 || b.failed)
            return false;
        frame->data = elf_image_bytes_at(image, address);
        frame->address = address;
        return bytes_left(&frame->data) > 0;
    }
    return false;
}

void eh_frame_starts_resolve(const struct elf_image *image, struct lookup_batch *batch)
{
    struct eh_frame frame;
    if (!find_eh_frame(image, &frame))
        return;
    struct bytes b = frame.data;
    for (;;) {
        struct bytes entry = next_entry(&b);
        struct bytes id = entry;
        if (b.failed || !bytes_left(&entry))
            break;
        if (bytes_u32(&id) != 0)
            visit_fde(&frame, entry, batch);
    }
}
