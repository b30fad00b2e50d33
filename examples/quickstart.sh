#!/bin/sh
# SPDX-License-Identifier: MIT
#
# quickstart.sh - from a fresh clone to the first flamegraph, on Debian 12, Ubuntu 22.04 or later.
#
# Installs the packages that are missing, builds prof and the examples in build/, and profiles
# examples/split.c. Everything it writes is in build/; run it again whenever you like.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/packages.sh

out=build/quickstart

# stop SENTENCE: the one way this script gives up.
stop() {
    echo "quickstart: $1" >&2
    exit 1
}

# quietly LOG WHAT COMMAND...: its output goes to the log, and the end of the log here if it fails.
quietly() {
    log=$1
    what=$2
    shift 2
    if ! "$@" >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        stop "$what failed; the lines above are the end of $log."
    fi
}

install_packages() {
    # shellcheck disable=SC2086 # lists of words
    missing=$(packages_missing $packages_build)
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086
    wanted="$missing $(packages_missing $packages_build_optional)"
    echo "Installing what the build needs: $wanted"
    : >"$out/packages.log"
    # shellcheck disable=SC2086
    if ! packages_install "$out/packages.log" $wanted; then
        tail -n 15 "$out/packages.log" >&2
        stop "the build needs these packages, and $packages_problem: $missing."
    fi
}

build() {
    echo "Building prof and the examples in build/"
    quietly "$out/configure.log" "configuring the build" \
        cmake -S . -B build -DCMAKE_BUILD_TYPE=RelWithDebInfo
    quietly "$out/build.log" "the build" \
        cmake --build build --parallel "$(getconf _NPROCESSORS_ONLN)"
    [ -x build/bin/prof ] || stop "the build made no build/bin/prof; see $out/build.log."
}

profile() {
    echo "Profiling build/examples/split"
    status=0
    build/bin/prof run -o "$out/prof.data" --svg "$out/flamegraph.svg" -- build/examples/split ||
        status=$?
    [ "$status" -eq 0 ] || stop "prof run ended with status $status; its messages are above."
    [ -s "$out/flamegraph.svg" ] || stop "prof run wrote no $out/flamegraph.svg."
}

print_next_steps() {
    cat <<EOF

The flamegraph, for any browser:
  file://$(pwd)/$out/flamegraph.svg

Next:
  build/bin/prof report $out/prof.data     functions, hottest first
  build/bin/prof info $out/prof.data       what was recorded, and how well
  build/bin/prof run -- YOUR-PROGRAM ARGS  the same for a program of yours
  build/bin/prof help                      everything else
EOF
}

mkdir -p "$out" 2>/dev/null || stop "cannot write to $(pwd)/build."
install_packages
build
profile
print_next_steps
