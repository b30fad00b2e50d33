/* SPDX-License-Identifier: MIT */
/*
 * matrix_cpp.cpp - templates, methods, namespaces, an exception; no headers, so that every line is of
 * this file.
 */
extern "C" int puts(const char *);

namespace shapes
{
static volatile int sink;

template <class T> struct square {
    T side;
    __attribute__((always_inline)) T area() const
    {
        sink = sink + 1;
        return side * side;
    }
};

template <class T, class U> __attribute__((noinline)) U total(const T *items, int count)
{
    U sum = U();
    for (int i = 0; i < count; i++)
        sum += items[i].area();
    return sum;
}

namespace
{
__attribute__((noinline)) int hidden(int value)
{
    if (value > 100)
        throw value;
    return value + sink;
}
} // namespace

class counter
{
    int count_ = 0;

public:
    void add(int value);
    int operator()(int value) const
    {
        return count_ + value;
    }
    bool operator<(const counter &other) const
    {
        return count_ < other.count_;
    }
};

__attribute__((noinline)) void counter::add(int value)
{
    count_ += hidden(value) * sink;
}
} // namespace shapes

int main(int argc, char **)
{
    shapes::square<int> ints[3] = {{argc}, {argc + 1}, {argc + 2}};
    shapes::square<double> doubles[2] = {{1.5}, {2.5}};
    shapes::counter first, second;
    try {
        first.add(shapes::total<shapes::square<int>, long>(ints, 3));
        second.add((int)shapes::total<shapes::square<double>, double>(doubles, 2));
    } catch (int) {
        puts("caught");
    }
    return first < second ? first(1) : second(2);
}
