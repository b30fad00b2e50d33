/* SPDX-License-Identifier: MIT */
/*
 * walks_both.c - a library to preload: stops a program at many of its instructions and walks the
 * stack there with our unwinder and with libunwind.
 *
 * A timer interrupts the main thread at irregular times, and from there the processor's trap flag
 * stops it again at each of the next few instructions: that way prologues, epilogues and PLT
 * entries, where a sample hits once in a thousand times, are looked at as often as the rest.
 *
 * This is a test and takes liberties that the sampler must not: libunwind takes the loader's lock
 * in the handler, which only works because that lock is recursive and one thread is looked at.
 */
#include "profiler/unwind/unwind.h"
#include "tests/oracle/report.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

enum {
    MAX_FRAMES = 4096,
    MAX_MODULES = 256,
    TICK = SIGSTKFLT,       /* no program handles it; sort, for one, handles SIGPROF */
    WINDOW = 64 * 1024,     /* of a stack that is not the thread's own */
    LONGEST_PAUSE = 900000, /* nanoseconds between bursts */
    TRAP_FLAG = 0x100,      /* EFLAGS.TF: a debug exception after the next instruction */
};

struct frames {
    uint32_t count;
    int32_t stop;
    uint64_t address[MAX_FRAMES];
};

extern void *__libc_stack_end; // ld.so: the stack pointer that the kernel gave the program

// static: a signal handler has no other way to it
static struct {
    struct oracle_report *report;
    pid_t thread;
    timer_t timer;
    unsigned seed;
    int burst_left;
    struct unwind_module module[MAX_MODULES];
    struct unwind_modules in_place, copied;
    struct unwind_cache in_place_cache, copied_cache;
    uint8_t window[WINDOW];
    struct frames ours, copied_ours, theirs;
    int (*init_local)(unw_cursor_t *, unw_context_t *, int);
    int (*step)(unw_cursor_t *);
    int (*get_register)(unw_cursor_t *, int, unw_word_t *);
    int (*get_information)(unw_addr_space_t, unw_word_t, unw_proc_info_t *, void *);
    unw_addr_space_t space;
} oracle;

static size_t probe(uint64_t address, void *bytes, size_t size)
{
    struct iovec local = {bytes, size};
    struct iovec remote = {(void *)(uintptr_t)address, size};
    ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    return got > 0 ? (size_t)got : 0;
}

static bool read_elsewhere(void *context, uint64_t address, void *bytes, size_t size)
{
    (void)context;
    return probe(address, bytes, size) == size;
}

/* As the sampler's handler sees the stack: the thread's own in place, any other one copied. */
static struct unwind_memory see_stack(uint64_t sp)
{
    uint64_t high = (uint64_t)(uintptr_t)__libc_stack_end;
    struct unwind_memory memory = {.stack_low = sp, .read = read_elsewhere};
    if (sp < high && sp >= high - ((uint64_t)128 << 20)) {
        memory.stack_high = high;
        memory.stack = (const uint8_t *)(uintptr_t)sp;
        return memory;
    }
    size_t got = probe(sp, oracle.window, sizeof oracle.window);
    if (got == 0)
        got = probe(sp, oracle.window, 4096 - sp % 4096);
    memory.stack_high = sp + got;
    memory.stack = oracle.window;
    return memory;
}

static void walk_ours(struct frames *frames, const struct unwind_modules *modules,
                      struct unwind_cache *cache, const ucontext_t *context)
{
    struct unwind_registers registers;
    struct unwind_walk walk;
    unwind_registers_from_ucontext(&registers, context);
    struct unwind_memory memory = see_stack(registers.value[UNWIND_STACK_POINTER]);
    unwind_walk_begin(&walk, modules, &memory, cache, &registers);
    frames->count = 0;
    do {
        if (frames->count == MAX_FRAMES) {
            frames->stop = UNWIND_TRUNCATED;
            return;
        }
        frames->address[frames->count++] = unwind_walk_address(&walk);
    } while (unwind_walk_step(&walk));
    frames->stop = walk.stop;
}

