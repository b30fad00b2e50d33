/* SPDX-License-Identifier: MIT */
/*
 * exceptions - C++ exceptions thrown deep, caught high, rethrown, and out of threads.
 */
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

struct Counter {
    explicit Counter(int &where) : count(where)
    {
    }
    ~Counter()
    {
        count++;
    }
    int &count;
};

[[gnu::noinline]] int descend(int depth, int &unwound)
{
    Counter counter(unwound);
    if (depth == 0)
        throw std::runtime_error("bottom");
    return descend(depth - 1, unwound) + 1;
}

/* Returns the number of destructors that ran on the way. */
int throw_and_catch(int turns)
{
    int unwound = 0;
    for (int i = 0; i < turns; i++) {
        try {
            try {
                descend(50, unwound);
            } catch (const std::exception &) {
                throw;
            }
        } catch (const std::runtime_error &error) {
            if (std::string(error.what()) != "bottom")
                std::terminate();
        }
    }
    return unwound;
}

} // namespace

int main()
{
    int in_thread = 0;
    std::thread thread([&in_thread] { in_thread = throw_and_catch(2000); });
    int in_main = throw_and_catch(2000);
    thread.join();
    std::printf("%d destructors in main, %d in the thread\n", in_main, in_thread);
    return 0;
}
