#pragma once
// The threads that move bytes.

#include <rollcall/base/log.h>

#include <asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>

namespace rollcall::rpc {

class IoThread;

// A group of I/O threads, each with an event loop of its own, shared by reference count: clients
// and servers that are given a copy keep it alive, and its threads end with the last of them.
// Signals are blocked in all of them. After fork() the child may only destroy copies.
// Thread safety: all members may be called from any thread.
class IoThreads {
public:
    // Starts `threads` threads (at least 1). Throws std::system_error if the system has none left.
    // `log` is told what completion handlers throw.
    explicit IoThreads(std::size_t threads, const Log& log = Log());

    // The process's own group of one thread: created at first use, ended with its last user.
    [[nodiscard]] static IoThreads shared();

    // No threads: options use it for "the default".
    IoThreads() = default;

    [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

    [[nodiscard]] std::size_t size() const noexcept;

    // The executor of one thread, in turn: to spawn coroutines where the bytes are. It does not
    // keep the group alive: a copy of the group must outlive every use of it.
    [[nodiscard]] asio::any_io_executor executor() const;

    // True on a thread of any group: there, a blocking call would wait for itself.
    [[nodiscard]] static bool on_io_thread() noexcept;

    // For Client and Server.
    [[nodiscard]] std::shared_ptr<IoThread> next() const;
    [[nodiscard]] std::shared_ptr<IoThread> at(std::size_t index) const;

private:
    struct State;

    std::shared_ptr<State> state_;
};

}  // namespace rollcall::rpc
