#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# install.bats - what `cmake --install` and `cpack -G DEB` deliver is complete and works.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # $ meant for other shells; tests are subshells
load helpers

# Installed and packed once; the tests look at the result.
setup_file() {
    cmake --install "$PROF_BUILD" --prefix "$BATS_FILE_TMPDIR/prefix" \
        >"$BATS_FILE_TMPDIR/install.log" 2>&1 || return
    if command -v dpkg-deb dpkg-shlibdeps >/dev/null; then
        (cd "$PROF_BUILD" && cpack -G DEB -B "$BATS_FILE_TMPDIR/package") \
            >"$BATS_FILE_TMPDIR/package.log" 2>&1 || {
            cat "$BATS_FILE_TMPDIR/package.log" >&2
            return 1
        }
        dpkg-deb -x "$BATS_FILE_TMPDIR"/package/*.deb "$BATS_FILE_TMPDIR/unpacked"
    fi
}

prefix() {
    printf '%s\n' "$BATS_FILE_TMPDIR/prefix"
}

package() {
    printf '%s\n' "$BATS_FILE_TMPDIR"/package/*.deb
}

require_package() {
    [ -d "$BATS_FILE_TMPDIR/unpacked" ] || skip "this machine has no dpkg-dev"
}

readonly installed="bin/prof lib/prof/libprof.so include/prof.h
share/bash-completion/completions/prof share/zsh/site-functions/_prof
share/fish/vendor_completions.d/prof.fish share/man/man1/prof.1 share/man/man1/prof-run.1
share/man/man1/prof-record.1 share/man/man1/prof-report.1 share/man/man1/prof-flamegraph.1
share/man/man1/prof-diff.1 share/man/man1/prof-info.1 share/man/man1/prof-export.1 share/man/man1/prof-help.1
share/man/man1/prof-symbolize.1 share/man/man1/prof-addr2line.1
share/doc/prof/README.md share/doc/prof/CHANGELOG.md share/doc/prof/copyright"

# assert_complete FOLDER: every file of the list, and no file besides.
assert_complete() {
    local expected found
    # shellcheck disable=SC2086 # a list of words
    expected=$(printf '%s\n' $installed | sort)
    found=$(cd "$1" && find . -type f -printf '%P\n' | sort)
    [ "$expected" = "$found" ] || fail "$(diff <(echo "$expected") <(echo "$found"))"
}

@test "everything is installed, and nothing else" {
    assert_complete "$(prefix)"
    [ -x "$(prefix)/bin/prof" ]
    [ "$(head -n 1 "$(prefix)/share/doc/prof/copyright")" = "MIT License" ]
}

@test "the installed prof finds its library, wherever it was moved to, and profiles" {
    cp -r "$(prefix)" elsewhere
    PATH=$folder/elsewhere/bin:$PATH
    capture run prof run "$PROF_TARGETS/exit_status" 7
    assert_end run "exited with 7"
    assert_line run.err '^prof: wrote prof.data and flamegraph.svg'
    info_of prof.data
    assert_true info.out 'it["samples"] > 0'
    assert_true info.out 'any("elsewhere/lib/prof/libprof.so" in m["path"]
        for m in it["modules"])'
}

@test "a place that the loader cannot preload from is said before the run" {
    local name
    for name in "with a blank" "with:colon"; do
        cp -r "$(prefix)" "$name"
        capture run "$name/bin/prof" run "$PROF_TARGETS/exit_status" 7
        assert_end run "exited with 7"
        assert_one_sentence run "$name/lib/prof/libprof.so, because the loader splits that path at blanks"
        # and the loader has nothing to complain about
        [ "$(grep -c -v '^prof: ' run.err)" -eq 0 ]
        capture strict "$name/bin/prof" run --strict "$PROF_TARGETS/exit_status" 7
        assert_end strict "exited with 125"
        [ ! -e prof.data ]
    done
}

@test "prof works through a link, and by a name without a path" {
    mkdir links
    ln -s "$(prefix)/bin/prof" links/prof
    PATH=$folder/links:$PATH
    capture run prof run -q "$PROF_TARGETS/exit_status" 7
    assert_end run "exited with 7"
    info_of prof.data
    assert_true info.out 'it["samples"] > 0'
}

@test "the installed library can be preloaded" {
    capture preloaded env LD_PRELOAD="$(prefix)/lib/prof/libprof.so" "$PROF_TARGETS/exit_status" 7
    assert_end preloaded "exited with 7"
    [ ! -s preloaded.err ]
    info_of prof.data
    assert_true info.out 'it["samples"] > 0'
}

@test "libprof.so needs nothing but libc and exports only what it means to" {
    local library
    library=$(prefix)/lib/prof/libprof.so
    readelf -d "$library" >dynamic.out
    [ "$(grep -c '(NEEDED)' dynamic.out)" -eq "$(grep -c -E '(NEEDED).*\[(libc\.so|ld-linux)' dynamic.out)" ]
    assert_line dynamic.out '\(FLAGS\).*BIND_NOW'
    if readelf -l -W "$library" | grep -q 'GNU_STACK.*E '; then
        fail "its stack is executable"
    fi
    nm -D --defined-only "$library" >symbols.out
    assert_line symbols.out ' [TW] prof_sampler_start$'
    # what a profiler must never put before the program's own
    assert_no_line symbols.out ' (_Unwind_|unw_|backtrace|malloc|free|dl_iterate_phdr)'
}

@test "the installed manual is read by man" {
    command -v man >/dev/null || skip "man is not here"
    local page
    for page in "$(prefix)"/share/man/man1/*.1; do
        LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$page" >page.txt 2>warnings
        [ ! -s warnings ] || fail "$page: $(cat warnings)"
        # the system may leave manuals out, and then man says only that
        grep -q NAME page.txt || skip "man is cut down here"
    done
}

# chooses C or C++: two busy functions, of which only the second is to be sampled.
write_chooser() {
    cat >"chooser.$1" <<'END'
#include <prof.h>

#include <stdint.h>
#include <stdio.h>
#include <time.h>

static void spin(int milliseconds)
{
    struct timespec now;
    int64_t end = 0, ns;
    do {
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
        if (!end)
            end = ns + (int64_t)milliseconds * 1000000;
    } while (ns < end);
}

__attribute__((noinline)) static void set_up(void)
{
    spin(300);
    __asm__ volatile("");
}

__attribute__((noinline)) static void work(void)
{
    spin(100);
    __asm__ volatile("");
}

int main(void)
{
    prof_stop();
    set_up();
    prof_start();
    work();
    prof_stop();
    puts("done");
    return 7;
}
END
}

# chooser COMPILER SUFFIX FLAG...: compiled, run without prof and with it.
check_chooser() {
    local compiler=$1 suffix=$2
    shift 2
    write_chooser "$suffix"
    "$compiler" -O2 -g -Wall -Wextra -Wpedantic -Werror "$@" -I "$(prefix)/include" \
        -o chooser "chooser.$suffix" || return
    capture alone ./chooser || return
    assert_end alone "exited with 7" || return
    rm -f prof.data
    capture_prof run run -q ./chooser || return
    assert_end run "exited with 7" || return
    capture_prof report report --json -n 0 || return
    assert_true report.out \
        '[f["total_s"] for f in it["functions"] if f["function"] in ("work", "work()")][0] > 0.08' ||
        return
    # a sample that was due when sampling stopped may still come
    assert_true report.out 'sum(f["total_s"] for f in it["functions"]
        if f["function"] in ("set_up", "set_up()")) < 0.02'
}

@test "a C program chooses with prof.h what is sampled" {
    check_chooser cc c -std=c11 -D_GNU_SOURCE
}

@test "a C program at a fixed address chooses, too" {
    check_chooser cc c -std=c99 -D_GNU_SOURCE -no-pie -fno-pie
}

@test "a C++ program chooses with prof.h what is sampled" {
    command -v c++ >/dev/null || skip "there is no C++ compiler"
    check_chooser c++ cc -std=c++11
}

@test "the package holds what is installed" {
    require_package
    dpkg-deb --fsys-tarfile "$(package)" | tar -t | sed 's|^\./||' >files.out
    local file
    for file in $installed; do
        # cpack leaves the manual as it is; Debian's own tools would compress it
        assert_line files.out "^usr/${file//./\\.}$"
    done
    [ "$(grep -c -v '/$' files.out)" -eq "$(wc -w <<<"$installed")" ]
    dpkg-deb -c "$(package)" >owners.out
    [ "$(grep -c ' root/root ' owners.out)" -eq "$(wc -l <owners.out)" ]
    assert_no_line owners.out '^(.....w|........w)'
}

@test "the package says what it is and what it needs" {
    require_package
    dpkg-deb -f "$(package)" >control.out
    assert_line control.out '^Package: prof$'
    assert_line control.out "^Version: $("$PROF_BUILD/bin/prof" --version | cut -d ' ' -f 2)"
    assert_line control.out "^Architecture: $(dpkg --print-architecture)$"
    assert_line control.out '^Section: devel$'
    assert_line control.out '^Priority: optional$'
    assert_line control.out '^Maintainer: .* <.*@.*>$'
    assert_line control.out '^Description: [a-z].{10,70}$'
    assert_line control.out '^Depends: .*libc6 \(>= '
    assert_line control.out '^Depends: .*zlib1g'
    assert_line control.out '^Depends: .*libdwarf'
    [[ $(basename "$(package)") == prof_*_"$(dpkg --print-architecture)".deb ]]
    # each of them is known to this system, and what prof links to is in one of them
    dpkg-deb -f "$(package)" Depends | tr ',' '\n' | sed 's/ *\([^ ]*\).*/\1/' |
        xargs dpkg-query -W -f '${Package} ${db:Status-Status}\n' >packages.out
    assert_no_line packages.out ' not-installed'
}

@test "the unpacked package profiles" {
    require_package
    capture run "$BATS_FILE_TMPDIR/unpacked/usr/bin/prof" run -q "$PROF_TARGETS/exit_status" 7
    assert_end run "exited with 7"
    info_of prof.data
    assert_true info.out 'it["samples"] > 0 and it["complete_stacks"] == it["samples"]'
}
