#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# pictures.bats - pictures as files that are read again, and input from other tools.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # $ meant for other shells; tests are subshells
load helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    "$PROF_BUILD/bin/prof" record -q -o x.data "$PROF_BUILD/examples/workers" 20 >output
    "$PROF_BUILD/bin/prof" flamegraph -q -o x.svg x.data
}

recorded() {
    cp "$BATS_FILE_TMPDIR/x.data" "$BATS_FILE_TMPDIR/x.svg" .
}

@test "every view of a picture is that of its recording" {
    local view
    recorded
    for view in report "report --json" "export -f collapsed" "report -s total -n 0"; do
        # shellcheck disable=SC2086 # options
        capture_prof data $view x.data
        # shellcheck disable=SC2086
        capture_prof svg $view x.svg
        assert_end svg "exited with 0"
        cmp data.out svg.out
    done
    capture_prof again flamegraph -q -o again.svg x.svg
    cmp x.svg again.svg
    info_of x.data
    cp info.out data.out
    info_of x.svg
    for key in command samples cpu_s accounted_cpu_s achieved_hz complete_stacks stop_reasons threads; do
        [ "$(evaluate data.out "it['$key']")" = "$(evaluate info.out "it['$key']")" ]
    done
}

@test "the same recording gives the same bytes" {
    recorded
    capture_prof one flamegraph -q -o one.svg x.data
    cmp x.svg one.svg
}

@test "collapsed stacks come from a file, from standard input and from a pipe" {
    printf 'main;work 30\nmain;wait_for (int) 10\n' >stacks
    capture_prof file report stacks
    assert_line file.out '^ *75\.0 % +30 +75\.0 % +30 +30 +work$'
    "$PROF_BUILD/bin/prof" report - <stacks >stdin.out
    cmp file.out stdin.out
    "$PROF_BUILD/bin/prof" report <(cat stacks) >pipe.out
    cmp file.out pipe.out
    "$PROF_BUILD/bin/prof" flamegraph -o - - <stacks >picture.svg
    "$PROF_BUILD/bin/prof" export picture.svg | cmp - <(sort stacks)
}

@test "what perf script prints becomes a picture" {
    printf '%s\n' 'app 7/8 10.5: 250000 cpu-clock:u: ' $'\t55d0 work+0x12 (/opt/app)' \
        $'\t55d1 main+0x3 (/opt/app)' '' >script
    "$PROF_BUILD/bin/prof" flamegraph -q -o p.svg - <script
    capture_prof report report p.svg
    assert_line report.out '^1 sample, 250 µs CPU time'
    assert_line report.out ' work +app$'
}

@test "lines that are no stacks are told" {
    printf 'a;b 1\nwhat is this\nc 2\n' >stacks
    capture_prof report report stacks
    assert_end report "exited with 0"
    assert_one_sentence report 'stacks: 1 line is no stack, and not counted'
}

@test "what is nothing of all this is an error" {
    local file
    echo 'hello world' >text
    echo '<svg xmlns="http://www.w3.org/2000/svg"></svg>' >other.svg
    for file in text other.svg; do
        capture_prof bad report "$file"
        assert_end bad "exited with 125"
        [ ! -s bad.out ]
    done
    assert_one_sentence bad 'cannot read other.svg: it holds no data of prof'
    recorded
    "$PROF_BUILD/bin/prof" report - <x.data >bad.out 2>bad.err && false
    grep -q 'standard input is a recording' bad.err
}

@test "the flags of flamegraph.pl" {
    printf 'main;work 30\nmain;idle 10\nmain;rare 1\n' >stacks
    capture_prof plain flamegraph -q -o plain.svg stacks
    capture_prof made flamegraph -q --title 'A <title>' --subtitle 'what & why' --width 600 --minwidth 50 \
        --inverted --colors aqua -o made.svg stacks
    assert_end made "exited with 0"
    grep -q '<title id="pf-[0-9a-f]*-title">A &lt;title&gt;</title>' made.svg
    grep -q 'what &amp; why' made.svg
    grep -q 'width="600"' made.svg
    grep -q 'data-flags="i"' made.svg
    grep -q 'data-colors="name"' made.svg
    grep -q '>work</text>' made.svg
    grep -q '<title>rare' plain.svg
    run grep -q '<title>rare' made.svg
    [ "$status" -eq 1 ]
    # nothing is left out of the data
    capture_prof export export made.svg
    assert_line export.out '^main;rare 1$'
    capture_prof heap flamegraph -q --hash --countname bytes -o heap.svg stacks
    assert_end heap "exited with 0"
    grep -q '>41 bytes' heap.svg
    grep -q 'data-colors="name"' heap.svg
    grep -q 'data-colors="kind"' plain.svg
    capture_prof wrong flamegraph --colors pink stacks
    assert_end wrong "exited with 2"
    assert_one_sentence wrong "there are no colours called 'pink'"
    capture_prof wrong flamegraph --source-link 'javascript:alert(1)' stacks
    assert_end wrong "exited with 2"
}

