#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# views.bats - report, flamegraph, info, export and help, on good recordings and damaged ones.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # $ meant for other shells; tests are subshells
load helpers

# One recording for all, copied by those that damage it. Symbols are looked up by the first view
# and kept in the file; raw.data has none yet.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    "$PROF_BUILD/bin/prof" record --no-symbols -q -o raw.data "$PROF_BUILD/examples/workers" 20 >output
    cp raw.data named.data
    "$PROF_BUILD/bin/prof" info named.data >/dev/null
}

readonly views=(report flamegraph info export)

# every option of every subcommand, written down here and not asked of prof
options_of() {
    local record="-F --frequency -o --output --delay -d --duration --toggle --paused --clock"
    record+=" --unwind --no-children --strict -q --quiet"
    case $1 in
    run) echo "$record --svg -n --limit --color" ;;
    record) echo "$record --no-symbols" ;;
    report) echo "-n --limit -m --min -s --sort --json --color" ;;
    flamegraph) echo "-f --format --open -o --output -t --title --subtitle --colors --hash --countname --inverted --width --minwidth --max-size --timeline --source-link --no-script --no-data -q --quiet" ;;
    diff) echo "-o --output --no-picture -t --title -n --limit -m --min --json --color" ;;
    info) echo "--json" ;;
    export) echo "-f --format -o --output" ;;
    symbolize)
        echo "-D --debug-dir --sysroot --debuginfod --no-inlines --no-cache --isolate -q --quiet" ;;
    addr2line)
        echo "-e --exe -a --addresses -f --functions -i --inlines -C --demangle --aliases" \
            "-s --basenames -p --pretty-print -j --section --debug-dir --no-cache --isolate" \
            "-v --version"
        ;;
    help) echo "--man --completion" ;;
    esac
}
readonly subcommands=(run record report flamegraph diff info export symbolize addr2line help)

raw() {
    cp "$BATS_FILE_TMPDIR/raw.data" "$folder/$1"
}

named() {
    cp "$BATS_FILE_TMPDIR/named.data" "$folder/$1"
}

@test "views read prof.data when no file is named" {
    local view
    named prof.data
    for view in report info export; do
        capture_prof "$view" "$view"
        assert_end "$view" "exited with 0"
        [ -s "$view.out" ]
        [ ! -s "$view.err" ]
    done
    capture_prof flamegraph flamegraph
    assert_end flamegraph "exited with 0"
    [ ! -s flamegraph.out ]
    assert_one_sentence flamegraph 'wrote flamegraph.svg; open it in a browser'
}

@test "names are looked up once and kept in the recording" {
    raw prof.data
    capture_prof first report --json
    capture_prof raw info --json
    assert_true raw.out 'it["symbolized"]'
    cp prof.data kept.data
    capture_prof second report --json
    cmp first.out second.out
    cmp kept.data prof.data
}

@test "a recording that may not be changed is shown all the same" {
    install_copy
    raw copy/x.data
    chmod 444 copy/x.data
    capture report "${as_nobody[@]}" copy/bin/prof report copy/x.data
    assert_end report "exited with 0"
    assert_line report.out '^ +[0-9.]+ % .* index_images '
    cmp copy/x.data "$BATS_FILE_TMPDIR/raw.data"
}

@test "report sorts, limits and leaves out" {
    local function
    named prof.data
    capture_prof self report
    # the hottest by self time is on the first line behind the heading
    grep -A 1 'self %' self.out | grep -q ' index_images '
    capture_prof total report --sort total -n 2
    [ "$(grep -c -E '^ *[0-9.]+ % ' total.out)" -eq 2 ]
    [ "$(grep -c -E '^ *[0-9.]+ % .* 100.0 % ' total.out)" -eq 2 ]
    assert_line total.out '^[0-9]+ more functions are not shown'
    capture_prof some report --min 20 --json
    assert_true some.out 'it["functions"]'
    assert_true some.out 'all(f["total_percent"] >= 20 for f in it["functions"])'
    capture_prof all report --json -n 0
    assert_true all.out 'len(it["functions"]) > 4'
    # one sample is in one function itself: the shares add up to the whole
    assert_true all.out '99.9 < sum(f["self_percent"] for f in it["functions"]) < 100.1'
    assert_true all.out 'all(f["self_percent"] <= f["total_percent"] for f in it["functions"])'
}

