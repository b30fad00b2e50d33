/* SPDX-License-Identifier: MIT */
/*
 * format.h - the records of a prof.data file, as the writer takes them and the reader yields them.
 *
 * FORMAT.md describes the same records byte by byte; a reader can be written from it alone. Ids
 * count from 0 per kind in order of appearance; a record refers only to ids that came before it.
 * `name`-like fields are string ids; string 0 is the empty string and is never written, so that
 * the first STRING record has id 1.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC, except where a name says otherwise. The file keeps
 * microseconds since the session's start for samples (RECORDING_TIME_UNIT_NS): what lies between
 * is lost.
 *
 * Records come out of a file in the order they were put in, but for one thing: within a chunk a
 * STRING, MODULE, PROCESS, THREAD, MAPPING or FUNCTION may overtake FRAMEs, STACKs and SAMPLEs,
 * and these come as all frames, then all stacks, then all samples since the last other record.
 */
#ifndef PROF_RECORDING_FORMAT_H
#define PROF_RECORDING_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define RECORDING_MAGIC        "PROFDATA" /* the first eight bytes of the file */
#define RECORDING_VERSION      1
#define RECORDING_NONE         UINT32_MAX /* "no such id" */
#define RECORDING_TIME_UNIT_NS 1000

enum recording_kind {
    RECORDING_SESSION = 1, /* once, before all but the STRINGs it needs */
    RECORDING_STRING = 2,
    RECORDING_MODULE = 3,
    RECORDING_PROCESS = 4,
    RECORDING_THREAD = 5,
    RECORDING_MAPPING = 6,
    RECORDING_FRAME = 7,
    RECORDING_STACK = 8,
    RECORDING_SAMPLE = 9,
    RECORDING_LOSS = 10,
    RECORDING_THREAD_END = 11,
    RECORDING_PROCESS_END = 12,
    RECORDING_END = 13, /* last record of a recording that was finished */
    RECORDING_FUNCTION = 14,
    RECORDING_FRAME_LINES = 15,
    RECORDING_MODULE_SYMBOLS = 16,
    RECORDING_FRAME_VERSION = 17,
};

/* Why the walk of a sample's stack ended. Numbers are part of the file format. */
enum recording_stop {
    RECORDING_STOP_COMPLETE = 0,    /* reached the thread's first frame */
    RECORDING_STOP_NO_CFI = 1,      /* no unwind information, and no believable frame pointer */
    RECORDING_STOP_BAD_CFI = 2,     /* unwind information that is damaged or contradicts itself */
    RECORDING_STOP_BAD_MEMORY = 3,  /* a stack word that could not be read */
    RECORDING_STOP_TRUNCATED = 4,   /* deeper than the limit; outer frames are missing */
    RECORDING_STOP_UNSUPPORTED = 5, /* a rule that neither engine covers */
    RECORDING_STOP_NO_PROGRESS = 6, /* the stack pointer did not move outwards */
    RECORDING_STOP_COUNT
};

enum recording_module_kind {
    RECORDING_MODULE_ELF = 0,
    RECORDING_MODULE_VDSO = 1,
    RECORDING_MODULE_KERNEL = 2,
};

enum recording_loss_reason {
    RECORDING_LOSS_RING_FULL = 0,     /* the ring had no room */
    RECORDING_LOSS_PAUSED = 1,        /* the program had switched sampling off (prof.h) */
    RECORDING_LOSS_NO_SLOT = 2,       /* a thread was not sampled: no ring was free */
    RECORDING_LOSS_NO_CLOCK = 3,      /* a thread was not sampled: no timer could be had */
    RECORDING_LOSS_NOT_PRELOADED = 4, /* a program was not sampled: it could not be preloaded */
    RECORDING_LOSS_COUNT
}; /* for the last three, `samples` counts threads or programs */

struct recording_session {
    uint32_t command;      /* the command line, shell-quoted */
    uint32_t directory;    /* working directory */
    uint32_t host;         /* nodename */
    uint32_t system;       /* "Linux 6.1.0 x86_64" */
    uint32_t engine;       /* "timer", "perf+timer" */
    uint32_t prof_version; /* "0.1.0" */
    uint64_t requested_hz;
    uint64_t period_ns;     /* CPU time one unit of sample weight stands for */
    uint64_t start_ns;      /* CLOCK_MONOTONIC when recording began */
    uint64_t start_unix_ns; /* CLOCK_REALTIME at the same moment */
};

struct recording_string {
    const char *bytes; /* borrowed; NUL-terminated when it comes from the reader */
    uint32_t size;
};

