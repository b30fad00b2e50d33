/* SPDX-License-Identifier: MIT */
/*
 * info_json.c - what was recorded and how well, as JSON.
 */
#include "render/activity.h"
#include "render/json_text.h"
#include "render/views.h"

#include <stdio.h>
#include <sys/wait.h>

static const char *const loss_names[RECORDING_LOSS_COUNT] = {
    [RECORDING_LOSS_RING_FULL] = "ring_full",
    [RECORDING_LOSS_PAUSED] = "paused",
    [RECORDING_LOSS_NO_SLOT] = "no_slot",
    [RECORDING_LOSS_NO_CLOCK] = "no_clock",
    [RECORDING_LOSS_NOT_PRELOADED] = "not_preloaded",
};

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *seconds(uint64_t ns)
{
    return json_real((double)ns / 1e9);
}

static void set_run(json_t *info, const struct profile *profile)
{
    json_object_set_new(info, "command", json_text_of(profile, profile->command));
    json_object_set_new(info, "directory", json_text_of(profile, profile->directory));
    json_object_set_new(info, "host", json_text_of(profile, profile->host));
    json_object_set_new(info, "system", json_text_of(profile, profile->system));
    json_object_set_new(info, "prof_version", json_text_of(profile, profile->prof_version));
    json_object_set_new(info, "engine", json_text_of(profile, profile->engine));
    json_object_set_new(info, "start_unix_s", seconds(profile->start_unix_ns));
}

static void set_result(json_t *info, const struct profile *profile)
{
    int status = profile->wait_status;
    bool known = status != -1;
    json_object_set_new(info, "exit_status",
                        known && WIFEXITED(status) ? json_integer(WEXITSTATUS(status))
                                                   : json_null());
    json_object_set_new(info, "signal",
                        known && WIFSIGNALED(status) ? json_integer(WTERMSIG(status))
                                                     : json_null());
    json_object_set_new(info, "finished", json_boolean(profile->finished));
    json_object_set_new(info, "damaged_bytes", count(profile->damaged_bytes));
    json_object_set_new(info, "damage",
                        profile->damage ? json_text_of(profile, profile->damage) : json_null());
    json_object_set_new(info, "symbolized", json_boolean(profile->symbolized));
}

static void set_figures(json_t *info, const struct profile *profile)
{
    struct profile_totals totals;
    profile_totals(profile, &totals);
    json_object_set_new(info, "requested_hz", count(profile->requested_hz));
    json_object_set_new(info, "achieved_hz", json_real(totals.achieved_hz));
    json_object_set_new(info, "period_ns", count(profile->period_ns));
    json_object_set_new(info, "duration_s", seconds(totals.duration_ns));
    json_object_set_new(info, "cpu_s", seconds(totals.cpu_ns));
    json_object_set_new(info, "accounted_cpu_s", seconds(totals.accounted_ns));
    json_object_set_new(info, "start_cpu_s", seconds(totals.start_cpu_ns));
    json_object_set_new(info, "samples", count(totals.samples));
    json_object_set_new(info, "lost_samples", count(totals.lost_samples));
    json_object_set_new(info, "lost_cpu_s", seconds(totals.lost_weight * profile->period_ns));
    json_object_set_new(info, "complete_stacks", count(totals.complete));

    json_t *stops = json_object(), *losses = json_object();
    for (unsigned i = 0; i < RECORDING_STOP_COUNT; i++)
        json_object_set_new(stops, profile_stop_name(i), count(totals.stops[i]));
    for (unsigned i = 0; i < RECORDING_LOSS_COUNT; i++)
        json_object_set_new(losses, loss_names[i], count(totals.losses[i]));
    json_object_set_new(info, "stop_reasons", stops);
    json_object_set_new(info, "losses", losses);
}

static json_t *processes(const struct profile *profile, const struct activity *activity)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < profile->process_count; i++) {
        const struct profile_process *process = &profile->processes[i];
        json_t *object = json_object();
        json_object_set_new(object, "pid", count(process->pid));
        json_object_set_new(object, "parent_pid", count(process->parent_pid));
        json_object_set_new(object, "exe", json_text_of(profile, process->executable));
        json_object_set_new(object, "command", json_text_of(profile, process->command));
        json_object_set_new(object, "samples", count(activity->process_samples[i]));
        json_object_set_new(object, "cpu_s", seconds(process->cpu_ns));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *threads(const struct profile *profile, const struct activity *activity)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        const struct profile_thread *thread = &profile->threads[i];
        json_t *object = json_object();
        json_object_set_new(object, "pid", count(profile->processes[thread->process].pid));
        json_object_set_new(object, "tid", count(thread->tid));
        json_object_set_new(object, "name", json_text_of(profile, thread->name));
        json_object_set_new(object, "samples", count(activity->thread_samples[i]));
        json_object_set_new(object, "cpu_s", seconds(thread->cpu_ns));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *build_id(const struct profile_module *module)
{
    char digits[2 * RECORDING_BUILD_ID_MAX + 1] = "";
    for (unsigned i = 0; i < module->build_id_size && i < RECORDING_BUILD_ID_MAX; i++)
        snprintf(digits + 2 * i, 3, "%02x", module->build_id[i]);
    return digits[0] ? json_string(digits) : json_null();
}

static json_t *modules(const struct profile *profile, const struct activity *activity)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < profile->module_count; i++) {
        uint32_t index = activity->modules_by_use[i];
        const struct profile_module *module = &profile->modules[index];
        json_t *object = json_object();
        json_object_set_new(object, "path", json_text_of(profile, module->path));
        json_object_set_new(object, "build_id", build_id(module));
        json_object_set_new(object, "samples", count(activity->module_samples[index]));
        json_object_set_new(object, "symbol_source", json_text_of(profile, module->symbol_source));
        json_object_set_new(object, "symbol_reason", json_text_of(profile, module->symbol_reason));
        json_array_append_new(array, object);
    }
    return array;
}

void render_info_json(struct text *out, const struct profile *profile)
{
    struct activity activity;
    activity_count(&activity, profile);
    json_t *info = json_object();
    set_run(info, profile);
    set_figures(info, profile);
    set_result(info, profile);
    json_object_set_new(info, "processes", processes(profile, &activity));
    json_object_set_new(info, "threads", threads(profile, &activity));
    json_object_set_new(info, "modules", modules(profile, &activity));
    json_text_append(out, info);
    activity_release(&activity);
}
