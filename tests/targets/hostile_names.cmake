# SPDX-License-Identifier: MIT
#
# hostile_names.cmake - gives the functions of hostile_names.c names no compiler would.
#
# Run with cmake -P and these variables:
#   ASSEMBLY  the compiler's output; the names in its debug information are replaced in place
#   SYMBOLS   written: the same for the symbol table, in the form objcopy --redefine-syms reads
string(ASCII 27 escape)
string(REPEAT "long_" 1000 long)

file(READ "${ASSEMBLY}" assembly)
file(WRITE "${SYMBOLS}" "")

# rename(FUNCTION NAME): NAME must hold no white space and no '#', which objcopy would take as its own.
function(rename function name)
    string(REPLACE "\\" "\\\\" quoted "${name}")
    string(REPLACE "\"" "\\\"" quoted "${quoted}")
    string(REPLACE "${escape}" "\\033" quoted "${quoted}")
    string(REPLACE "\"${function}\"" "\"${quoted}\"" replaced "${assembly}")
    if(replaced STREQUAL assembly)
        message(FATAL_ERROR "no debug information about ${function} in ${ASSEMBLY}")
    endif()
    set(assembly "${replaced}" PARENT_SCOPE)
    file(APPEND "${SYMBOLS}" "${function} ${name}\n")
endfunction()

rename(hostile_script [=[</script><script>alert(1)</script>&"]]>]=])
rename(hostile_separator [=[a;b;c,d|e"f"'g'=[1]]=])
rename(hostile_escape "${escape}[31mred${escape}[0m\\033[0m")
rename(hostile_format [=[%s%n%p%%{{x}}$(y)`z`../../etc/passwd]=])
rename(hostile_long "${long}")

file(WRITE "${ASSEMBLY}" "${assembly}")