@test "report as JSON and as a table are the same" {
    named prof.data
    capture_prof json report --json
    capture_prof table report
    function=$(evaluate json.out 'it["functions"][0]["function"]')
    share=$(evaluate json.out '"%.1f" % it["functions"][0]["self_percent"]')
    samples=$(evaluate json.out 'it["functions"][0]["self_samples"]')
    assert_line table.out "^ *$share % .* $samples +$function "
}

@test "info as JSON has the promised keys" {
    named prof.data
    info_of prof.data
    assert_true info.out '{"command", "engine", "requested_hz", "achieved_hz", "duration_s", "cpu_s",
        "accounted_cpu_s", "samples", "lost_samples", "complete_stacks", "stop_reasons", "processes",
        "threads"} <= it.keys()'
    assert_true info.out 'all({"pid", "exe", "samples"} <= p.keys() for p in it["processes"])'
    assert_true info.out 'all({"pid", "tid", "name", "samples"} <= t.keys() for t in it["threads"])'
    assert_true info.out 'it["command"].endswith("/examples/workers 20")'
    assert_true info.out 'it["finished"] and it["damage"] is None and it["exit_status"] == 0'
}

@test "info says in words what was recorded" {
    named prof.data
    capture_prof words info
    assert_line words.out '^command +.*/examples/workers 20$'
    assert_line words.out '^result +exit status 0$'
    assert_line words.out '^CPU time +.* [0-9.]+ % accounted for'
    assert_line words.out '/examples/workers: DWARF in '
}

@test "the flamegraph is one well-formed document with a title" {
    named prof.data
    capture_prof picture flamegraph -o - --title 'before & <after>' prof.data
    assert_end picture "exited with 0"
    [ ! -s picture.err ]
    python3 -c '
import re, sys, xml.dom.minidom
text = open(sys.argv[1]).read()
root = xml.dom.minidom.parseString(text).documentElement
assert root.tagName == "svg", root.tagName
assert "before &amp; &lt;after&gt;" in text
assert "index_images" in text
remote = [u for u in re.findall(r"(?:href|src)=\"([^\"]*)\"|url\(([^)]*)\)", text)
          if re.match(r"\w+:|//", u[0] or u[1])]
assert not remote, remote' picture.out
}

@test "a quiet flamegraph says nothing" {
    named prof.data
    capture_prof picture flamegraph -q -o x.svg
    [ ! -s picture.out ]
    [ ! -s picture.err ]
    [ -s x.svg ]
}

@test "a picture that cannot be written is said, and leaves nothing behind" {
    named prof.data
    capture_prof picture flamegraph -o no/such/x.svg
    assert_end picture "exited with 125"
    assert_one_sentence picture 'cannot (create|write) no/such/x.svg: No such file'
    capture_prof full flamegraph -o /dev/full
    assert_end full "exited with 125"
    assert_one_sentence full 'cannot write /dev/full: No space left'
    mkdir x.svg
    capture_prof folder flamegraph -o x.svg
    assert_end folder "exited with 125"
    assert_one_sentence folder 'x.svg: Is a directory'
    [ "$(find . -name '*.tmp' | wc -l)" -eq 0 ]
}

@test "output that cannot be written is an error" {
    local view
    named prof.data
    for view in report info export; do
        capture "$view" bash -c '"$@" >/dev/full' bash "$PROF_BUILD/bin/prof" "$view"
        assert_end "$view" "exited with 125"
        assert_one_sentence "$view" 'cannot write to standard output: No space left'
    done
}

@test "collapsed stacks are lines of names and counts, as many as the samples weigh" {
    named prof.data
    capture_prof collapsed export -f collapsed
    assert_no_line collapsed.out '(^|[^0-9])$'
    assert_line collapsed.out ';main;.*;index_images [0-9]+$'
    info_of prof.data
    weight=$(awk '{ sum += $NF } END { print sum }' collapsed.out)
    assert_true info.out "abs($weight * it['period_ns'] / 1e9 - it['accounted_cpu_s']) < 0.002"
    capture_prof file export -o x.txt
    cmp collapsed.out x.txt
}

@test "a missing recording is said, with how to make one" {
    local view
    for view in "${views[@]}"; do
        capture_prof "$view" "$view"
        assert_end "$view" "exited with 125"
        assert_one_sentence "$view" 'prof.data: No such file or directory; .*prof run COMMAND'
        [ ! -s "$view.out" ]
    done
    [ ! -e flamegraph.svg ]
}

