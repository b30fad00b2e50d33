#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh - builds everything, runs every test, and ends with one line: N passed, N failed, N skipped.
#
#   tests/run.sh                 all stages
#   tests/run.sh STAGE...        only these: unit cli soak browser scripts style (they build what they
#                                need)
#
# The exit status is 0 when at least one test passed and none failed. Two builds: build-tests/ with
# sanitizers for the prof process and its unit tests; build/ without, for the tests that run prof on
# other programs, because libprof.so lives inside those. Logs are in build-tests/logs.
set -uo pipefail

# Figures with a decimal point, messages in English, names in UTF-8.
export LC_ALL=C.UTF-8

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
. tests/lib/packages.sh

readonly logs=$PWD/build-tests/logs
readonly all_stages=(unit cli soak browser scripts style)
jobs=$(getconf _NPROCESSORS_ONLN)

export PROF_BUILD=$PWD/build
export PROF_TESTS_BUILD=$PWD/build-tests
export PROF_TARGETS=$PROF_TESTS_BUILD/targets

total_passed=0
total_failed=0
total_skipped=0

# What the running stage found. A stage that fails without counting anything counts as one failure.
passed=0
failed=0
skipped=0

seconds_since() {
    awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'
}

# The failed tests of a TAP log with what they said; of any other log, the end.
show_log() {
    if grep -q '^not ok' "$1"; then
        awk '/^ *(not )?ok / { shown = $0 ~ /^ *not ok / && $0 !~ /# (TODO|SKIP|skip)/ }
             /^ *[0-9]+\.\./ { shown = 0 }
             shown' "$1" | head -n 300
    else
        tail -n 60 "$1"
    fi
    echo "(all of it: ${1#"$PWD"/})"
}

# prepare NAME FUNCTION: a step that is no test; one line, and the end of its log when it fails.
prepare() {
    local name=$1 function=$2 start=$EPOCHREALTIME
    if "$function" >"$logs/$name.log" 2>&1; then
        printf '%-14s %28s %7s s\n' "$name" ready "$(seconds_since "$start")"
        return 0
    fi
    printf '%-14s %28s %7s s\n' "$name" FAILED "$(seconds_since "$start")"
    show_log "$logs/$name.log"
    total_failed=$((total_failed + 1))
    return 1
}

# stage NAME: runs stage_NAME, which sets passed, failed and skipped.
stage() {
    local name=$1 start=$EPOCHREALTIME status=0 line
    passed=0 failed=0 skipped=0
    "stage_$name" >"$logs/$name.log" 2>&1 || status=$?
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        failed=1
    elif [ $((passed + failed + skipped)) -eq 0 ]; then
        echo "no tests ran" >>"$logs/$name.log"
        failed=1
    fi
    printf -v line '%d passed, %d failed, %d skipped' "$passed" "$failed" "$skipped"
    printf '%-14s %28s %7s s\n' "$name" "$line" "$(seconds_since "$start")"
    [ "$failed" -eq 0 ] || show_log "$logs/$name.log"
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
    total_skipped=$((total_skipped + skipped))
}

# count_tap FILE: counts the tests of a TAP stream. Tests that were planned and did not run failed.
count_tap() {
    local planned ran
    planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$1" | head -n 1)
    skipped=$(grep -c -i '^ok .*# skip' "$1")
    passed=$(($(grep -c '^ok ' "$1") - skipped))
    failed=$(grep -c '^not ok ' "$1")
    ran=$((passed + failed + skipped))
    if [ -z "$planned" ]; then
        echo "the test runner announced no tests"
        failed=$((failed + 1))
    elif [ "$ran" -lt "$planned" ]; then
        echo "$planned tests were announced, $ran ran"
        failed=$((failed + planned - ran))
    fi
}

# require_files FOLDER FIND-EXPRESSION...: an empty folder is a failure, not a success.
require_files() {
    local folder=$1
    shift
    if [ ! -d "$folder" ]; then
        echo "$folder is missing"
        return 1
    fi
    if [ -z "$(find "$folder" "$@" -print | head -n 1)" ]; then
        echo "$folder holds no tests"
        return 1
    fi
}

install_packages() {
    local missing optional package
    # shellcheck disable=SC2086 # lists of words
    missing=$(packages_missing $packages_build $packages_test)
    if [ -n "$missing" ]; then
        echo "installing $missing"
        # shellcheck disable=SC2086
        if ! packages_install "$logs/packages.log" $missing; then
            echo "the tests need these packages, and $packages_problem: $missing"
            return 1
        fi
    fi
    # One by one, so that one that does not exist here costs only itself; tried once.
    # shellcheck disable=SC2086
    optional=$(packages_missing $packages_test_optional)
    for package in $optional; do
        if grep -q -x "$package" "$logs/packages-not-available" 2>/dev/null; then
            continue
        fi
        echo "installing $package"
        if ! packages_install "$logs/packages.log" "$package"; then
            echo "going on without $package: $packages_problem"
            echo "$package" >>"$logs/packages-not-available"
        fi
    done
}

