/* SPDX-License-Identifier: MIT */
/*
 * test_codec.c - single fields as numbers and back.
 */
#include "profiler/recording/codec.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Two coders with one string, module, process, thread, frame and stack, after a session. */
struct coders {
    struct codec_state writer, reader;
    struct text out, scratch;
};

static void coder_begin(struct codec_state *state)
{
    static const enum recording_kind kinds[] = {
        RECORDING_STRING, RECORDING_MODULE, RECORDING_PROCESS, RECORDING_THREAD,
        RECORDING_THREAD, RECORDING_FRAME,  RECORDING_STACK,   RECORDING_FUNCTION,
    };
    struct recording_record record = {.kind = RECORDING_SESSION, .session.start_ns = 5000000};
    codec_state_init(state);
    codec_state_count(state, &record);
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        record.kind = kinds[i];
        codec_state_count(state, &record);
    }
}

static int coders_begin(void **state)
{
    static struct coders coders;
    coders = (struct coders){.out = TEXT_INIT};
    coder_begin(&coders.writer);
    coder_begin(&coders.reader);
    *state = &coders;
    return 0;
}

static int coders_end(void **state)
{
    struct coders *coders = *state;
    codec_state_release(&coders->writer);
    codec_state_release(&coders->reader);
    text_release(&coders->out);
    text_release(&coders->scratch);
    return 0;
}

/* Encodes all fields of a record and reads them into another, over what is there. */
static bool pass_on(struct coders *coders, const struct recording_record *from,
                    struct recording_record *to)
{
    const struct codec_layout *layout = codec_layout_of(from->kind);
    coders->out.length = 0;
    for (unsigned i = 0; i < layout->field_count; i++) {
        if (!codec_encode(&coders->writer, from, &layout->fields[i], &coders->out))
            return false;
    }
    struct bytes in = bytes_of(coders->out.data, coders->out.length);
    to->kind = from->kind;
    for (unsigned i = 0; i < layout->field_count; i++) {
        if (!codec_decode(&coders->reader, to, &layout->fields[i], &in, &coders->scratch))
            return false;
    }
    return bytes_left(&in) == 0;
}

/* Decodes a single field from one number. */
static bool decode_number(struct coders *coders, struct recording_record *record, unsigned field,
                          uint64_t number)
{
    coders->out.length = 0;
    text_append_varint(&coders->out, number);
    struct bytes in = bytes_of(coders->out.data, coders->out.length);
    return codec_decode(&coders->reader, record, &codec_layout_of(record->kind)->fields[field], &in,
                        &coders->scratch);
}

static void numbers_of_every_width_survive(void **state)
{
    struct recording_record to = {0};
    const struct recording_record from = {
        .kind = RECORDING_PROCESS,
        .process = {UINT32_MAX, 0, 1, 1, UINT64_MAX, 1},
    };
    assert_true(pass_on(*state, &from, &to));
    assert_int_equal(to.process.pid, UINT32_MAX);
    assert_int_equal(to.process.parent_pid, 0);
    assert_int_equal(to.process.executable, 1);
    assert_true(to.process.start_ns == UINT64_MAX);
    assert_int_equal(to.process.start_cpu_ns, 1);
}

static void signed_values_survive(void **state)
{
    static const int32_t values[] = {0, -1, 1, INT32_MIN, INT32_MAX, 139};
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        struct recording_record to = {0};
        const struct recording_record from = {.kind = RECORDING_END, .end = {7, values[i]}};
        assert_true(pass_on(*state, &from, &to));
        assert_int_equal(to.end.wait_status, values[i]);
    }
}

static void times_keep_whole_microseconds_since_the_session(void **state)
{
    // Rounded down also before the session, so that order is kept.
    static const struct {
        uint64_t written, read;
    } times[] = {{5000000, 5000000}, {5000999, 5000000}, {5001000, 5001000},
                 {4999999, 4999000}, {4999000, 4999000}, {0, 0}};
    for (unsigned i = 0; i < sizeof times / sizeof *times; i++) {
        struct recording_record to = {0};
        const struct recording_record from = {
            .kind = RECORDING_SAMPLE,
            .sample = {0, RECORDING_NONE, 1, 0, times[i].written},
        };
        assert_true(pass_on(*state, &from, &to));
        assert_int_equal(to.sample.time_ns, times[i].read);
    }
}

