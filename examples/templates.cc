/* SPDX-License-Identifier: MIT */
/*
 * templates.cc - C++ whose functions mostly vanish: templates, lambdas and deep inlining.
 *
 * Run:  prof run build/examples/templates
 * See:  inline frames inside geometry::simulate: transform_all, dot and the steps of Power<8> are
 *       source code but no functions of the binary. Beside it std::sort with a lambda, whose
 *       names show what demangling is for.
 */
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace geometry {

template <typename Number, std::size_t N> using Vector = std::array<Number, N>;

template <unsigned Exponent> struct Power {
    template <typename Number> static inline Number of(Number base)
    {
        return base * Power<Exponent - 1>::of(base);
    }
};

template <> struct Power<0> {
    template <typename Number> static inline Number of(Number)
    {
        return Number(1);
    }
};

template <typename Number, std::size_t N>
inline Number dot(const Vector<Number, N> &a, const Vector<Number, N> &b)
{
    Number sum{};
    for (std::size_t i = 0; i < N; i++)
        sum += a[i] * b[i];
    return sum;
}

template <typename Number, std::size_t N> inline Number length_squared(const Vector<Number, N> &a)
{
    return dot(a, a);
}

template <typename Number, typename Change>
inline void transform_all(std::vector<Vector<Number, 3>> &points, Change change)
{
    for (auto &point : points)
        for (auto &coordinate : point)
            coordinate = change(coordinate);
}

/* Unsigned integers wrap by definition, so the result is the same on every machine. */
template <typename Number> [[gnu::noinline]] Number simulate(std::size_t steps)
{
    std::vector<Vector<Number, 3>> points(1000, Vector<Number, 3>{1, 2, 3});
    Number total{};
    for (std::size_t step = 0; step < steps; step++) {
        transform_all(points, [step](Number x) { return Power<8>::of(x + Number(step)) | 1; });
        for (const auto &point : points)
            total += length_squared(point);
    }
    return total;
}

} // namespace geometry

namespace {

struct Record {
    std::uint32_t key;
    std::uint32_t position;
};

[[gnu::noinline]] std::uint64_t sort_records(std::size_t turns)
{
    std::vector<Record> records(20000);
    std::uint32_t state = 2463534242;
    std::uint64_t checksum = 0;
    for (std::size_t turn = 0; turn < turns; turn++) {
        for (std::size_t i = 0; i < records.size(); i++) {
            state = state * 1664525 + 1013904223;
            records[i] = {state >> 8, std::uint32_t(i)};
        }
        std::sort(records.begin(), records.end(), [](const Record &a, const Record &b) {
            return a.key != b.key ? a.key < b.key : a.position < b.position;
        });
        checksum = checksum * 31 + records[records.size() / 2].key;
    }
    return checksum;
}

std::size_t work_percent(int argc, char **argv)
{
    if (argc < 2)
        return 100;
    char *end = nullptr;
    unsigned long percent = std::strtoul(argv[1], &end, 10);
    if (argc > 2 || *argv[1] < '0' || *argv[1] > '9' || *end != '\0' || percent > 100000) {
        std::fprintf(stderr, "usage: %s [WORK]   in percent, from 0 to 100000, 100 by default\n",
                     argv[0]);
        std::exit(2);
    }
    return percent;
}

} // namespace

int main(int argc, char **argv)
{
    std::size_t percent = work_percent(argc, argv);
    unsigned long long simulated = geometry::simulate<std::uint64_t>(percent * 2000);
    unsigned long long sorted = sort_records(percent * 2);
    std::printf("simulate     %016llx\nsort_records %016llx\n", simulated, sorted);
    return 0;
}
