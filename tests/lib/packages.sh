# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# packages.sh - which Debian or Ubuntu packages prof needs, and how the missing ones get installed.
#
# Sourced by examples/quickstart.sh and tests/run.sh; POSIX sh, no side effect when sourced.
# An entry is PACKAGE, or PACKAGE=COMMAND where the command counts, wherever it was installed from.
# shellcheck disable=SC2034 # the lists are for those who source this file

# To build prof and the examples.
packages_build="gcc=cc make=make libc6-dev cmake=cmake pkg-config=pkg-config libunwind-dev \
libdwarf-dev libiberty-dev zlib1g-dev libjansson-dev"

# More to see, not needed: the C++ example.
packages_build_optional="g++=c++"

# To run the tests, beside those.
packages_test="libcmocka-dev bats=bats shellcheck=shellcheck python3=python3 binutils=objcopy \
nodejs=node npm=npm chromium=chromium sqlite3=sqlite3 dpkg-dev=dpkg-shlibdeps file=file groff-base=groff \
procps=pgrep"

# Each adds cases that are skipped without it: C++ targets, 32-bit and musl targets, compressed debug
# sections, programs by clang and lld, split (llvm) and shared (dwz) debug information, the style
# check, manuals as man shows them, file capabilities, the picture in Firefox; and a Chromium that
# takes half the time. Not every architecture and release has them all.
packages_test_optional="g++=c++ gcc-multilib musl-tools=musl-gcc libzstd-dev liblzma-dev \
libdeflate-dev xz-utils=xz clang=clang lld=ld.lld llvm=llvm-dwp dwz=dwz clang-format=clang-format \
man-db=man libcap2-bin=setcap libjemalloc2 libtcmalloc-minimal4 firefox-esr=firefox-esr \
chromium-headless-shell=chromium-headless-shell"

# Why the last packages_install failed, one sentence without a full stop.
packages_problem=

# packages_missing ENTRY...: prints the names of the packages that are not there.
packages_missing() {
    packages_list=
    for packages_entry in "$@"; do
        packages_name=${packages_entry%%=*}
        packages_command=${packages_entry#"$packages_name"}
        packages_command=${packages_command#=}
        if [ -n "$packages_command" ] && command -v "$packages_command" >/dev/null 2>&1; then
            continue
        fi
        packages_status=$(dpkg-query -W -f '${db:Status-Status}\n' "$packages_name" 2>/dev/null) ||
            packages_status=
        # One line for each architecture it is installed for.
        case $packages_status in
        installed*) ;;
        *) packages_list="$packages_list $packages_name" ;;
        esac
    done
    printf '%s\n' "${packages_list# }"
}

# The lists came with the image, or nobody updated them for a week. apt gives the files the server's
# time, so it is the folder every update passes through that tells.
packages_lists_are_old() {
    packages_lists=${APT_LISTS:-/var/lib/apt/lists}
    [ -z "$(find "$packages_lists" -maxdepth 1 -name '*_Packages*' 2>/dev/null | head -n 1)" ] ||
        [ -z "$(find "$packages_lists/partial" -maxdepth 0 -mtime -7 2>/dev/null)" ]
}

packages_apt_get() {
    if [ "$(id -u)" -eq 0 ]; then
        DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
    fi
}

# --no-remove: a package that would push out another one is not worth it.
packages_try() {
    packages_apt_get install -y --no-install-recommends --no-remove "$@"
}

packages_can_install() {
    if ! command -v apt-get >/dev/null 2>&1; then
        packages_problem="there is no apt-get on this system, so install them by hand"
    elif [ "$(id -u)" -eq 0 ]; then
        return 0
    elif ! command -v sudo >/dev/null 2>&1; then
        packages_problem="installing them takes root: this is not root, and there is no sudo"
    elif ! sudo -n true 2>/dev/null && ! [ -t 0 ]; then
        packages_problem="installing them takes root: sudo wants a password and there is no terminal"
    else
        return 0
    fi
    return 1
}

# packages_install LOG PACKAGE...: returns 0 when all are installed, else 1 with the reason in
# packages_problem. The package lists are updated when they are old, or when the install fails.
packages_install() {
    packages_log=$1
    shift
    packages_can_install || return 1
    packages_updated=no
    if packages_lists_are_old; then
        packages_apt_get update >>"$packages_log" 2>&1 || true
        packages_updated=yes
    fi
    packages_try "$@" >>"$packages_log" 2>&1 && return 0
    if [ "$packages_updated" = no ]; then
        packages_apt_get update >>"$packages_log" 2>&1 || true
        packages_try "$@" >>"$packages_log" 2>&1 && return 0
    fi
    packages_problem="apt-get could not install them"
    return 1
}