@test "what is no recording is said to be none" {
    local view file
    seq 10000 >numbers
    head -c 100000 /dev/urandom >random
    printf 'PROFDAT' >short
    : >empty
    mkdir directory
    mkfifo pipe
    for file in numbers random short empty directory pipe; do
        for view in "${views[@]}"; do
            capture_prof view "$view" "$file"
            assert_end view "exited with 125"
            assert_one_sentence view "^?$file (is|holds) "
            [ ! -s view.out ]
        done
    done
    [ ! -e flamegraph.svg ]
}

@test "what cannot be drawn is said in a sentence" {
    printf 'a;b 1\n' | gzip >packed
    printf 'a 9223372036854775807\nb 1\n' >huge
    capture_prof packed flamegraph packed
    assert_end packed "exited with 125"
    assert_one_sentence packed 'packed is compressed'
    capture_prof huge flamegraph huge
    assert_end huge "exited with 125"
    assert_one_sentence huge 'add up to more'
    capture_prof nothing flamegraph - </dev/null
    assert_end nothing "exited with 125"
    assert_one_sentence nothing 'standard input is empty'
    [ ! -e flamegraph.svg ]
}

@test "standard output that is closed is an error" {
    printf 'a;b 1\n' >stacks
    local status=0
    "$PROF_BUILD/bin/prof" flamegraph -o - stacks 2>err >&- || status=$?
    [ "$status" = 125 ]
    grep -q 'standard output: it is closed' err
}

@test "a recording of a later version is said to be one" {
    named prof.data
    printf '\002' | dd of=prof.data bs=1 seek=8 conv=notrunc status=none
    capture_prof report report
    assert_end report "exited with 125"
    assert_one_sentence report 'version 2'
}

@test "a recording that may not be read is said" {
    install_copy
    named copy/x.data
    chmod 0 copy/x.data
    capture report "${as_nobody[@]}" copy/bin/prof report copy/x.data
    assert_end report "exited with 125"
    assert_one_sentence report 'copy/x.data: Permission denied'
}

@test "more than one recording is a mistake" {
    local view
    for view in "${views[@]}"; do
        capture_prof view "$view" a.data b.data
        assert_end view "exited with 2"
        assert_one_sentence view "$view looks at one recording, but 2 files were given"
    done
}

@test "a cut recording is shown up to the cut, and that is said" {
    local size cut before=0 samples
    raw whole.data
    size=$(stat -c %s whole.data)
    for cut in 24 30 $((size / 4)) $((size / 2)) $((size * 3 / 4)) $((size - 1)); do
        head -c "$cut" whole.data >cut.data
        capture_prof info info --json cut.data
        if grep -q '^exited with 125' info.end; then
            # nothing but the file's header: not one chunk
            assert_one_sentence info 'cut.data '
            continue
        fi
        assert_end info "exited with 0"
        assert_true info.out 'not it["finished"]'
        samples=$(evaluate info.out 'it["samples"]')
        [ "$samples" -ge "$before" ]
        before=$samples
        capture_prof words info cut.data
        assert_line words.out '^note .*(not finished|cut|damaged)'
        capture_prof report report cut.data
        assert_end report "exited with 0"
    done
}

@test "a recording damaged in the middle keeps what came before" {
    local size whole
    # Long enough for several chunks.
    capture_prof record record -q -o whole.data "$PROF_TARGETS/spin" 2500
    size=$(stat -c %s whole.data)
    cp whole.data damaged.data
    printf '\377\377\377\377' |
        dd of=damaged.data bs=1 seek=$((size * 2 / 3)) conv=notrunc status=none
    cp damaged.data again.data
    capture_prof words info damaged.data
    assert_line words.out '^note .*damage'
    info_of whole.data
    whole=$(evaluate info.out 'it["samples"]')
    info_of again.data
    assert_true info.out "0 < it['samples'] < $whole"
    assert_true info.out 'it["damaged_bytes"] > 0 and it["damage"] and not it["finished"]'
}

@test "names with markup and control bytes do no harm" {
    require_target hostile_names
    capture_prof run run -q "$PROF_TARGETS/hostile_names"
    python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("flamegraph.svg")'
    if grep -q '<img\|<script>alert' flamegraph.svg; then
        fail "markup from a name is markup in the picture"
    fi
    capture_prof json report --json -n 0
    assert_true json.out 'any("<" in f["function"] for f in it["functions"])'
    capture_prof table report
    assert_no_line table.out $'\e'
    capture_prof collapsed export
    # a name is one field: no separator and no new line of its own
    assert_no_line collapsed.out '^$'
    awk '$NF !~ /^[0-9]+$/ { exit 1 }' collapsed.out
}

