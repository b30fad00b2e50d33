/* SPDX-License-Identifier: MIT */
/*
 * paths_templates.cpp - the standard library's templates: thousands of types, deep inlining, local
 * classes, lambdas. Built, never run.
 */
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace
{
template <class T> struct entry {
    std::string name;
    T value;
};

template <class T> int count_names(const std::vector<entry<T>> &entries)
{
    std::map<std::string, std::vector<std::shared_ptr<entry<T>>>> by_name;
    for (const auto &e : entries)
        by_name[e.name].push_back(std::make_shared<entry<T>>(e));
    struct longer {
        bool operator()(const entry<T> &a, const entry<T> &b) const
        {
            return a.name.size() > b.name.size();
        }
    };
    std::vector<entry<T>> sorted(entries);
    std::sort(sorted.begin(), sorted.end(), longer());
    std::function<int(int)> twice = [&](int n) { return n * 2 + (int)sorted.size(); };
    return twice((int)by_name.size());
}
} // namespace

int main(int argc, char **argv)
{
    std::vector<entry<int>> numbers;
    std::vector<entry<std::string>> strings;
    for (int i = 0; i < argc; i++) {
        numbers.push_back({argv[i], i});
        strings.push_back({argv[i], argv[i]});
    }
    return count_names(numbers) + count_names(strings);
}