static void samples_are_relative_to_their_own_thread(void **state)
{
    struct coders *coders = *state;
    struct recording_record to = {0};
    for (unsigned i = 0; i < 6; i++) {
        const struct recording_record from = {
            .kind = RECORDING_SAMPLE,
            .sample = {i % 2, 0, 1, 0, 5000000 + (i % 2 ? 900000000 : 1000) + i * 2000},
        };
        assert_true(pass_on(coders, &from, &to));
        assert_int_equal(to.sample.time_ns, from.sample.time_ns);
        assert_int_equal(to.sample.thread, i % 2);
        if (i >= 2) // five small numbers
            assert_int_equal(coders->out.length, 5);
    }
}

static void differences_begin_anew_with_each_chunk(void **state)
{
    struct coders *coders = *state;
    struct recording_record to = {0};
    struct recording_record from = {.kind = RECORDING_FRAME, .frame = {0, 0, 0x7f0000001000}};
    assert_true(pass_on(coders, &from, &to));
    size_t first = coders->out.length;
    assert_true(pass_on(coders, &from, &to));
    assert_true(coders->out.length < first);
    codec_state_begin_chunk(&coders->writer);
    codec_state_release(&coders->reader); // one that has not seen the chunk before
    coder_begin(&coders->reader);
    assert_true(pass_on(coders, &from, &to));
    assert_int_equal(coders->out.length, first);
    assert_true(to.frame.address == 0x7f0000001000);
}

static void ids_that_do_not_exist_are_refused(void **state)
{
    struct coders *coders = *state;
    struct recording_record to = {0};
    static const struct recording_record wrong[] = {
        {.kind = RECORDING_MODULE, .module.path = 2},
        {.kind = RECORDING_THREAD, .thread.process = 1},
        {.kind = RECORDING_FRAME, .frame.module = 1},
        {.kind = RECORDING_STACK, .stack = {1, 0}},
        {.kind = RECORDING_STACK, .stack = {RECORDING_NONE, 1}},
        {.kind = RECORDING_SAMPLE, .sample.thread = 2},
        {.kind = RECORDING_SAMPLE, .sample.stack = 1},
        {.kind = RECORDING_LOSS, .loss.thread = 2},
    };
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(pass_on(coders, &wrong[i], &to));
    to.kind = RECORDING_THREAD;
    assert_true(decode_number(coders, &to, 0, 0));
    assert_false(decode_number(coders, &to, 0, 1));
    assert_false(decode_number(coders, &to, 0, UINT64_MAX));
    to.kind = RECORDING_STACK;
    assert_true(decode_number(coders, &to, 0, 1));
    assert_false(decode_number(coders, &to, 0, 2));
    assert_false(decode_number(coders, &to, 0, UINT64_MAX)); // 1 - UINT64_MAX would be 2
    to.kind = RECORDING_LOSS;
    assert_true(decode_number(coders, &to, 0, 2));
    assert_false(decode_number(coders, &to, 0, 3));
}

static void refused_lines_leave_nothing_behind(void **state)
{
    struct coders *coders = *state;
    static const struct recording_line lines[] = {{0, 0, 1}, {1, 0, 1}}; // no function 1
    const struct recording_record from = {.kind = RECORDING_FRAME_LINES,
                                          .frame_lines = {0, 2, lines}};
    const struct codec_field *field = &codec_layout_of(RECORDING_FRAME_LINES)->fields[1];
    assert_false(codec_encode(&coders->writer, &from, field, &coders->out));
    assert_int_equal(coders->out.length, 0);
}

static void values_too_large_for_their_field_are_refused(void **state)
{
    struct recording_record to = {.kind = RECORDING_PROCESS};
    assert_true(decode_number(*state, &to, 0, UINT32_MAX));
    assert_false(decode_number(*state, &to, 0, 1ULL << 32));
    to.kind = RECORDING_SAMPLE;
    assert_true(decode_number(*state, &to, 2, UINT32_MAX - 1)); // a weight of UINT32_MAX
    assert_false(decode_number(*state, &to, 2, UINT32_MAX));
    assert_false(decode_number(*state, &to, 2, UINT64_MAX));
    to.kind = RECORDING_END;
    assert_true(decode_number(*state, &to, 1, UINT32_MAX)); // INT32_MIN
    assert_false(decode_number(*state, &to, 1, 1ULL << 32));
}

