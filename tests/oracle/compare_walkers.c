/* SPDX-License-Identifier: MIT */
/*
 * compare_walkers.c - runs real programs with both unwinders inside and compares what they found.
 *
 *     compare_walkers [PROGRAM...]
 *
 * Prints a line per program: stacks compared, how many are equal frame for frame, how many reached
 * the thread's first frame, and how many differ for each known reason. Fails when a difference has
 * no explanation, when too many have one, or when a program that is installed yields no stacks.
 * What is not installed is skipped.
 */
#include "tests/oracle/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUN_MS = 2000, MAX_ARGUMENTS = 12, ENOUGH_STACKS = 100, NOT_STARTED = 127 };

#define PYTHON_WORK                                                                                \
    "import json, re\n"                                                                            \
    "def fibonacci(n): return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)\n"               \
    "for i in range(20):\n"                                                                        \
    "    fibonacci(16)\n"                                                                          \
    "    text = json.dumps([{'a': [n, str(n)]} for n in range(500)])\n"                            \
    "    json.loads(text)\n"                                                                       \
    "    re.findall(r'(\\w+)\\W+(\\d*)', text)\n"                                                  \
    "    sorted(text.split(','), key=lambda word: word[::-1])\n"

#define PERL_WORK                                                                                  \
    "for my $i (1 .. 300000) { my $k = 'k' . $i % 997; $h{$k} .= chr(65 + $i % 26);"               \
    " $h{$k} =~ s/(A+)B/$1/; } print join ',', map { length $h{$_} } sort keys %h"

#define SQL_WORK                                                                                   \
    "create table t(a, b);"                                                                        \
    "with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000)"              \
    " insert into t select x, printf('%d-%s', x * 7 % 1000, hex(x)) from c;"                       \
    "create index i on t(b);"                                                                      \
    "select count(*), max(b) from t where b like '%9%' group by a % 10 order by 2;"                \
    "select sum(x.a) from t x join t y on x.b < y.b where y.a % 50 = 0;"

#define SHELL_WORK                                                                                 \
    "f() { [ $1 -le 0 ] || { x=${x//a/b}$1; f $(($1 - 1)); }; };"                                  \
    " for i in {1..30}; do x=; f 60; done; echo ${#x}"

/* A target is one of ours (tests/targets), INPUT a file of some megabytes. */
#define INPUT "input"
static const struct program {
    const char *name;
    bool target;
    const char *arguments[MAX_ARGUMENTS];
} programs[] = {
    {"python3", false, {"-c", PYTHON_WORK}},
    {"perl", false, {"-e", PERL_WORK}},
    {"sqlite3", false, {":memory:", SQL_WORK}},
    {"gcc",
     false,
     {"-O2", "-D_GNU_SOURCE", "-I" SOURCES, "-c", "-o", "/dev/null",
      SOURCES "/profiler/unwind/cfi.c"}},
    {"git", false, {"diff", "--no-index", "--stat", SOURCES "/profiler", SOURCES "/symbolizer"}},
    {"openssl", false, {"speed", "-seconds", "1", "sha256", "rsa2048", "aes-256-cbc"}},
    {"xz", false, {"-T1", "-3", "-c", INPUT}},
    {"gzip", false, {"-9", "-c", INPUT}},
    {"bash", false, {"-c", SHELL_WORK}},
    {"sort", false, {"--parallel=1", "-k2", INPUT}},
    {"gdb",
     false,
     {"-nx", "-batch", "-ex", "info functions main", "-ex", "info types str", TARGETS "/assembly"}},
    {"realigns_frames", true, {NULL}},
    {"realigns_frames_avx", true, {NULL}},
    {"assembly", true, {NULL}},
    {"exceptions", true, {NULL}},
    {"coroutines", true, {NULL}},
    {"jumps", true, {NULL}},
    {"recovers_from_segv", true, {NULL}},
    {"recurses_deep", true, {"300"}},
};

static char folder[] = "/tmp/prof-oracle-XXXXXX";

