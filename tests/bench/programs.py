# SPDX-License-Identifier: MIT
"""programs.py - real programs and something for them to do."""
import os
import shutil
import subprocess

PYTHON_WORK = """
import json, re
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def words(n):
    counts = {{}}
    for i in range(n):
        key = "w%d" % (i * 7919 % 5003)
        counts[key] = counts.get(key, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
def documents(n):
    text = json.dumps([{{"id": i, "name": "n%d" % i, "values": list(range(i % 20))}} for i in range(n)])
    return len(re.findall(r"n[0-9]*7", text)) + len(json.loads(text))
for turn in range({turns}):
    fib(21); words(40000); documents(3000)
"""

TEMPLATES = """
#include <algorithm>
#include <functional>
#include <map>
{regex}#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
template <int N> struct node {{
    std::map<std::string, std::tuple<int, std::vector<std::string>>> children;
    std::variant<int, std::string, std::vector<int>> value;
    node<N - 1> next;
    int sum() const {{
        int total = std::visit([](auto &&v) {{ return static_cast<int>(sizeof v) + N; }}, value);
        for (auto &[k, v] : children) total += static_cast<int>(k.size()) + std::get<0>(v);
        std::vector<int> sorted(N + 3, total);
        std::sort(sorted.begin(), sorted.end(), [](int a, int b) {{ return a % (N + 1) < b; }});
        return sorted[0] + next.sum();
    }}
}};
template <> struct node<0> {{ int sum() const {{ return 0; }} }};
int main() {{ node<{depth}> n; return n.sum(); }}
"""

REGEX = """#include <regex>
bool matches(const std::string &s) { return std::regex_match(s, std::regex("[a-z]+(x|y)*")); }
"""


def python():
    """A python3 that is no script."""
    return "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else shutil.which("python3")


def compiler_proper():
    """g++'s own cc1plus."""
    if not shutil.which("g++"):
        return None
    path = subprocess.run(["g++", "-print-prog-name=cc1plus"], capture_output=True, text=True,
                          check=True).stdout.strip()
    return path if os.access(path, os.X_OK) else None


def write(folder, name, text):
    """Writes a file and returns its path."""
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def compile_templates(folder, depth, regex=False):
    """cc1plus -O2 of a file with many templates, or None."""
    path = compiler_proper()
    if not path:
        return None
    source = write(folder, f"templates{depth}.cc", 
                   TEMPLATES.format(depth=depth, regex=REGEX if regex else ""))
    return [path, "-quiet", "-O2", "-std=gnu++17", source, "-o", "/dev/null"]


def fixed_work(folder, smoke):
    """(name, command) of programs that always do the same work."""
    script = write(folder, "work.py", PYTHON_WORK.format(turns=2 if smoke else 18))
    work = [("python3", [python(), script])]
    compile_it = compile_templates(folder, 1 if smoke else 2)
    if compile_it:
        work.append(("cc1plus", compile_it))
    return work


def _repository():
    """This one, when git knows it."""
    here = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(["git", "-C", here, "rev-parse", "--show-toplevel"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def real(folder, smoke):
    """(name, command) of programs without frame pointers, each busy for a second or more."""
    scale = 1 if smoke else 10
    text = write(folder, "text", "".join(f"line {i * 7919 % 104729} of the text\n"
                                         for i in range(30000 * scale)))
    work = [
        ("python3", [python(), write(folder, "work.py", PYTHON_WORK.format(turns=3 * scale))]),
        ("perl", ["perl", "-e", f"my %h; for (1..{400000 * scale}) {{ $h{{$_ % 977}} .= chr(65 + "
                  "$_ % 26); $h{$_ % 31} =~ s/AB+C/x/g if $_ % 101 == 0 } "
                  "print length(join '', sort values %h)"]),
        ("sqlite3", ["sqlite3", ":memory:", "create table t(a, b); with recursive n(i) as (select "
                     f"1 union all select i + 1 from n where i < {60000 * scale}) insert into t "
                     "select i, hex(i * 7919 % 10007) from n; create index x on t(b); select "
                     "count(*), sum(t.a) from t join t as u on u.a = t.a where t.b like '%3%' "
                     "group by substr(t.b, 1, 2) order by 2;"]),
        ("cc1plus", compile_templates(folder, 1 if smoke else 3, regex=not smoke)),
        ("openssl", ["openssl", "speed", "-seconds", "2", "-bytes", "8192", "sha256"]),
        ("openssl rsa", ["openssl", "speed", "-seconds", "1", "rsa2048"]),
        ("xz", ["sh", "-c", f"exec xz -6 -k -c {text} > /dev/null"]),
        ("bash", ["bash", "-c", f"x=0; for ((i = 0; i < {25000 * scale}; i++)); do case $i in *77) "
                  "x=$((x + ${#i}));; *) y=${i//1/22};; esac; done; echo $x"]),
        ("gdb", ["gdb", "-nx", "-batch", "-ex", "info functions nothing_has_this_name",
                 "-ex", "info scope main", python()]),
        ("node", ["node", "-e", f"let s = 0; for (let i = 0; i < {100000 * scale}; i++) {{ s += "
                  "JSON.stringify({a: i, b: [i, i + 1], c: 'x' + i}).length } console.log(s); "
                  f"const z = require('zlib'); z.gzipSync(Buffer.alloc({3000000 * scale}, 'abcab'))"]),
    ]
    if _repository():
        work.append(("git log -p", ["git", "--no-pager", "-C", _repository(), "log", "-p", "-M",
                                    "--stat", *(["-n", "3"] if smoke else [])]))
    return [(name, command) for name, command in work if command and shutil.which(command[0])]
