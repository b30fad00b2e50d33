#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh - builds the fuzzers with clang and lets each look for a while.
#
#   tests/fuzz/run.sh [SECONDS [FUZZER...]]    60 seconds each of all of them
#
# What they find lies in build-fuzz/finds, and is kept in tests/fuzz/corpus/NAME once it is mended:
# the unit tests run what is there, too. What merely reaches more code is in build-fuzz/corpus. The
# exit status is 0 when nothing was found.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
readonly seconds=${1:-60}
shift $(($# > 0))
fuzzers=("$@")
[ ${#fuzzers[@]} -gt 0 ] || fuzzers=(elf files import recording symbols unwind)

cmake -S . -B build-fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DPROF_TESTS=ON -DPROF_SANITIZE=ON -DPROF_FUZZ=ON >/dev/null || exit 1
cmake --build build-fuzz -j "$(getconf _NPROCESSORS_ONLN)" \
    --target "${fuzzers[@]/#/fuzz_}" >/dev/null || exit 1

mkdir -p build-fuzz/finds
status=0
for name in "${fuzzers[@]}"; do
    folders=("build-fuzz/corpus/$name")
    mkdir -p "${folders[0]}"
    [ ! -d "tests/fuzz/corpus/$name" ] || folders+=("tests/fuzz/corpus/$name")
    # a section may claim 4 GiB, of which no page is touched that is not there
    if "build-fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=9000 -timeout=5 \
        -malloc_limit_mb=8192 \
        -artifact_prefix="build-fuzz/finds/$name-" "${folders[@]}" \
        >"build-fuzz/finds/$name.log" 2>&1; then
        echo "$name: $(grep -o '^Done [0-9]* runs' "build-fuzz/finds/$name.log"), nothing found"
    else
        tail -n 40 "build-fuzz/finds/$name.log"
        echo "$name: found something, see build-fuzz/finds"
        status=1
    fi
done
exit $status
