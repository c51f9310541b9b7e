#pragma once
// How the coroutine of a handler begins. Users need server.h only.

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/execution/blocking.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/version.hpp>

#include <exception>
#include <utility>

namespace rollcall::rpc {

// co_spawn() puts a coroutine of its own around another, and posts twice: to be sure that it is on
// the executor, and to tell of the end. A handler's is begun there, and what is to be told its
// ticket tells; so it takes the place of co_spawn()'s. That is no public part of Asio: other
// versions than the one that this was written for get co_spawn().
#if ASIO_VERSION / 100 == 1022 && !defined(ROLLCALL_SPAWN_HANDLERS)

using HandlerCoroutine = asio::awaitable<asio::detail::awaitable_thread_entry_point>;

// Runs it up to where it first waits. On `executor`, which it goes on with. It throws nothing.
inline void begin_coroutine(HandlerCoroutine coroutine, const asio::any_io_executor& executor) {
    using Strand = asio::detail::awaitable_thread<asio::any_io_executor>;
    Strand strand{std::move(coroutine), executor, {}, {}};
    strand.launch();
}

#else

using HandlerCoroutine = asio::awaitable<void>;

namespace detail {

// Nobody awaits the end of a handler's coroutine: what is to tell it is dropped instead of queued.
class NobodysExecutor {
public:
    template <class Function>
    void execute(Function&&) const noexcept {}

    friend bool operator==(NobodysExecutor, NobodysExecutor) noexcept { return true; }

    friend bool operator!=(NobodysExecutor, NobodysExecutor) noexcept { return false; }

    [[nodiscard]] NobodysExecutor require(asio::execution::blocking_t::never_t) const noexcept {
        return *this;
    }

    [[nodiscard]] static constexpr asio::execution::blocking_t query(asio::execution::blocking_t
    ) noexcept {
        return asio::execution::blocking.never;
    }
};

struct Nobody {
    using executor_type = NobodysExecutor;

    [[nodiscard]] executor_type get_executor() const noexcept { return {}; }

    void operator()(const std::exception_ptr&) const noexcept {}
};

}  // namespace detail

inline void begin_coroutine(HandlerCoroutine coroutine, const asio::any_io_executor& executor) {
    asio::co_spawn(executor, std::move(coroutine), detail::Nobody{});
}

#endif

}  // namespace rollcall::rpc
