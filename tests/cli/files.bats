#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# files.bats - files that are deleted or replaced, or that the program alone can see: the names are
# those of what really ran.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # $ for other shells; tests are subshells; helpers set variables
load helpers

# A program that does what its arguments say: unlink FILE, rename OLD NEW, load FILE FUNCTION (calls
# it), close (the library), burn.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    cat >acts.c <<'EOF'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static __attribute__((noinline)) unsigned own_work(unsigned state)
{
    while (clock() < CLOCKS_PER_SEC * 3 / 10)
        for (int i = 0; i < 1000000; i++)
            state = state * 1664525 + 1013904223;
    return state;
}

int main(int argc, char **argv)
{
    unsigned result = 1;
    void *library = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "unlink") == 0 && unlink(argv[++i]) < 0)
            perror(argv[i]), exit(1);
        if (strcmp(argv[i], "rename") == 0 && rename(argv[i + 1], argv[i + 2]) < 0)
            perror(argv[i + 1]), exit(1);
        if (strcmp(argv[i], "load") == 0) {
            library = dlopen(argv[i + 1], RTLD_NOW);
            if (!library)
                puts(dlerror()), exit(1);
        }
        if (strcmp(argv[i], "call") == 0) {
            unsigned (*work)(unsigned) = (unsigned (*)(unsigned))dlsym(library, argv[i + 1]);
            if (!work)
                puts(dlerror()), exit(1);
            result += work(result);
        }
        if (strcmp(argv[i], "burn") == 0)
            result += own_work(result);
    }
    return result == 0;
}
EOF
    cat >library.c <<'EOF'
#include <time.h>

static __attribute__((noinline)) unsigned BELOW(unsigned state)
{
    clock_t end = clock() + CLOCKS_PER_SEC * 3 / 10;
    while (clock() < end)
        for (int i = 0; i < 1000000; i++)
            state = state * 1664525 + 1013904223;
    return state;
}

unsigned work(unsigned state)
{
    return BELOW(state) + 1;
}
EOF
    gcc -O2 -g -Wl,--build-id=sha1 -o acts acts.c -ldl
    gcc -O2 -g -Wl,--build-id=none -o acts_without_id acts.c -ldl
    gcc -O2 -g -Wl,--build-id=sha1 -shared -fPIC -DBELOW=of_the_old_one -o old.so library.c
    gcc -O2 -g -Wl,--build-id=sha1 -shared -fPIC -DBELOW=of_the_new_one -DNEW -o new.so library.c
}

teardown() {
    local mounted
    for mounted in "$folder/mnt" "$folder/root/proc" "$folder/root/lib" "$folder/root/other"; do
        if mountpoint -q "$mounted" 2>/dev/null; then
            umount "$mounted"
        fi
    done
    cd /
    rm -rf "$folder"
}

here() {
    local name
    for name in "$@"; do
        cp "$BATS_FILE_TMPDIR/$name" .
    done
}

# assert_hot NAME: the function has more than half of the samples of prof.data.
assert_hot() {
    capture_prof report report --json "${2:-prof.data}" || return
    assert_true "$folder/report.out" "any(f['function'] == '$1' and f['self_percent'] > 50
        for f in it['functions'])"
}

@test "a program that deletes itself has names" {
    here acts
    capture_prof run run ./acts unlink acts burn
    assert_end run "exited with 0"
    [ ! -e acts ]
    assert_hot own_work
    assert_no_line run.err 'deleted'
}

@test "a program of another user that deletes itself has names, read by a confined process" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to give a file away"
    here acts acts_without_id
    local name
    for name in acts acts_without_id; do
        chown 65534 $name
        capture_prof run run ./$name unlink $name burn
        [ ! -e $name ]
        assert_hot own_work
    done
}

@test "a program without build-id that is replaced has its own names" {
    here acts_without_id
    cp /bin/true other
    capture_prof run run ./acts_without_id rename other acts_without_id burn
    assert_end run "exited with 0"
    assert_hot own_work
}

@test "a program that is deleted after it ended has names" {
    here acts
    capture_prof run run sh -c './acts burn; rm acts'
    assert_hot own_work
}

@test "a program that was built anew since is not believed, and that is said" {
    here acts
    capture_prof run record --no-symbols ./acts burn
    gcc -O0 -g -Wl,--build-id=sha1 -o acts "$BATS_FILE_TMPDIR/acts.c" -ldl
    capture_prof symbolize symbolize --no-cache
    assert_line symbolize.err 'acts is not the file that was recorded'
    capture_prof info info
    assert_line info.out 'acts: .*is not the file that was recorded \(its build-id is [0-9a-f]{40}, recorded was [0-9a-f]{40}\)'
    capture_prof report report --json
    assert_true "$folder/report.out" "not any(f['function'] == 'own_work' for f in it['functions'])"
    here acts
    capture_prof symbolize symbolize --no-cache
    assert_no_line symbolize.err 'not the file'
    assert_hot own_work
}

