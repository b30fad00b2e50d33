/* SPDX-License-Identifier: MIT */
/*
 * test_confinement.c - what a confined process can still do, and what not.
 */
#include "symbolizer/confinement.h"

#include "profiler/base/memory.h"
#include "symbolizer/isolated_child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

/* A sanitizer's allocator would end the process in its own way. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

#define EXISTING "confined.existing"

static bool opens(const char *path, int flags)
{
    int fd = open(path, flags, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool is_written(int fd)
{
    return fd >= 0 && write(fd, "x", 1) == 1;
}

static bool starts_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static bool starts_program(void)
{
    char *const arguments[] = {(char *)"true", NULL};
    execv("/bin/true", arguments);
    return false; // the program would end with 0 and leave us without a report
}

static bool gets_code(void)
{
    void *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED;
}

static bool raises_limit(void)
{
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
    return setrlimit(RLIMIT_FSIZE, &more) == 0;
}

static void *set_flag(void *flag)
{
    *(bool *)flag = true;
    return NULL;
}

static bool runs_thread(void)
{
    pthread_t thread;
    bool flag = false;
    return pthread_create(&thread, NULL, set_flag, &flag) == 0 && pthread_join(thread, NULL) == 0 &&
           flag;
}

/* Or finds out what there is. */
static bool looks_at_files(void)
{
    char link[64];
    struct stat status;
    return stat(EXISTING, &status) == 0 || access(EXISTING, F_OK) == 0 ||
           readlink("/proc/self/cwd", link, sizeof link) > 0;
}

static bool reads_memory_of_others(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1}; // what we have, who forked us has
    return process_vm_readv(getppid(), &here, 1, &there, 1, 0) == 1 ||
           ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

/* That were opened for the process. */
static bool reads_given_files(int files)
{
    struct mapped_file file;
    if (file_broker_open(files, &file, EXISTING, NULL) < 0)
        return false;
    bool is_read = file.size > 4 && memcmp(file.data, "\177ELF", 4) == 0;
    mapped_file_close(&file);
    return is_read;
}

/* What the process found out about itself. */
struct report {
    bool is_filtered, reads, runs_thread, allocates;
    bool has_descriptor, opens, looks, reads_others, writes, creates, removes, starts_process,
        starts_program, signals, gets_code, raises_limit, connects, has_handler, dumps_core;
};

static int inherited[2]; // descriptors that the process should not have: before and after its own

static void look_around(void *context, int socket_, int files)
{
    struct report r;
    struct rlimit core;
    struct sigaction action;
    (void)context;
    memset(&r, 0, sizeof r);
    confinement_limit_memory((uint64_t)256 << 20);
    r.has_descriptor = fcntl(inherited[0], F_GETFD) >= 0 || fcntl(inherited[1], F_GETFD) >= 0;
    sigaction(SIGUSR1, NULL, &action);
    r.has_handler = action.sa_handler != SIG_DFL;
    r.dumps_core = getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0;
    r.is_filtered = confinement_enter(socket_, files);
    r.reads = reads_given_files(files);
    r.runs_thread = runs_thread();
    void *block = malloc(1 << 20);
    r.allocates = block != NULL;
    free(block);
    r.opens = opens(EXISTING, O_RDONLY) || opens("/proc/self/exe", O_PATH) || opens("/", O_RDONLY);
    r.looks = looks_at_files();
    r.reads_others = reads_memory_of_others();
    r.writes = opens(EXISTING, O_WRONLY) || opens(EXISTING, O_RDWR) ||
               opens(EXISTING, O_RDONLY | O_TRUNC) || is_written(1) || is_written(2);
    r.creates = opens("confined.new", O_CREAT | O_RDONLY) || mkdir("confined.new", 0700) == 0 ||
                symlink("x", "confined.new") == 0;
    r.removes = unlink(EXISTING) == 0 || rename(EXISTING, "confined.new") == 0 ||
                chmod(EXISTING, 0777) == 0 || truncate(EXISTING, 0) == 0;
    r.starts_process = starts_process();
    r.signals = kill(getppid(), 0) == 0;
    r.gets_code = gets_code();
    r.raises_limit = raises_limit();
    r.connects = socket(AF_INET, SOCK_STREAM, 0) >= 0;
    r.starts_program = starts_program();
    isolated_child_write(socket_, &r, sizeof r);
}

static void on_signal(int signal)
{
    (void)signal;
}

static void confined_process_computes_on_what_it_is_given_and_does_nothing_else(void **state)
{
    struct isolated_child child = {0};
    struct report r;
    struct error error;
    (void)state;
    assert_int_equal(system("cp /proc/self/exe " EXISTING), 0);
    inherited[0] = open(EXISTING, O_RDWR);
    inherited[1] = fcntl(inherited[0], F_DUPFD, 100);
    assert_true(inherited[0] > 2 && inherited[1] >= 100);
    signal(SIGUSR1, on_signal);
    assert_int_equal(isolated_child_start(&child, look_around, NULL, &error), 0);
    isolated_child_begin(&child, (struct isolated_limits){0});
    assert_true(isolated_child_receive(&child, &r, sizeof r));
    isolated_child_release(&child);
    close(inherited[0]);
    close(inherited[1]);
    signal(SIGUSR1, SIG_DFL);

    assert_true(r.reads);
    assert_true(r.runs_thread);
    assert_true(r.allocates);
    assert_false(r.has_descriptor);
    assert_false(r.has_handler);
    assert_false(r.dumps_core);
    if (!r.is_filtered)
        skip(); // a kernel without seccomp
    assert_false(r.opens);
    assert_false(r.looks);
    assert_false(r.reads_others);
    assert_false(r.writes);
    assert_false(r.creates);
    assert_false(r.removes);
    assert_false(r.starts_process);
    assert_false(r.starts_program);
    assert_false(r.signals);
    assert_false(r.gets_code);
    assert_false(r.raises_limit);
    assert_false(r.connects);
}

static void need_too_much(void *context, int socket_, int files)
{
    (void)context;
    confinement_limit_memory((uint64_t)64 << 20);
    confinement_enter(socket_, files);
    for (size_t i = 0; i < 64; i++) {
        char *block = memory_new(1, (size_t)4 << 20);
        memset(block, 1, (size_t)4 << 20);
    }
}

static void memory_is_limited(void **state)
{
    struct isolated_child child = {0};
    struct error error;
    char byte;
    (void)state;
    assert_int_equal(isolated_child_start(&child, need_too_much, NULL, &error), 0);
    isolated_child_begin(&child, (struct isolated_limits){0});
    assert_false(isolated_child_receive(&child, &byte, 1));
    assert_string_equal(isolated_child_end(&child), "needed more memory than it is worth");
    isolated_child_release(&child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confined_process_computes_on_what_it_is_given_and_does_nothing_else),
        cmocka_unit_test(memory_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