@test "prof alone, prof help and --help tell what there is" {
    local subcommand way
    capture_prof alone
    assert_end alone "exited with 2"
    [ ! -s alone.out ]
    for way in help --help -h; do
        capture_prof way "$way"
        assert_end way "exited with 0"
        [ ! -s way.err ]
        cmp way.out alone.err
    done
    for subcommand in "${subcommands[@]}"; do
        assert_line way.out "^  $subcommand +[a-z]"
    done
    assert_no_line way.out collect
}

@test "help of a subcommand names each of its options" {
    local subcommand option
    for subcommand in "${subcommands[@]}"; do
        capture_prof short "$subcommand" -h
        capture_prof long "$subcommand" --help
        capture_prof other help "$subcommand"
        assert_end long "exited with 0"
        [ ! -s long.err ]
        cmp short.out long.out
        cmp long.out other.out
        for option in $(options_of "$subcommand"); do
            assert_line long.out "^  ( *|-., )$option( |,|\[|$)"
        done
        # and none besides: what is new belongs into the list above
        documented=$(grep -o -E '^  ( +|-.), --[a-z-]+|^ {6}--[a-z-]+' long.out |
            grep -o -E -e '--[a-z-]+' | sort -u)
        listed=$(options_of "$subcommand" | tr ' ' '\n' | grep -e '^--')
        [ "$documented" = "$(sort -u <<<"$listed")" ] ||
            fail "$subcommand has" "$documented"
        # no line that a terminal would break
        [ "$(wc -L <long.out)" -le 100 ]
    done
}

@test "the version is printed" {
    capture_prof version --version
    assert_end version "exited with 0"
    assert_line version.out '^prof [0-9]+\.[0-9]+\.[0-9]+$'
    [ "$(wc -l <version.out)" -eq 1 ]
}

@test "an unknown subcommand is status 2 and a hint" {
    capture_prof unknown ./app
    assert_end unknown "exited with 2"
    assert_one_sentence unknown "there is no subcommand './app'; .*did you mean 'prof run ./app'"
    capture_prof option --frobnicate
    assert_end option "exited with 2"
    assert_one_sentence option "there is no option --frobnicate"
    capture_prof help help frobnicate
    assert_end help "exited with 2"
    assert_one_sentence help "there is no subcommand 'frobnicate'"
}

@test "man pages have no mistakes and name each option" {
    command -v groff >/dev/null || skip "groff is not here"
    local subcommand option
    for subcommand in "" "${subcommands[@]}"; do
        # shellcheck disable=SC2086 # none or one
        capture_prof page help --man $subcommand
        assert_end page "exited with 0"
        cp page.out "page.1"
        LC_ALL=C.UTF-8 groff -ww -z -man -Tutf8 page.1 2>warnings
        [ ! -s warnings ] || fail "$subcommand: $(cat warnings)"
        groff -man -Tascii -P-c page.1 | sed 's/.\x08//g' >page.txt
        for option in $(options_of "$subcommand"); do
            grep -q -E -e "(^|[ ,])$option\>" page.txt || fail "$subcommand: $option is missing"
        done
    done
}

@test "completion for bash knows subcommands, options and files" {
    capture_prof completion help --completion bash
    bash -n completion.out
    : >x.data
    complete_words() {
        bash -c '. ./completion.out
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
            _prof
            printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
    }
    [ "$(complete_words prof r | sort | tr '\n' ' ')" = "record report run " ]
    [ "$(complete_words prof flam)" = flamegraph ]
    complete_words prof run --f | grep -q -x -e --frequency
    complete_words prof report --js | grep -q -x -e --json
    complete_words prof report x | grep -q -x x.data
    bash -c '. ./completion.out; complete -p prof'
}

@test "completion for zsh and fish can be read" {
    local shell
    for shell in zsh fish; do
        capture_prof "$shell" help --completion "$shell"
        assert_end "$shell" "exited with 0"
        assert_line "$shell.out" frequency
        if command -v "$shell" >/dev/null; then
            "$shell" -n "$shell.out"
        fi
    done
    capture_prof other help --completion tcsh
    assert_end other "exited with 2"
    assert_one_sentence other "completions exist for bash, zsh and fish, not for 'tcsh'"
}