static void walk_theirs(struct frames *frames, ucontext_t *context)
{
    unw_cursor_t cursor;
    unw_word_t ip;
    frames->count = 0;
    frames->stop = oracle.init_local(&cursor, context, UNW_INIT_SIGNAL_FRAME);
    if (frames->stop < 0)
        return;
    do {
        if (frames->count == MAX_FRAMES || oracle.get_register(&cursor, UNW_REG_IP, &ip) < 0)
            return;
        if (ip == 0) { // a return address of 0 ends a stack; libunwind makes it one more frame
            frames->stop = 0;
            return;
        }
        frames->address[frames->count++] = ip;
        frames->stop = oracle.step(&cursor);
    } while (frames->stop > 0);
}

static uint32_t count_same(const struct frames *a, const struct frames *b)
{
    uint32_t n = 0;
    while (n < a->count && n < b->count && a->address[n] == b->address[n])
        n++;
    return n;
}

/* Whether libunwind finds no CFI for a frame. */
static bool without_cfi(const struct frames *frames, uint32_t index)
{
    unw_proc_info_t information;
    unw_word_t ip = frames->address[index] - (index > 0);
    return oracle.get_information(oracle.space, ip, &information, NULL) < 0;
}

/* Whether the row that holds at a frame says what rsp was, other than "the CFA". */
static bool restores_rsp(const struct frames *frames, uint32_t index)
{
    struct unwind_module module;
    struct cfi_entry entry;
    struct cfi_row row;
    struct unwind_memory memory = {.read = read_elsewhere};
    uint64_t pc = frames->address[index] - (index > 0);
    return unwind_modules_find(&oracle.in_place, pc, &module) &&
           cfi_row_find(&module, &memory, pc, &entry, &row) == CFI_FOUND && !row.signal_frame &&
           row.kind[UNWIND_STACK_POINTER] != CFI_SAME;
}

/* Whether a caller's frame is at an address with no call before it: e8 rel32, or ff /2. */
static bool is_landing_pad(const struct frames *frames, uint32_t index)
{
    uint8_t code[7];
    if (index == 0 || probe(frames->address[index] - sizeof code, code, sizeof code) < sizeof code)
        return false;
    bool call = code[2] == 0xe8;
    for (int i = 0; i < 6; i++)
        call |= code[i] == 0xff && (code[i + 1] >> 3 & 7) == 2;
    return !call;
}

/*
 * The differences that are libunwind's doing (seen with 1.6.2). A frame's wrong registers show in
 * the address of its caller or of the caller's caller, so the last two frames that agree are asked.
 *
 * Without CFI libunwind follows rbp as if the function kept a frame pointer. In crtstuff.c's
 * functions, run by every exit, it does not:
 *     __do_global_dtors_aux:  endbr64; cmpb $0,completed(%rip); jne ...; push %rbp
 * the walk then loses frames or ends in the middle of data. We take the word at rsp when it is the
 * address behind a call.
 *
 * In __longjmp of glibc the row from the demangled registers on is
 *     CFA=rdi+0  rsp=r8  rbp=r9  rip=rdx  rbx=c+0 ...
 * with rdi the jmp_buf: the CFA is no stack address, and the caller's rsp has a rule of its own.
 * libunwind takes the CFA for rsp all the same, and its next frame is read out of the jmp_buf.
 *
 * _Unwind_Resume of libgcc ends with __builtin_eh_return: it writes the address of a landing pad
 * over its own return address, and until its `jmp *%rcx` some twenty instructions later that looks
 * like a call from the instruction before the pad, most often a `ret` with a row of its own:
 *     ret;  <landing pad:> jmp ...
 * Both walkers take that row, and go on from a wrong word; what each makes of it may differ.
 */
static enum oracle_class explain(const struct frames *frames, uint32_t same)
{
    for (uint32_t back = 1; back <= 2 && back <= same; back++) {
        if (without_cfi(frames, same - back))
            return ORACLE_WITHOUT_CFI;
        if (restores_rsp(frames, same - back))
            return ORACLE_RESTORES_RSP;
        if (is_landing_pad(frames, same - back))
            return ORACLE_LANDING_PAD;
    }
    return ORACLE_UNEXPLAINED;
}

static enum oracle_class classify(const struct frames *ours, const struct frames *theirs,
                                  uint32_t same)
{
    bool same_end =
        ours->stop == UNWIND_TRUNCATED || (ours->stop == UNWIND_COMPLETE) == (theirs->stop == 0);
    if (same == ours->count && same == theirs->count && same_end)
        return ORACLE_EQUAL;
    return explain(ours, same);
}