@test "prof record names what was deleted, too" {
    here acts
    capture_prof run record ./acts unlink acts burn
    assert_hot own_work
}

@test "an ordinary user sees the names of a program that deleted itself" {
    install_copy
    here acts
    mkdir work
    mv acts work/
    chmod 777 work
    cd work
    PROF_BUILD=$folder/copy
    capture run "${as_nobody[@]}" "$PROF_BUILD/bin/prof" run ./acts unlink acts burn
    assert_end run "exited with 0"
    assert_hot own_work
}

@test "a library that is replaced keeps the names it ran under" {
    here acts old.so new.so
    capture_prof run run ./acts load ./old.so rename new.so old.so call work
    assert_end run "exited with 0"
    # loaded late: known by its mapping alone, which only the privileged can open
    if [ "$(id -u)" -eq 0 ]; then
        assert_hot of_the_old_one
    else
        assert_line run.err 'not the file that was recorded'
    fi
}

@test "a library that was replaced during the run, and loaded again, has both names" {
    here acts old.so new.so
    cp old.so used.so
    capture_prof run run sh -c './acts load ./used.so call work; mv new.so used.so
        ./acts load ./used.so call work; rm used.so'
    assert_end run "exited with 0"
    capture_prof report report --json
    assert_true report.out 'all(any(f["function"] == name and f["self_percent"] > 30
        for f in it["functions"]) for name in ("of_the_old_one", "of_the_new_one"))'
}

@test "a library that is deleted at once is known by its name to everyone" {
    install_copy
    here acts old.so
    mkdir work
    mv acts old.so work/
    chmod 777 work
    cd work
    PROF_BUILD=$folder/copy
    capture run "${as_nobody[@]}" "$PROF_BUILD/bin/prof" run ./acts load ./old.so unlink old.so \
        call work
    assert_end run "exited with 0"
    capture_prof report report --json
    assert_true "$folder/report.out" 'any((f["module"] or "").endswith("/old.so") and f["self_percent"] > 50
        for f in it["functions"])'
}

# make_root: a folder with what the program needs, to change root to.
make_root() {
    mkdir -p root/bin root/tmp root/proc
    cp "$BATS_FILE_TMPDIR/acts" root/bin/
    local file
    for file in $(ldd root/bin/acts "$PROF_BUILD/lib/prof/libprof.so" | grep -o '/[^ ]*' |
        grep -v : | sort -u); do
        mkdir -p "root$(dirname "$file")"
        cp -L "$file" "root$file"
    done
    mkdir -p "root$PROF_BUILD/lib/prof"
    cp "$PROF_BUILD/lib/prof/libprof.so" "root$PROF_BUILD/lib/prof/"
    mount -t proc proc root/proc 2>/dev/null || skip "/proc cannot be mounted here"
}

@test "a program in another root has names" {
    require_root
    make_root
    capture_prof run run chroot root /bin/acts burn
    assert_end run "exited with 0"
    assert_hot own_work
    [ ! -e /bin/acts ]
}

@test "debug files are found in the other root, too" {
    require_root
    make_root
    local id
    id=$(readelf -n root/bin/acts | sed -n 's/.*Build ID: //p')
    mkdir -p "root/usr/lib/debug/.build-id/${id:0:2}"
    objcopy --only-keep-debug root/bin/acts "root/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
    strip root/bin/acts
    capture_prof run run chroot root /bin/acts burn
    assert_end run "exited with 0"
    assert_hot own_work
}

@test "a program that only another mount namespace has, on a file system of its own, has names" {
    require_root
    unshare -m true 2>/dev/null || skip "mount namespaces are not permitted"
    mkdir mnt
    here acts
    capture_prof run run unshare -m sh -c "mount -t tmpfs none mnt && cp acts mnt/ && mnt/acts burn"
    assert_end run "exited with 0"
    [ ! -e mnt/acts ]
    assert_hot own_work
}

@test "in another PID namespace a program that deletes itself has names" {
    require_root
    unshare -pfm --mount-proc true 2>/dev/null || skip "PID namespaces are not permitted"
    here acts
    capture_prof run run unshare -pf ./acts unlink acts burn
    assert_end run "exited with 0"
    assert_hot own_work
}

@test "a file system can be unmounted as soon as the program on it has ended" {
    require_root
    mkdir mnt
    mount -t tmpfs none mnt 2>/dev/null || skip "nothing can be mounted here"
    cp "$BATS_FILE_TMPDIR/acts" mnt/
    capture_prof run run sh -c 'mnt/acts burn && umount mnt'
    assert_end run "exited with 0"
    assert_hot own_work
}

@test "the program gets none of the descriptors of kept files" {
    here acts
    capture alone sh -c './acts; ls -l /proc/self/fd | wc -l'
    capture_prof run run -q sh -c './acts; ls -l /proc/self/fd | wc -l'
    cmp alone.out run.out
}

