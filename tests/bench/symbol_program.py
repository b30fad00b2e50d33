#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbol_program.py FOLDER [UNITS]: writes and builds FOLDER/program, C++ with much debug information.

Each unit instantiates templates of the standard library for types of its own, as real C++ does:
about 3 MB of .debug_info per unit with g++ -O2 -g, most of it inlined calls.
"""

import os
import subprocess
import sys

UNIT = """
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace unit_{n} {{
template <int N> struct key {{
    std::string text;
    int number = N;
    bool operator<(const key &other) const {{ return text < other.text; }}
}};

template <int N> int fill(std::map<key<N>, std::vector<std::shared_ptr<key<N>>>> &map, int count)
{{
    for (int i = 0; i < count; i++) {{
        auto shared = std::make_shared<key<N>>(key<N>{{std::to_string(i * N), i}});
        map[*shared].push_back(shared);
    }}
    return (int)map.size();
}}

template <int N> int sorts(int count)
{{
    std::vector<key<N>> keys((size_t)count);
    for (int i = 0; i < count; i++)
        keys[(size_t)i].text = std::to_string(count ^ i);
    std::sort(keys.begin(), keys.end());
    std::stable_sort(keys.begin(), keys.end(),
                     [](const key<N> &a, const key<N> &b) {{ return a.number < b.number; }});
    return std::accumulate(keys.begin(), keys.end(), 0,
                           [](int sum, const key<N> &k) {{ return sum + (int)k.text.size(); }});
}}

template <int N> int looks_up(const std::string &pattern)
{{
    std::unordered_map<std::string, std::variant<int, std::string, key<N>>> table;
    table["a"] = N;
    table["b"] = pattern;
    table["c"] = key<N>{{pattern, N}};
    std::function<int(const std::string &)> measure = [&](const std::string &name) {{
        return (int)std::visit([](const auto &value) {{ return sizeof value; }}, table[name]);
    }};
    return measure("a") + measure("b") + measure(pattern);
}}

template <int N> int all(int count)
{{
    std::map<key<N>, std::vector<std::shared_ptr<key<N>>>> map;
    int sum = fill<N>(map, count) + sorts<N>(count) + looks_up<N>(std::to_string(count));
    if constexpr (N > 0)
        sum += all<N - 1>(count);
    return sum;
}}
}} // namespace unit_{n}

int unit_{n}_main(int count)
{{
    std::regex words("[a-z]+{n}");
    return unit_{n}::all<16>(count) + (int)std::regex_match("word{n}", words);
}}
"""


def build(folder, units):
    os.makedirs(folder, exist_ok=True)
    main_text = "".join(f"int unit_{n}_main(int);\n" for n in range(units))
    calls = " + ".join(f"unit_{n}_main(count)" for n in range(units))
    main_text += ("int main(int argc, char **)\n{\n    int count = argc * 20000;\n"
                  f"    return ({calls}) == 0;\n}}\n")
    sources = {"main.cc": main_text}
    sources.update({f"unit_{n}.cc": UNIT.format(n=n) for n in range(units)})
    for name, text in sources.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    objects = [name.replace(".cc", ".o") for name in sources]
    with open(os.path.join(folder, "Makefile"), "w") as file:
        file.write(f"program: {' '.join(objects)}\n\tg++ -o $@ $^\n"
                   "%.o: %.cc\n\tg++ -std=c++17 -g -O2 -c -o $@ $<\n")
    subprocess.run(["make", "-s", "-j2", "-C", folder], check=True)


if __name__ == "__main__":
    build(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20)
