#pragma once
// What stands around calls: one shape for servers and clients.

#include <rollcall/base/result.h>
#include <rollcall/rpc/exchange.h>

#include <asio/awaitable.hpp>

#include <memory>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace rollcall::rpc {

// What a layer says to a call that comes to it: go on, an error that ends it here, or something
// that is awaited first and then says one of these.
class Entry {
public:
    using Awaited = asio::awaitable<Result<void>>;

    // Go on.
    Entry() noexcept = default;

    // Not explicit: `return Error{...};` and `return check(exchange);` read well.
    // NOLINTBEGIN(google-explicit-constructor)
    Entry(Error error) : said_(std::move(error)) {}

    Entry(Result<void> result) {
        if (!result) said_.emplace<Error>(std::move(result.error()));
    }

    Entry(Awaited awaited) : said_(std::move(awaited)) {}

    // NOLINTEND(google-explicit-constructor)

    [[nodiscard]] bool goes_on() const noexcept {
        return std::holds_alternative<std::monostate>(said_);
    }

    // Null if it says something else.
    [[nodiscard]] Error* error() noexcept { return std::get_if<Error>(&said_); }

    [[nodiscard]] Awaited* awaited() noexcept { return std::get_if<Awaited>(&said_); }

private:
    std::variant<std::monostate, Error, Awaited> said_;
};

// One layer. The first added is the outermost: it sees a call first and its end last. A layer that
// ends a call keeps it from all that is further inside: it was not executed.
//
// On a server a layer sees requests and notifications, those of unknown methods and `$/methods`
// included, but not the protocol's own (`$/hello`, `$/cancel` and the like) and not what the server
// asks of its peers. On a client it sees calls and notifications of the program, each attempt of a
// ServiceClient, not what the server asks of the client.
//
// Thread safety: enter() and leave() run on many threads at once, for different calls. They must
// not block an I/O thread: what takes time is awaited.
class Middleware {
public:
    Middleware() = default;
    Middleware(const Middleware&) = delete;
    Middleware& operator=(const Middleware&) = delete;
    virtual ~Middleware() = default;

    // The call comes. On a server on its connection's I/O thread; on a client on the caller's
    // thread, or, inside of a layer that awaits, on the client's I/O thread, where awaitables run.
    // What it throws ends the call, as what a handler throws does.
    [[nodiscard]] virtual Entry enter(Exchange& exchange) = 0;

    // The call has ended, however. Exactly once for each call that this layer has let go on, the
    // innermost layer first; not for others. On a server after the handler has ended, also when
    // nobody waits for its answer any more; on a client before the caller hears of it, unless a
    // layer still awaits something: then after that. On any thread.
    virtual void leave(Exchange& exchange, const Outcome& outcome) noexcept;
};

using MiddlewarePtr = std::shared_ptr<Middleware>;

// The first is the outermost.
using Middlewares = std::vector<MiddlewarePtr>;

namespace detail {

struct NoLeave {
    void operator()(Exchange&, const Outcome&) const noexcept {}
};

template <class Enter, class Leave>
class FunctionMiddleware final : public Middleware {
public:
    FunctionMiddleware(Enter on_enter, Leave on_leave)
        : enter_(std::move(on_enter)), leave_(std::move(on_leave)) {}

    [[nodiscard]] Entry enter(Exchange& exchange) override {
        if constexpr (std::is_void_v<std::invoke_result_t<Enter&, Exchange&>>) {
            enter_(exchange);
            return Entry{};
        } else {
            return enter_(exchange);
        }
    }

    void leave(Exchange& exchange, const Outcome& outcome) noexcept override {
        leave_(exchange, outcome);
    }

private:
    Enter enter_;
    Leave leave_;
};

}  // namespace detail

// A function as a layer: `enter(Exchange&)` returns Entry, Result<void>, an awaitable of one or
// nothing; `leave(Exchange&, const Outcome&)`, if there is one, must not throw. It is kept as long
// as calls are under way, so a lambda that captures may be a coroutine here.
template <class Enter, class Leave = detail::NoLeave>
requires std::is_invocable_v<Enter&, Exchange&> &&
    std::is_invocable_v<Leave&, Exchange&, const Outcome&>

[[nodiscard]] MiddlewarePtr middleware(Enter enter, Leave leave = Leave()) {
    return std::make_shared<detail::FunctionMiddleware<Enter, Leave>>(
        std::move(enter), std::move(leave)
    );
}

}  // namespace rollcall::rpc
