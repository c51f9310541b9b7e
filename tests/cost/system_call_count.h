#pragma once
// Counts the system calls of another process.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <sys/types.h>
#include <system_error>

namespace rollcall::tests {

using SystemCalls = std::map<int, std::size_t>;  // how many, by number

// What a child process asks of the kernel while `work` runs, on a thread of its own. All threads
// that the child has and starts are counted, from outside, by ptrace: nothing in it changes. `poke`
// comes behind `work` and makes the child do something, whatever it is, because the end is noticed
// no earlier. Throws what these throw, and std::system_error if the system allows no ptrace.
[[nodiscard]] SystemCalls count_system_calls(
    pid_t child, const std::function<void()>& work, const std::function<void()>& poke
);

// "epoll_wait 1.00, recvmsg 2.00, ..." per call, the most frequent first.
[[nodiscard]] std::string text_of(const SystemCalls& counted, std::size_t calls);

[[nodiscard]] std::size_t sum_of(const SystemCalls& counted);

}  // namespace rollcall::tests
