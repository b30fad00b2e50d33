#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# packages.bats - tests/lib/packages.sh against an apt-get that only writes down what it was told.
# shellcheck disable=SC1091,SC2016,SC2154 # the sourced file; $ meant for the stand-ins; its variables

setup() {
    folder=$(mktemp -d "${TMPDIR:-/tmp}/prof-test.XXXXXX")
    mkdir -p "$folder/bin" "$folder/lists/partial"
    touch "$folder/lists/archive_main_Packages"
    for tool in sh cat find head rm touch env; do
        ln -s "$(command -v "$tool")" "$folder/bin/$tool"
    done
    export APT_LISTS=$folder/lists calls=$folder/calls folder
    touch "$calls"
    stand_in id 'echo 0'
    stand_in dpkg-query '
        for name; do :; done
        case $name in
        present) echo installed ;;
        removed) echo config-files ;;
        *) exit 1 ;;
        esac'
    stand_in apt-get 'echo "apt-get $*" >>"$calls"'
    . "$BATS_TEST_DIRNAME/../lib/packages.sh"
    real_path=$PATH
    PATH=$folder/bin
}

teardown() {
    PATH=$real_path
    rm -rf "$folder"
}

# stand_in NAME BODY: a command that does this, before any other of that name.
stand_in() {
    rm -f "$folder/bin/$1"
    printf '#!/bin/sh\n%s\n' "$2" >"$folder/bin/$1"
    /bin/chmod +x "$folder/bin/$1"
}

# called LINE...: apt-get was called with these lines' words at the end, in this order, only.
called() {
    local line expected
    while IFS= read -r line; do
        expected=${1-nothing more}
        [[ $line == *" $expected" ]] || {
            echo "apt-get was called as '$line', expected: $expected"
            return 1
        }
        shift
    done <"$calls"
    [ $# -eq 0 ] || {
        echo "apt-get was not called for: $*"
        return 1
    }
}

@test "what is installed is not missing" {
    [ -z "$(packages_missing present)" ]
}

@test "what was removed and left its configuration is missing" {
    [ "$(packages_missing present removed absent)" = "removed absent" ]
}

@test "a command that is there stands for its package" {
    [ "$(packages_missing absent=cat other=no-such-command)" = "other" ]
}

@test "with recent lists a package is installed without an update" {
    packages_install "$folder/log" one two
    called "--no-remove one two"
}

@test "lists that are not there are fetched first" {
    rm "$folder/lists/archive_main_Packages"
    packages_install "$folder/log" one
    called update "--no-remove one"
}

@test "lists older than a week are fetched first" {
    touch -d "8 days ago" "$folder/lists/partial"
    packages_install "$folder/log" one
    called update "--no-remove one"
}

@test "an install that fails is tried again with new lists" {
    stand_in apt-get '
        echo "apt-get $*" >>"$calls"
        case $* in
        *update) touch "$folder/updated" ;;
        *) [ -e "$folder/updated" ] ;;
        esac'
    packages_install "$folder/log" one
    called "--no-remove one" update "--no-remove one"
}

@test "an install that fails with new lists is given up" {
    stand_in apt-get 'echo "apt-get $*" >>"$calls"; [ "${*%update}" != "$*" ]'
    ! packages_install "$folder/log" one || return 1
    called "--no-remove one" update "--no-remove one"
    [ "$packages_problem" = "apt-get could not install them" ]
}

@test "a system without apt-get is told so" {
    rm "$folder/bin/apt-get"
    ! packages_install "$folder/log" one || return 1
    [[ $packages_problem == *"no apt-get"* ]]
}

@test "a user without sudo is told so" {
    stand_in id 'echo 1000'
    ! packages_install "$folder/log" one || return 1
    [[ $packages_problem == *"there is no sudo"* ]]
    called
}

@test "a user whose sudo wants a password without a terminal is told so" {
    stand_in id 'echo 1000'
    stand_in sudo 'exit 1'
    ! packages_install "$folder/log" one </dev/null || return 1
    [[ $packages_problem == *"wants a password"* ]]
    called
}

@test "a user with sudo installs through it" {
    stand_in id 'echo 1000'
    stand_in sudo 'if [ "$1" = -n ]; then exit 0; fi; echo "sudo" >>"$folder/sudo"; exec "$@"'
    packages_install "$folder/log" one
    called "--no-remove one"
    [ -s "$folder/sudo" ]
}