@test "diff: a table, a picture, JSON, from recordings and pictures" {
    printf 'main;a;x 300\nmain;b;gone_a 100\nmain;b;gone_b 200\nmain;c 400\n' >old
    printf 'main;a;x 500\nmain;b 100\nmain;c 405\nmain;added 50\n' >new
    capture_prof diff diff old new
    assert_end diff "exited with 0"
    assert_one_sentence diff 'wrote diff.svg; open it in a browser'
    assert_line diff.out '^ *-20\.00 pp +20\.00 % +0\.00 % +20\.00 % +0\.00 % +gone_b \(gone\)$'
    assert_line diff.out '^ *\+4\.74 pp .* added \(new\)$'
    assert_line diff.out '^ *-1\.61 pp~ .* c$'
    grep -q 'only in the older profile' diff.svg
    grep -q '>gone_b</text>' diff.svg
    "$PROF_BUILD/bin/prof" flamegraph -q -o old.svg old
    "$PROF_BUILD/bin/prof" flamegraph -q -o new.svg new
    capture_prof again diff --no-picture old.svg new.svg
    cmp diff.out again.out
    [ ! -s again.err ]
    # the picture of a difference is that of the new profile, too
    "$PROF_BUILD/bin/prof" export diff.svg | cmp - <("$PROF_BUILD/bin/prof" export new)
    capture_prof json diff --json --no-picture old new
    assert_true json.out 'it["functions"][0]["function"] == "gone_b"'
    assert_true json.out 'it["functions"][0]["self"]["beyond_chance"]'
    assert_true json.out 'not [f for f in it["functions"] if f["function"] == "c"][0]["self"]["beyond_chance"]'
    capture_prof one diff old
    assert_end one "exited with 2"
}

@test "a page: the picture, the functions and the facts" {
    recorded
    capture_prof page flamegraph -f html x.data
    assert_end page "exited with 0"
    assert_one_sentence page 'wrote flamegraph.html; open it in a browser'
    grep -q '^<!DOCTYPE html>' flamegraph.html
    grep -q '<td>index_images</td>' flamegraph.html
    grep -q 'accounted for by' flamegraph.html
    # a page is a picture, and so a recording
    capture_prof report report flamegraph.html
    capture_prof data report x.data
    cmp report.out data.out
}

@test "--open shows it in the browser" {
    printf '#!/bin/sh\necho "$1" >shown.part\nmv shown.part shown\n' >my-browser
    chmod +x my-browser
    recorded
    BROWSER=$PWD/my-browser capture_prof open flamegraph --open -o a.svg x.data
    assert_end open "exited with 0"
    wait_until test -e shown
    [ "$(cat shown)" = a.svg ]
    capture none env PATH="$PWD" BROWSER= "$PROF_BUILD/bin/prof" flamegraph --open -o b.svg x.data
    assert_line none.err 'there is no browser to open b.svg with'
    [ -s b.svg ]
}

@test "--no-script and --no-data leave a plain picture" {
    printf 'main;work 30\nmain;idle 10\n' >stacks
    capture_prof plain flamegraph -q --no-script -o plain.svg stacks
    assert_end plain "exited with 0"
    capture_prof bare flamegraph -q --no-data -o bare.svg stacks
    assert_end bare "exited with 0"
    local file
    for file in plain.svg bare.svg; do
        grep -q '>work</text>' "$file"
        run grep -q -e '<script' -e 'foreignObject' -e 'open in a browser' "$file"
        [ "$status" -eq 1 ]
    done
    capture_prof export export plain.svg
    assert_line export.out '^main;work 30$'
    run grep -q '<metadata' bare.svg
    [ "$status" -eq 1 ]
    capture_prof none export bare.svg
    assert_one_sentence none 'cannot read bare.svg: it holds no data of prof'
}

@test "--max-size leaves out the lightest frames, and says so" {
    python3 -c '
for i in range(60000):
    print("main;branch_%d;a_function_with_the_number_%d %d" % (i % 7, i * 2654435761 % 2**32, 1 + i % 50))
' >stacks
    capture_prof all flamegraph -q -o all.svg stacks
    [ "$(stat -c %s all.svg)" -gt 600000 ]
    capture_prof small flamegraph -q --max-size 0.4 -o small.svg stacks
    assert_end small "exited with 0"
    [ "$(stat -c %s small.svg)" -le 400000 ]
    grep -q 'frames left out for the size of the file' small.svg
    capture_prof export export small.svg
    assert_line export.out 'more frames, left out for the size of the file\] '
    # and it is still said when the picture is read and made anew
    capture_prof again flamegraph -q -o again.svg small.svg
    grep -q '>left out (--max-size)<' again.svg
    run grep -q 'incomplete stack' again.svg
    [ "$status" -eq 1 ]
    # the sum is the same
    [ "$(awk '{ sum += $NF } END { print sum }' stacks)" = "$(awk '{ sum += $NF } END { print sum }' export.out)" ]
}
