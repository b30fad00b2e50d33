# SPDX-License-Identifier: MIT
#
# cmake -DNAME=symbol -DIN=file[,file...] -DOUT=file.c -P embed.cmake
# Turns the script, the page or the style sheet into a C array. Every flamegraph carries these files, so what
# only their source needs stays behind: indentation, comments, line ends after which no statement can end; in
# the script all that its meaning does not depend on, see below. The result is fit for a CDATA section.
string(REPLACE "," ";" files "${IN}")
set(text "")
foreach(file IN LISTS files)
    file(READ ${file} part)
    string(APPEND text "\n${part}")
endforeach()

# Names of the script's own, beside those with a "$": neither the browser nor the data know them.
set(own_words
    above action anyCase app area arrow asNewEntry attributes away bare base before begin below beside best blob
    bounds Box box BOX_MIN boxOf button byFn byte bytes caller cells center change COLORS column columns COMBINING
    common count decoder depth digits direction distance drawn drawnTo each element end enter enterBelow error event
    expression factor file findAbove first fixed flag flags fn fns followWay found GAP GAP_KIND gone GROUP_KIND
    grow head heads high hint hit hits hue INLINED isBelow isEnd isFrame isListed isMerged isNamed isRecursive isRemoved
    isSafe isSmall item items kept kid kids kind known LABEL_MIN labels lane later level levels limit line link lost
    made mark merge met middle missing module more most name names next node nodes now number old oldSamples order
    others own owner ownWays parent part parts passes path paths percent place places plain popup probe process
    Reader reader register rest rests root row rule run runs said samples say scale sections SELECT_MIN selector self shown
    siblings Sketch sketch slot slotOf source stage start state steps sum sums switches table taken template text
    thread tick ticks tid time times tip told tops total until used visit wanted way ways weight weights what where
    whole WIDE word words worker zeros)
foreach(word IN LISTS own_words)
    set(is_own_${word} TRUE)
endforeach()

# What is between "${" and "}" in a template is script, too.
function(squeeze_template template result)
    set(squeezed "")
    while(template MATCHES "[$]{([^}]*)}")
        set(inside "${CMAKE_MATCH_1}")
        string(FIND "${template}" "\${" begin)
        string(SUBSTRING "${template}" 0 ${begin} text)
        string(LENGTH "\${${inside}}" size)
        math(EXPR begin "${begin} + ${size}")
        string(SUBSTRING "${template}" ${begin} -1 template)
        squeeze("${inside}" inside)
        string(APPEND squeezed "${text}\${${inside}}")
    endwhile()
    set(${result} "${squeezed}${template}" PARENT_SCOPE)
endfunction()

# "const name = () => {};" is shorter than "function name() {}", which begins and ends where lines do.
function(shorten_functions text result)
    string(REGEX REPLACE "\nfunction ([a-zA-Z_$]+)([^\n]+) {\n" "\nconst \\1 = \\2 => {\n" text "${text}")
    string(REGEX REPLACE "\nasync function ([a-zA-Z_$]+)([^\n]+) {\n" "\nconst \\1 = async \\2 => {\n" text "${text}")
    string(REPLACE "\n}\n" "\n};\n" text "${text}")
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