@test "few descriptors: the oldest files are let go, and it is said" {
    here acts
    local i
    local -a loads=()
    # a library for each of forty build-ids; the limit leaves room for 16 files
    for ((i = 0; i < 40; i++)); do
        loads+=(load "./l$i.so")
        gcc -O1 -Wl,--build-id=0x"$(printf '%08x' "$i")" -shared -fPIC -x c -o "l$i.so" - <<<"int x$i;"
    done
    capture run sh -c 'ulimit -n 64; exec "$@"' sh "$PROF_BUILD/bin/prof" run ./acts \
        "${loads[@]}" burn
    assert_end run "exited with 0"
    assert_line run.err '^prof: [0-9]+ files with names could not be held open'
    assert_hot own_work
}

@test "names of compiled code come from the program's own /tmp" {
    require_root
    make_root
    cat >jit.c <<'EOF'
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* mov $200000000, %eax; 1: dec %eax; jne 1b; ret */
static const unsigned char code[] = {0xb8, 0x00, 0xc2, 0xeb, 0x0b, 0xff, 0xc8, 0x75, 0xfc, 0xc3};

static void run_until(void *at, clock_t end)
{
    while (clock() < end)
        ((void (*)(void))at)();
}

/* Some write their map when they have run for a while. */
int main(void)
{
    char name[64];
    void *at = mmap(NULL, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(at, code, sizeof code);
    run_until(at, CLOCKS_PER_SEC * 2 / 10);
    snprintf(name, sizeof name, "/tmp/perf-%d.map", (int)getpid());
    FILE *map = fopen(name, "w");
    fprintf(map, "%lx %zx compiled_loop\n", (unsigned long)at, sizeof code);
    fclose(map);
    run_until(at, CLOCKS_PER_SEC * 8 / 10);
    return 0;
}
EOF
    gcc -O1 -o root/bin/jit jit.c
    capture_prof run run chroot root /bin/jit
    assert_end run "exited with 0"
    assert_hot compiled_loop
}

# require_namespaces: skips where no mount and PID namespaces of one's own can be had.
require_namespaces() {
    require_root
    require_target compiles_at_run_time
    unshare -mpf true 2>/dev/null || skip "mount and PID namespaces are not permitted"
}

# assert_compiled NAME...: the functions have most of the samples of prof.data.
assert_compiled() {
    capture_prof report report --json prof.data || return
    assert_true "$folder/report.out" "sum(f['self_percent'] for f in it['functions']
        if f['function'] in '$*'.split()) > 70"
}

# In there its number is 1, and so its map is /tmp/perf-1.map.
@test "in other mount and PID namespaces names of compiled code come from the program's own /tmp" {
    require_namespaces
    make_root
    umount root/proc
    cp "$PROF_TARGETS/compiles_at_run_time" root/bin/
    capture_prof run run unshare -mpf \
        sh -c 'mount --rbind /proc root/proc && exec chroot root /bin/compiles_at_run_time 200 map'
    assert_end run "exited with 0"
    assert_line run.out '^/tmp/perf-1.map$'
    [ ! -e /tmp/perf-1.map ]
    assert_compiled made_by_hand
}

@test "in other mount and PID namespaces names of compiled code come from jitdumps, mapped or not" {
    require_namespaces
    mkdir mnt
    local how
    for how in mapped unmapped; do
        capture_prof run run unshare -mpf sh -c 'mount -t tmpfs none mnt && cd mnt &&
            exec "$@"' sh "$PROF_TARGETS/compiles_at_run_time" 200 $how
        assert_end run "exited with 0"
        [ -z "$(ls mnt)" ]
        assert_compiled first_code second_code
    done
}

# Both are number 1 where they run, and leave the same file.
@test "programs of one number have each its own names or none" {
    require_namespaces
    cat >compile.c <<'EOF'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* mov $200000000, %eax; 1: dec %eax; jne 1b; ret */
static const unsigned char code[] = {0xb8, 0x00, 0xc2, 0xeb, 0x0b, 0xff, 0xc8, 0x75, 0xfc, 0xc3};

/* At an address of its own choice, under the name in its arguments. */
int main(int argc, char **argv)
{
    char name[64];
    void *at = mmap((void *)0x20000000, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memcpy(at, code, sizeof code);
    snprintf(name, sizeof name, "/tmp/perf-%d.map", (int)getpid());
    FILE *map = fopen(name, "w");
    fprintf(map, "%lx %zx %s\n", (unsigned long)at, sizeof code, argv[argc - 1]);
    fclose(map);
    while (clock() < CLOCKS_PER_SEC * 3 / 10)
        ((void (*)(void))at)();
    return 0;
}
EOF
    gcc -O1 -o compile compile.c
    [ ! -e /tmp/perf-1.map ] || skip "somebody has a /tmp/perf-1.map"
    capture_prof run run sh -c 'unshare -pf ./compile first; unshare -pf ./compile second'
    rm -f /tmp/perf-1.map
    assert_end run "exited with 0"
    capture_prof report report --json prof.data
    assert_true "$folder/report.out" "40 < sum(f['self_percent'] for f in it['functions']
        if f['function'] == 'second') < 60"
}