static void fail(const char *what)
{
    fprintf(stderr, "compare_walkers: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Lines of words in no order, the same every time. */
static void write_input(void)
{
    FILE *file = fopen(INPUT, "w");
    if (!file)
        fail(INPUT);
    uint32_t state = 1;
    for (int line = 0; line < 60000; line++) {
        state = state * 1664525 + 1013904223;
        fprintf(file, "%u word%u of line %d, %x\n", state >> 20, state >> 8 & 0xfff, line, state);
    }
    if (fclose(file) != 0)
        fail(INPUT);
}

static struct oracle_report *make_report(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(struct oracle_report)) < 0)
        fail(path);
    void *report =
        mmap(NULL, sizeof(struct oracle_report), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (report == MAP_FAILED)
        fail(path);
    return report;
}

/* /usr/bin first: what comes before it in PATH may be a script that starts the program. */
static bool find_program(const struct program *program, char *path, size_t size)
{
    static const char *const folders[] = {"/usr/bin", "/bin", "/usr/local/bin"};
    if (program->target) {
        snprintf(path, size, "%s/%s", TARGETS, program->name);
        return access(path, X_OK) == 0;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, size, "%s/%s", folders[i], program->name);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static void execute(const struct program *program, const char *path)
{
    const char *argv[MAX_ARGUMENTS + 2] = {program->name};
    for (int i = 0; i < MAX_ARGUMENTS && program->arguments[i]; i++)
        argv[i + 1] = program->arguments[i];
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    setenv("LD_PRELOAD", PRELOADED, 1);
    execv(path, (char **)argv);
    _exit(NOT_STARTED);
}

/* Waits for the program, at most RUN_MS; it need not come to its end. */
static void run(const struct program *program, const char *path)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0)
        execute(program, path);
    setpgid(pid, pid);
    for (int waited = 0; waited < RUN_MS && waitpid(pid, NULL, WNOHANG) == 0; waited += 20)
        nanosleep(&moment, NULL);
    kill(-pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

static void print_walk(const char *whose, const struct oracle_walk *walk)
{
    printf("    %s: %u frames, end %d:", whose, walk->count, walk->stop);
    for (int i = 0; i < ORACLE_EXAMPLE_FRAMES && walk->address[i]; i++)
        printf(" %llx", (unsigned long long)walk->address[i]);
    printf("\n");
}

static void print_examples(const struct oracle_report *report)
{
    uint64_t count = report->example_count;
    for (uint64_t i = 0; i < count && i < ORACLE_EXAMPLES; i++) {
        const struct oracle_example *example = &report->example[i];
        printf("  %u frames agree, the last is %s+%llx\n", example->same, example->module,
               (unsigned long long)example->offset);
        print_walk("prof", &example->ours);
        print_walk("the other", &example->theirs);
    }
}

static void print_heading(void)
{
    printf("%-20s %8s %9s %9s %9s %9s %9s %9s %9s %9s\n", "program", "stacks", "frames", "equal",
           "complete", "no CFI", "rule rsp", "pad", "unexpl.", "long FDE");
}

static bool print_result(const char *name, const struct oracle_report *report)
{
    unsigned long long stacks = report->stacks;
    double percent = stacks ? 100.0 / (double)stacks : 0;
    printf("%-20s %8llu %9llu %8.3f%% %8.3f%% %9llu %9llu %9llu %9llu %9llu\n", name, stacks,
           (unsigned long long)report->frames, (double)report->class_count[ORACLE_EQUAL] * percent,
           (double)report->complete * percent,
           (unsigned long long)report->class_count[ORACLE_WITHOUT_CFI],
           (unsigned long long)report->class_count[ORACLE_RESTORES_RSP],
           (unsigned long long)report->class_count[ORACLE_LANDING_PAD],
           (unsigned long long)report->class_count[ORACLE_UNEXPLAINED],
           (unsigned long long)report->table_too_long);
    print_examples(report);
    // an explanation for more than that would hide something; stacks come in bursts of one place,
    // so that in a program with few of them two unlucky bursts are not many
    uint64_t allowed = stacks / 20 + 2 * ORACLE_BURST;
    bool rare = stacks - report->class_count[ORACLE_EQUAL] <= allowed;
    if (stacks < ENOUGH_STACKS)
        printf("  too few stacks to say anything\n");
    if (!rare)
        printf("  more than one stack in twenty differs\n");
    return stacks >= ENOUGH_STACKS && rare && report->example_count == 0;
}

static bool compare(const struct program *program)
{
    char path[512];
    if (!find_program(program, path, sizeof path)) {
        printf("%-20s not installed\n", program->name);
        return true;
    }
    struct oracle_report *report = make_report("report");
    run(program, path);
    bool good = print_result(program->name, report);
    munmap(report, sizeof *report);
    fflush(stdout);
    return good;
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return argc == 1;
}

int main(int argc, char **argv)
{
    char report_path[sizeof folder + sizeof "/report"];
    bool good = true;
    if (!mkdtemp(folder) || chdir(folder) < 0)
        fail(folder);
    snprintf(report_path, sizeof report_path, "%s/report", folder);
    setenv(ORACLE_ENVIRONMENT, report_path, 1);
    write_input();
    print_heading();
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (wanted(programs[i].name, argc, argv))
            good &= compare(&programs[i]);
    }
    unlink("report");
    unlink(INPUT);
    rmdir(folder);
    return good ? 0 : 1;
}