static void keep_walk(struct oracle_walk *kept, const struct frames *frames, uint32_t same)
{
    uint32_t from = same > 4 ? same - 4 : 0;
    kept->count = frames->count;
    kept->stop = frames->stop;
    for (uint32_t i = 0; i < ORACLE_EXAMPLE_FRAMES && from + i < frames->count; i++)
        kept->address[i] = frames->address[from + i];
}

static void keep_example(const struct frames *ours, const struct frames *theirs, uint32_t same)
{
    uint64_t index = atomic_fetch_add(&oracle.report->example_count, 1);
    if (index >= ORACLE_EXAMPLES)
        return;
    struct oracle_example *example = &oracle.report->example[index];
    uint64_t last = ours->address[same ? same - 1 : 0];
    Dl_info info;
    example->same = same;
    example->offset = last;
    keep_walk(&example->ours, ours, same);
    keep_walk(&example->theirs, theirs, same);
    if (dladdr((void *)(uintptr_t)last, &info) && info.dli_fname) {
        strncpy(example->module, info.dli_fname, sizeof example->module - 1);
        example->offset -= (uint64_t)(uintptr_t)info.dli_fbase;
    }
}

/* Tables of modules that may be unloaded are copied before they are looked at; that must not make
 * a difference but for functions whose entry is longer than the copy. */
static void compare_copied(const struct frames *ours, const struct frames *copied)
{
    uint32_t same = count_same(ours, copied);
    if (same == ours->count && same == copied->count && ours->stop == copied->stop)
        return;
    if (same == copied->count && copied->stop == UNWIND_UNSUPPORTED) {
        atomic_fetch_add(&oracle.report->table_too_long, 1);
        return;
    }
    atomic_fetch_add(&oracle.report->copied_differs, 1);
    keep_example(ours, copied, same);
}

static void compare(ucontext_t *context)
{
    struct oracle_report *report = oracle.report;
    walk_ours(&oracle.ours, &oracle.in_place, &oracle.in_place_cache, context);
    walk_ours(&oracle.copied_ours, &oracle.copied, &oracle.copied_cache, context);
    walk_theirs(&oracle.theirs, context);
    uint32_t same = count_same(&oracle.ours, &oracle.theirs);
    enum oracle_class class = classify(&oracle.ours, &oracle.theirs, same);
    atomic_fetch_add(&report->stacks, 1);
    atomic_fetch_add(&report->frames, oracle.ours.count);
    atomic_fetch_add(&report->complete, oracle.ours.stop == UNWIND_COMPLETE);
    atomic_fetch_add(&report->class_count[class], 1);
    if (class == ORACLE_UNEXPLAINED)
        keep_example(&oracle.ours, &oracle.theirs, same);
    compare_copied(&oracle.ours, &oracle.copied_ours);
}

static void arm(void)
{
    struct itimerspec once = {0};
    once.it_value.tv_nsec = 100000 + rand_r(&oracle.seed) % LONGEST_PAUSE;
    timer_settime(oracle.timer, 0, &once, NULL);
}

/* After a system call the signal mask may be another one, and a trap that is blocked is fatal. */
static bool may_step(const ucontext_t *context)
{
    uint8_t next[2];
    return sigismember(&context->uc_sigmask, SIGTRAP) == 0 &&
           probe((uint64_t)context->uc_mcontext.gregs[REG_RIP], next, 2) == 2 &&
           !(next[0] == 0x0f && next[1] == 0x05);
}

static void set_trap_flag(ucontext_t *context, bool on)
{
    greg_t *flags = &context->uc_mcontext.gregs[REG_EFL];
    *flags = on ? *flags | TRAP_FLAG : *flags & ~TRAP_FLAG;
}

