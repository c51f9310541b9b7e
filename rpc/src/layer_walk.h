#pragma once
// How one call goes through the layers of its end, and out again.

#include <rollcall/rpc/middleware.h>

#include <cstddef>

namespace rollcall::rpc {

// One thread at a time.
class LayerWalk {
public:
    // `layers` must outlive it.
    explicit LayerWalk(const Middlewares& layers) noexcept : layers_(layers) {}

    // For the next call, once this one has left.
    void restart() noexcept { entered_ = 0; }

    // Goes through the next layers until one does not let the call go on at once. Then it is what
    // that one says, else "go on": the call is inside of all of them.
    [[nodiscard]] Entry enter(Exchange& exchange) noexcept;

    // Awaits what enter() has given, and goes on like it. Why the call is not to be executed, if it
    // is not. Nothing further inside is entered once the exchange's stop is requested.
    [[nodiscard]] asio::awaitable<Result<void>> finish(Exchange& exchange, Entry::Awaited awaited);

    // The innermost first. A second time does nothing.
    void leave(Exchange& exchange, const Outcome& outcome) noexcept;

    // Whether leave() would do anything.
    [[nodiscard]] bool is_inside() const noexcept { return entered_ > 0; }

private:
    const Middlewares& layers_;
    std::size_t entered_ = 0;  // the outermost of them
};

}  // namespace rollcall::rpc
