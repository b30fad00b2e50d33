# SPDX-License-Identifier: MIT
#
# cmake -DNAME=symbol -DIN=file[,file...] -DOUT=file.c -P embed.cmake
# Turns the script, the page or the style sheet into a C array. Every flamegraph carries these files, so what only
# their source needs stays behind: comment lines, indentation, line ends after which no statement can
# end; in scripts also spaces around punctuation (outside of single quotes, and only on lines without
# slashes, backslashes and other quotes). The result is fit for a CDATA section.
string(REPLACE "," ";" files "${IN}")
set(text "")
foreach(file IN LISTS files)
    file(READ ${file} part)
    string(APPEND text "\n${part}")
endforeach()
string(REGEX REPLACE "\n[ ]+" "\n" text "${text}")
string(REGEX REPLACE "\n(//[^\n]*|/\\*[^\n]*\\*/)" "" text "${text}")

# In a CMake list, these three would join or split its elements.
string(ASCII 1 semicolon)
string(ASCII 2 open)
string(ASCII 3 close)
# Spaces tell a division from a regular expression.
string(ASCII 4 divided)
string(REPLACE " / " "${divided}" text "${text}")
string(REPLACE ";" "${semicolon}" text "${text}")
string(REPLACE "[" "${open}" text "${text}")
string(REPLACE "]" "${close}" text "${text}")
string(REGEX MATCHALL "[^\n]+" lines "${text}")
set(text "")
foreach(line IN LISTS lines)
    if(NOT IN MATCHES "[.]js$")
        string(APPEND text "${line}\n")
        continue()
    endif()
    if(NOT line MATCHES "[\"`/\\]")
        string(REPLACE "'" ";" parts "${line}")
        set(squeezed "")
        set(quoted FALSE)
        foreach(part IN LISTS parts)
            if(quoted)
                string(APPEND squeezed "'${part}'")
                set(quoted FALSE)
            else()
                string(REGEX REPLACE " *([=*<>?:,{}()&|!]|${semicolon}) *" "\\1" part "${part}")
                string(REGEX REPLACE " *([-+]=) *" "\\1" part "${part}")
                string(REGEX REPLACE "^ ([+]) " "\\1" part "${part}")
                string(REGEX REPLACE " ([+]) $" "\\1" part "${part}")
                string(REGEX REPLACE "([^-+]) ([-+]) ([^-+])" "\\1\\2\\3" part "${part}")
                string(APPEND squeezed "${part}")
                set(quoted TRUE)
            endif()
        endforeach()
        set(line "${squeezed}")
    endif()
    # These operators, with blanks around them, are in no text of the script.
    foreach(operator "=>" "===" "!==" "&&" "||" "+" "*" "<" ">" ">=" "-")
        string(REPLACE " ${operator} " "${operator}" line "${line}")
    endforeach()
    string(APPEND text "${line}\n")
endforeach()
string(REGEX REPLACE "([{,()=]|${semicolon})\n" "\\1" text "${text}")
string(REPLACE "\n}" "}" text "${text}")
string(REPLACE "${semicolon}" ";" text "${text}")
string(REPLACE "${divided}" "/" text "${text}")
string(REPLACE "${open}" "[" text "${text}")
string(REPLACE "${close}" "]" text "${text}")
# Two indexes before a comparison may have been moved together.
string(REPLACE "]]>" "]] >" text "${text}")

# The script marks the names of its own, which nothing outside of it knows, with a "$": they become
# numbers in the order of their first use, in base 16 ("$0", "$1f"). Longer names first: one may begin
# another.
string(REGEX MATCHALL "[$][a-zA-Z][a-zA-Z0-9]*" names "${text}")
list(REMOVE_DUPLICATES names)
set(pairs "")
set(number 0)
foreach(name IN LISTS names)
    string(LENGTH ${name} length)
    math(EXPR key "1000 - ${length}")
    math(EXPR short "${number}" OUTPUT_FORMAT HEXADECIMAL)
    string(REPLACE "0x" "$" short ${short})
    list(APPEND pairs "${key}|${name}|${short}")
    math(EXPR number "${number} + 1")
endforeach()
list(SORT pairs)
foreach(pair IN LISTS pairs)
    string(REPLACE "|" ";" pair "${pair}")
    list(GET pair 1 name)
    list(GET pair 2 short)
    string(REPLACE "${name}" "${short}" text "${text}")
endforeach()

string(HEX "${text}" hex)
string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
get_filename_component(source ${OUT} NAME_WLE)
file(WRITE ${OUT} "/* ${source}, made by embed.cmake. */
#include \"render/assets.h\"

const char ${NAME}[] = {
    ${hex}0x00,
};
")