build_plain() {
    cmake -S . -B build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPROF_WERROR=ON &&
        cmake --build build --parallel "$jobs"
}

build_sanitized() {
    cmake -S . -B build-tests -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPROF_SANITIZE=ON \
        -DPROF_TESTS=ON -DPROF_WERROR=ON &&
        cmake --build build-tests --parallel "$jobs"
}

# A test is one ctest entry, that is one program, however many cases it holds.
stage_unit() {
    local report=$logs/unit.results status
    (cd build-tests && ctest --output-on-failure --parallel "$jobs") | tee "$report"
    status=${PIPESTATUS[0]}
    passed=$(grep -c -E '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .* Passed ' "$report")
    skipped=$(grep -c -E '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*(\*\*\*Skipped|Disabled\))' "$report")
    failed=$(($(grep -c -E '^ *[0-9]+/[0-9]+ Test +#[0-9]+: ' "$report") - passed - skipped))
    return "$status"
}

stage_cli() {
    require_files tests/cli -name '*.bats' || return 1
    bats --tap tests/cli >"$logs/cli.tap" 2>&1
    cat "$logs/cli.tap"
    count_tap "$logs/cli.tap"
}

# A test is a run of a target program under one clock, compared with a run without prof. Each is run
# once, and all for a minute at least; tests/soak/soak.sh goes on for longer.
stage_soak() {
    local report=$logs/soak.results runs
    tests/soak/soak.sh 60 | tee "$report"
    read -r runs _ _ _ _ failed _ < <(tail -n 1 "$report")
    passed=$((runs - failed))
}

install_browser_modules() {
    [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund
}

stage_browser() {
    require_files tests/browser -name node_modules -prune -o -name '*.test.*' || return 1
    local major
    major=$(node -p 'process.versions.node.split(".")[0]')
    if [ "$major" -lt 18 ]; then
        echo "the browser tests need Node.js 18 or later; this is $(node --version)"
        return 1
    fi
    # most of a test is waiting for the browser
    local options=(--test --test-reporter=tap)
    ! node --help | grep -q -e --test-concurrency || options+=("--test-concurrency=$((jobs + 1))")
    (
        cd tests/browser && install_browser_modules &&
            node "${options[@]}" >"$logs/browser.tap" 2>&1
    )
    [ -s "$logs/browser.tap" ] || return 1
    cat "$logs/browser.tap"
    count_node_tap "$logs/browser.tap"
}

# Node's TAP nests; its closing lines count the tests themselves.
count_node_tap() {
    node_count() { sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$2" | tail -n 1; }
    passed=$(node_count pass "$1")
    failed=$(($(node_count fail "$1") + $(node_count cancelled "$1")))
    skipped=$(($(node_count skipped "$1") + $(node_count todo "$1")))
    [ -n "$passed" ]
}

# One test per script: shellcheck finds nothing in it.
stage_scripts() {
    local script
    while IFS= read -r script; do
        if shellcheck -x "$script"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done < <(
        find .ci examples tests profiler symbolizer render -name node_modules -prune -o \
            \( -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -path '.ci/*' -type f \) -print
    )
}

# One test per source file: clang-format would change nothing. Other releases of it lay out a few
# constructs otherwise, so only the one the style was settled with counts.
stage_style() {
    local file files status=0
    mapfile -t files < <(
        find profiler symbolizer render examples tests -name node_modules -prune -o \
            \( -name '*.[ch]' -o -name '*.cc' \) -print
    )
    if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
        echo "clang-format 14 is not here"
        skipped=${#files[@]}
        return 0
    fi
    # with every finding on a line that begins with its file
    printf '%s\0' "${files[@]}" |
        xargs -0 -n 16 -P "$jobs" clang-format --dry-run --Werror 2>"$logs/style.findings" ||
        status=1
    cat "$logs/style.findings"
    for file in "${files[@]}"; do
        if grep -q -F "$file:" "$logs/style.findings"; then
            failed=$((failed + 1))
        else
            passed=$((passed + 1))
        fi
    done
    return "$status"
}

# run_stages STAGE...: what they need first; nothing is tested with a build that failed.
run_stages() {
    local wanted=" $* " name
    prepare packages install_packages || return
    case $wanted in
    *" unit "* | *" cli "* | *" soak "* | *" browser "*)
        prepare build-tests build_sanitized || return
        ;;
    esac
    case $wanted in
    *" cli "* | *" soak "* | *" browser "*)
        prepare build build_plain || return
        ;;
    esac
    for name in "${all_stages[@]}"; do
        case $wanted in
        *" $name "*) stage "$name" ;;
        esac
    done
}

for name in "$@"; do
    case " ${all_stages[*]} " in
    *" $name "*) ;;
    *)
        echo "run.sh: there is no stage '$name'; stages: ${all_stages[*]}" >&2
        exit 2
        ;;
    esac
done
mkdir -p "$logs" || exit 1
run_stages "${@:-${all_stages[@]}}"
echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
[ "$total_failed" -eq 0 ] && [ "$total_passed" -gt 0 ]