#define RECORDING_BUILD_ID_MAX 32
struct recording_module {
    uint32_t path; /* as the target saw it; "[vdso]", "[kernel]" */
    uint8_t kind;  /* enum recording_module_kind */
    uint8_t build_id_size;
    uint8_t build_id[RECORDING_BUILD_ID_MAX];
};

struct recording_process {
    uint32_t pid, parent_pid;
    uint32_t executable;   /* path */
    uint32_t command;      /* command line of this image, shell-quoted */
    uint64_t start_ns;     /* when this image began (a process that execs has several images) */
    uint64_t start_cpu_ns; /* CPU time the process had used by then, before sampling */
};

struct recording_thread {
    uint32_t process; /* process id (not pid) */
    uint32_t tid;
    uint32_t name;
    uint64_t start_ns;
};

/* Where a module lay in a process, from `time_ns` on. The address of a frame is already relative
 * to its module; mappings are kept for what else one may want to know. */
struct recording_mapping {
    uint32_t process;
    uint32_t module;
    uint64_t time_ns;
    uint64_t start, end; /* address range of the module's loaded segments; end = 0: unloaded */
    uint64_t bias;       /* run-time address minus ELF virtual address */
};

enum {
    RECORDING_FRAME_RETURN = 1, /* a return address: the call is before it */
};
struct recording_frame {
    uint32_t module; /* or RECORDING_NONE: `address` is absolute, in no known module */
    uint32_t flags;
    uint64_t address; /* ELF virtual address in the module, exactly as it was on the stack */
};

/* A stack is its innermost frame and the stack of its caller. */
struct recording_stack {
    uint32_t parent; /* a stack id, or RECORDING_NONE for an outermost frame */
    uint32_t frame;
};

struct recording_sample {
    uint32_t thread;
    uint32_t stack;  /* or RECORDING_NONE: nothing could be recorded but the time */
    uint32_t weight; /* in periods, at least 1 */
    uint8_t stop;    /* enum recording_stop */
    uint64_t time_ns;
};

/* What was not recorded, per thread and reason; several of the same kind add up. */
struct recording_loss {
    uint32_t thread; /* or RECORDING_NONE when it belongs to none */
    uint8_t reason;  /* enum recording_loss_reason */
    uint64_t samples;
    uint64_t weight; /* in periods */
};

struct recording_thread_end {
    uint32_t thread;
    uint32_t name; /* the name it had last */
    uint64_t end_ns;
    uint64_t cpu_ns; /* CPU time it had used while it was sampled; 0 when not known */
};

struct recording_process_end {
    uint32_t process;
    uint64_t end_ns;
    uint64_t cpu_ns; /* CPU time of the process at its end, all threads, since its start */
};

struct recording_end {
    uint64_t end_ns;
    int32_t wait_status; /* of the command as wait(2) gives it; -1 when it was not our child */
};

struct recording_function {
    uint32_t name;         /* demangled, as shown */
    uint32_t linkage_name; /* as in the binary; 0 when it is the same */
    uint32_t module;       /* or RECORDING_NONE */
    uint32_t file;         /* where it is defined; 0 when not known */
    uint32_t line;
};

/* What a frame is in the source: innermost inlined function first, the real function last. */
struct recording_frame_lines {
    uint32_t frame;
    uint32_t count;
    const struct recording_line {
        uint32_t function;
        uint32_t file; /* 0 when not known */
        uint32_t line; /* 0 when not known */
    } * lines;         /* borrowed */
};

/* What a frame outside of all modules was in one process, from a time on: compilers that run with
 * the program put other code where they had some before. Begins like recording_frame_lines. */
struct recording_frame_version {
    uint32_t frame;
    uint32_t count;
    const struct recording_line *lines; /* borrowed */
    uint32_t process;
    uint64_t since_ns;
};

/* Where the names of a module came from, or why there are none. */
struct recording_module_symbols {
    uint32_t module;
    uint32_t source; /* "DWARF in /usr/lib/debug/...", "symbol table", "" */
    uint32_t reason; /* what is missing and what would help; "" when nothing is */
};

struct recording_record {
    enum recording_kind kind;
    union {
        struct recording_session session;
        struct recording_string string;
        struct recording_module module;
        struct recording_process process;
        struct recording_thread thread;
        struct recording_mapping mapping;
        struct recording_frame frame;
        struct recording_stack stack;
        struct recording_sample sample;
        struct recording_loss loss;
        struct recording_thread_end thread_end;
        struct recording_process_end process_end;
        struct recording_end end;
        struct recording_function function;
        struct recording_frame_lines frame_lines;
        struct recording_module_symbols module_symbols;
        struct recording_frame_version frame_version;
    };
};

#endif