static void install(int signal, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

static void on_trap(int signal, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    int saved_errno = errno;
    (void)signal, (void)info;
    if (oracle.burst_left > 0) {
        compare(context);
        if (--oracle.burst_left == 0 || !may_step(context)) {
            oracle.burst_left = 0;
            set_trap_flag(context, false);
            arm();
        }
    } else {
        set_trap_flag(context, false); // popfq brought back the flag that pushfq had seen
    }
    errno = saved_errno;
}

static void on_timer(int signal, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    int saved_errno = errno;
    (void)signal, (void)info;
    compare(context);
    if (may_step(context)) {
        install(SIGTRAP, on_trap); // the program may have put its own there since
        oracle.burst_left = ORACLE_BURST;
        set_trap_flag(context, true);
    } else {
        arm();
    }
    errno = saved_errno;
}

/* The modules as profiler/sampler/modules.c lists them. */
static int list_module(struct dl_phdr_info *info, size_t size, void *argument)
{
    (void)size, (void)argument;
    struct unwind_module module = {.start = UINT64_MAX};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && header->p_memsz) {
            module.start = start < module.start ? start : module.start;
            if (start + header->p_memsz > module.end)
                module.end = start + header->p_memsz;
        } else if (header->p_type == PT_GNU_EH_FRAME) {
            module.eh_frame_hdr = start;
        }
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && module.eh_frame_hdr - start < header->p_filesz)
            module.tables =
                (struct unwind_view){start, (const uint8_t *)(uintptr_t)start, header->p_filesz};
    }
    if (module.start < module.end && oracle.in_place.count < MAX_MODULES)
        oracle.module[oracle.in_place.count++] = module;
    return 0;
}

static int by_start(const void *a, const void *b)
{
    const struct unwind_module *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* In the signal, and for every module when `copied` walks. */
static bool find_by_loader(uint64_t address, struct unwind_module *module)
{
    struct dl_find_object found;
    if (_dl_find_object((void *)(uintptr_t)address, &found) != 0 || !found.dlfo_eh_frame)
        return false;
    *module = (struct unwind_module){
        .start = (uint64_t)(uintptr_t)found.dlfo_map_start,
        .end = (uint64_t)(uintptr_t)found.dlfo_map_end,
        .eh_frame_hdr = (uint64_t)(uintptr_t)found.dlfo_eh_frame,
    };
    return true;
}

/* Not linked: libunwind's _Unwind_ functions must stay out of the program's scope. */
static bool load_libunwind(void)
{
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
#define STRING(name) #name
#define SYMBOL(name) STRING(name)
    void *init = dlsym(library, SYMBOL(UNW_OBJ(init_local2)));
    void *step = dlsym(library, SYMBOL(UNW_OBJ(step)));
    void *get = dlsym(library, SYMBOL(UNW_OBJ(get_reg)));
    void *information = dlsym(library, SYMBOL(UNW_OBJ(get_proc_info_by_ip)));
    void *policy = dlsym(library, SYMBOL(UNW_OBJ(set_caching_policy)));
    void *space = dlsym(library, SYMBOL(UNW_OBJ(local_addr_space)));
    memcpy(&oracle.init_local, &init, sizeof init);
    memcpy(&oracle.step, &step, sizeof step);
    memcpy(&oracle.get_register, &get, sizeof get);
    memcpy(&oracle.get_information, &information, sizeof information);
    if (!init || !step || !get || !information || !policy || !space)
        return false;
    // libunwind 1.6.2 keeps one row for an address whether it was interrupted there or returns
    // there; at the first instruction of an exception's landing pad these are two rows
    int (*set_policy)(unw_addr_space_t, unw_caching_policy_t);
    memcpy(&set_policy, &policy, sizeof policy);
    memcpy(&oracle.space, space, sizeof oracle.space);
    return set_policy(oracle.space, UNW_CACHE_NONE) == 0;
}

static bool map_report(void)
{
    const char *path = getenv(ORACLE_ENVIRONMENT);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    void *report = mmap(NULL, sizeof *oracle.report, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (report == MAP_FAILED)
        return false;
    oracle.report = report;
    return true;
}

__attribute__((constructor)) static void begin(void)
{
    oracle.thread = (pid_t)syscall(SYS_gettid);
    oracle.seed = (unsigned)oracle.thread;
    if (!map_report() || !load_libunwind())
        return;
    dl_iterate_phdr(list_module, NULL);
    qsort(oracle.module, oracle.in_place.count, sizeof oracle.module[0], by_start);
    oracle.in_place.modules = oracle.module;
    oracle.in_place.find_more = oracle.copied.find_more = find_by_loader;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = TICK};
    event._sigev_un._tid = oracle.thread;
    install(TICK, on_timer);
    if (timer_create(CLOCK_MONOTONIC, &event, &oracle.timer) < 0)
        return;
    atomic_fetch_add(&oracle.report->processes, 1);
    arm();
}