# The script without comments, and blanks between two words and two equal signs only, so all statements have to
# end in semicolons; its own names marked with "$_", which none has. Declarations that follow each other become
# one, and constants variables nobody assigns to. A test compares the syntax trees of both. Divisions have blanks
# around them, which tells them from regular expressions.
function(squeeze text result)
    # In a CMake list, these three would join or split its elements.
    string(ASCII 1 semicolon)
    string(ASCII 2 open)
    string(ASCII 3 close)
    string(ASCII 4 divided)
    string(REPLACE " / " "${divided}" text "${text}")
    string(REPLACE ";" "${semicolon}" text "${text}")
    string(REPLACE "[" "${open}" text "${text}")
    string(REPLACE "]" "${close}" text "${text}")
    string(REGEX MATCHALL "'([^'\\]|\\\\.)*'|`[^`]*`|//[^\n]*|/([^/\\\n]|\\\\.)+/[a-z]*|[0-9][a-zA-Z0-9_.]*|[a-zA-Z_$][a-zA-Z0-9_$]*|[ \n]+|."
           tokens "${text}")
    set(squeezed "")
    set(before "")
    set(blank "")
    # A semicolon waits for what follows it. Whether the statement that goes on at each depth of brackets is a
    # declaration, and the one that has just ended.
    set(held "")
    set(depth 0)
    set(is_declared_0 FALSE)
    set(was_declared FALSE)
    foreach(token IN LISTS tokens)
        if(token MATCHES "^[ \n]")
            set(blank " ")
            continue()
        elseif(token MATCHES "^//")
            continue()
        elseif(token STREQUAL semicolon)
            string(APPEND squeezed "${held}")
            set(held "${semicolon}")
            set(was_declared ${is_declared_${depth}})
            set(is_declared_${depth} FALSE)
            set(before "${token}")
            continue()
        elseif(token MATCHES "^(const|let)$")
            set(token "let")
            if(before MATCHES "^[{}${semicolon}]$")
                set(is_declared_${depth} TRUE)
            endif()
            if(held AND was_declared)
                string(APPEND squeezed ",")
                set(held "")
                set(before ",")
                continue()
            endif()
        elseif(token MATCHES "^[a-zA-Z_]" AND is_own_${token})
            set(token "$_${token}")
        elseif(token MATCHES "^`")
            squeeze_template("${token}" token)
        elseif(token MATCHES "^[({${open}]$")
            math(EXPR depth "${depth} + 1")
            set(is_declared_${depth} FALSE)
        elseif(token MATCHES "^[)}${close}]$")
            math(EXPR depth "${depth} - 1")
        endif()
        if(NOT token STREQUAL "}")
            string(APPEND squeezed "${held}")
        endif()
        set(held "")
        if("${before}|${token}" MATCHES "[a-zA-Z0-9_$][|][a-zA-Z0-9_$]|^[+][|][+]|^-[|]-")
            string(APPEND squeezed "${blank}")
        endif()
        string(REGEX REPLACE "^0[.]" "." short "${token}")
        string(APPEND squeezed "${short}")
        set(before "${token}")
        set(blank "")
    endforeach()
    string(APPEND squeezed "${held}")
    string(REGEX REPLACE "([^a-zA-Z0-9_$])[(]([a-zA-Z0-9_$]+)[)]=>" "\\1\\2=>" squeezed "${squeezed}")
    string(REPLACE "${semicolon}" ";" squeezed "${squeezed}")
    string(REPLACE "${divided}" "/" squeezed "${squeezed}")
    string(REPLACE "${open}" "[" squeezed "${squeezed}")
    string(REPLACE "${close}" "]" squeezed "${squeezed}")
    string(REGEX REPLACE ",([]}])" "\\1" squeezed "${squeezed}")
    # Two indexes before a comparison may have been moved together.
    string(REPLACE "]]>" "]] >" squeezed "${squeezed}")
    set(${result} "${squeezed}" PARENT_SCOPE)
endfunction()

# What is marked with a "$" becomes one or two digits, the most frequent names the shortest.
function(rename text result)
    string(REGEX MATCHALL "[a-zA-Z_$][a-zA-Z0-9_$]*" taken "${text}")
    list(APPEND taken do if in of)
    list(REMOVE_DUPLICATES taken)
    string(REGEX MATCHALL "[$][a-zA-Z_][a-zA-Z0-9_]*" uses "${text}")
    set(names ${uses})
    list(REMOVE_DUPLICATES names)
    foreach(name IN LISTS uses)
        string(SUBSTRING "${name}" 1 -1 name)
        math(EXPR count_${name} "0${count_${name}} + 1")
    endforeach()
    set(ranks "")
    foreach(name IN LISTS names)
        string(SUBSTRING "${name}" 1 -1 name)
        math(EXPR rank "10000 - ${count_${name}}")
        list(APPEND ranks "${rank}${name}")
    endforeach()
    list(SORT ranks)
    set(digits "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    set(pairs "")
    set(number 0)
    foreach(rank IN LISTS ranks)
        set(found 0)
        while(NOT found EQUAL -1)
            math(EXPR high "${number} / 52 - 1")
            math(EXPR low "${number} % 52")
            string(SUBSTRING ${digits} ${low} 1 short)
            if(NOT high LESS 0)
                string(SUBSTRING ${digits} ${high} 1 digit)
                set(short ${digit}${short})
            endif()
            list(FIND taken "${short}" found)
            math(EXPR number "${number} + 1")
        endwhile()
        string(SUBSTRING ${rank} 4 -1 name)
        string(LENGTH ${name} length)
        math(EXPR key "1000 - ${length}")
        list(APPEND pairs "${key}|${name}|${short}")
    endforeach()
    # Longer names first: one may begin another. And none is to be found in what stands for one.
    string(ASCII 5 mark)
    list(SORT pairs)
    foreach(pair IN LISTS pairs)
        string(REPLACE "|" ";" pair "${pair}")
        list(GET pair 1 name)
        list(GET pair 2 short)
        string(REPLACE "$${name}" "${mark}${short}" text "${text}")
    endforeach()
    string(REPLACE "${mark}" "" text "${text}")
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

if(IN MATCHES "[.]js$")
    shorten_functions("${text}" text)
    squeeze("${text}" text)
    rename("${text}" text)
else()
    string(REGEX REPLACE "\n[ ]+" "\n" text "${text}")
    string(REGEX REPLACE "\n/\\*[^\n]*\\*/" "" text "${text}")
    string(REGEX REPLACE "^\n+" "" text "${text}")
    string(REGEX REPLACE "\n\n+" "\n" text "${text}")
    string(REGEX REPLACE "([{,()=;])\n" "\\1" text "${text}")
    string(REPLACE "\n}" "}" text "${text}")
endif()

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
