#!/bin/sh
# SPDX-License-Identifier: MIT
#
# libdwarf_releases.sh - the symbolizer's tests with other releases of libdwarf than the system's.
#
#     tests/libdwarf_releases.sh PREFIX...
#
# PREFIX is where a release was installed (cmake --install-prefix, or a package that was unpacked), so
# that PREFIX/lib/pkgconfig/libdwarf.pc is there. Each gets a build folder of its own below
# build-libdwarf/. Ends with the status of the first that fails.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tests="test_damage test_dwarf_paths test_files_mutations test_hostile test_matrix test_modules"
tests="$tests test_symbol_mutations"

[ $# -gt 0 ] || {
    sed -n '5,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
for prefix in "$@"; do
    found=$(find "$prefix" -name libdwarf.pc | head -n 1)
    [ -n "$found" ] || {
        echo "$0: there is no libdwarf.pc below $prefix" >&2
        exit 1
    }
    PKG_CONFIG_PATH=$(dirname "$found")
    export PKG_CONFIG_PATH
    release=$(pkg-config --modversion libdwarf | tr -d '"') # 0.9.2 has quotes
    folder=$root/build-libdwarf/$release
    echo "libdwarf $release"
    cmake -S "$root" -B "$folder" -DPROF_TESTS=ON -DPROF_SANITIZE=ON -DPROF_WERROR=ON >/dev/null
    # shellcheck disable=SC2086 # several names
    cmake --build "$folder" -j2 --target $tests >/dev/null
    (cd "$folder" && ctest --output-on-failure -R "^($(echo "$tests" | tr ' ' '|'))\$")
done