static void choices_of_later_versions_read_as_a_known_one(void **state)
{
    struct recording_record to = {.kind = RECORDING_SAMPLE};
    assert_true(decode_number(*state, &to, 3, RECORDING_STOP_NO_PROGRESS));
    assert_int_equal(to.sample.stop, RECORDING_STOP_NO_PROGRESS);
    assert_true(decode_number(*state, &to, 3, RECORDING_STOP_COUNT));
    assert_int_equal(to.sample.stop, RECORDING_STOP_UNSUPPORTED);
    assert_true(decode_number(*state, &to, 3, UINT64_MAX));
    assert_int_equal(to.sample.stop, RECORDING_STOP_UNSUPPORTED);
}

static void absent_fields_mean_the_number_zero(void **state)
{
    struct coders *coders = *state;
    struct recording_record to = {.kind = RECORDING_SAMPLE};
    to.sample = (struct recording_sample){9, 9, 9, 9, 9};
    const struct codec_layout *layout = codec_layout_of(RECORDING_SAMPLE);
    for (unsigned i = 0; i < layout->field_count; i++)
        assert_true(codec_decode_absent(&coders->reader, &to, &layout->fields[i]));
    assert_int_equal(to.sample.thread, 0);
    assert_int_equal(to.sample.stack, RECORDING_NONE);
    assert_int_equal(to.sample.weight, 1);
    assert_int_equal(to.sample.stop, 0);
    assert_int_equal(to.sample.time_ns, 5000000);
}

static void absent_bytes_and_lines_are_none(void **state)
{
    struct coders *coders = *state;
    static const enum recording_kind kinds[] = {RECORDING_STRING, RECORDING_MODULE,
                                                RECORDING_FRAME_LINES};
    for (unsigned i = 0; i < 3; i++) {
        const struct codec_layout *layout = codec_layout_of(kinds[i]);
        struct recording_record to;
        memset(&to, 0x55, sizeof to); // another record was here before
        to.kind = kinds[i];
        for (unsigned f = 0; f < layout->field_count; f++)
            assert_true(codec_decode_absent(&coders->reader, &to, &layout->fields[f]));
        if (kinds[i] == RECORDING_STRING)
            assert_string_equal(to.string.bytes, "");
        else if (kinds[i] == RECORDING_MODULE)
            assert_int_equal(to.module.build_id_size, 0);
        else
            assert_int_equal(to.frame_lines.count, 0);
    }
}

static void strings_longer_than_the_limit_are_cut(void **state)
{
    static char bytes[CODEC_STRING_MAX + 1];
    struct recording_record to = {0};
    const struct recording_record from = {.kind = RECORDING_STRING,
                                          .string = {bytes, sizeof bytes}};
    assert_true(pass_on(*state, &from, &to));
    assert_int_equal(to.string.size, CODEC_STRING_MAX);
}

static void a_session_comes_once_and_before_all_but_strings(void **state)
{
    (void)state;
    struct codec_state fresh;
    const struct recording_record session = {.kind = RECORDING_SESSION};
    codec_state_init(&fresh);
    assert_true(codec_state_admits(&fresh, RECORDING_STRING));
    assert_true(codec_state_admits(&fresh, RECORDING_SESSION));
    assert_false(codec_state_admits(&fresh, RECORDING_MODULE));
    codec_state_count(&fresh, &session);
    assert_false(codec_state_admits(&fresh, RECORDING_SESSION));
    assert_true(codec_state_admits(&fresh, RECORDING_MODULE));
    fresh.counts[RECORDING_STACK] = RECORDING_NONE; // all ids are taken
    assert_false(codec_state_admits(&fresh, RECORDING_STACK));
    codec_state_release(&fresh);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, coders_begin, coders_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_of_every_width_survive),
        TEST(signed_values_survive),
        TEST(times_keep_whole_microseconds_since_the_session),
        TEST(samples_are_relative_to_their_own_thread),
        TEST(differences_begin_anew_with_each_chunk),
        TEST(ids_that_do_not_exist_are_refused),
        TEST(refused_lines_leave_nothing_behind),
        TEST(values_too_large_for_their_field_are_refused),
        TEST(choices_of_later_versions_read_as_a_known_one),
        TEST(absent_fields_mean_the_number_zero),
        TEST(absent_bytes_and_lines_are_none),
        TEST(strings_longer_than_the_limit_are_cut),
        TEST(a_session_comes_once_and_before_all_but_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
