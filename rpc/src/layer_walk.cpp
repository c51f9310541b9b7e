#include "layer_walk.h"

#include <rollcall/rpc/reply.h>

#include <optional>
#include <utility>

namespace rollcall::rpc {

Entry LayerWalk::enter(Exchange& exchange) noexcept {
    for (; entered_ < layers_.size(); ++entered_) {
        try {
            Entry said = layers_[entered_]->enter(exchange);
            if (!said.goes_on()) return said;
        } catch (...) {
            return current_error();
        }
    }
    return Entry{};
}

asio::awaitable<Result<void>> LayerWalk::finish(Exchange& exchange, Entry::Awaited awaited) {
    std::optional<Entry> said{std::in_place, std::move(awaited)};
    while (said->awaited() != nullptr) {
        Result<void> ended{};
        try {
            Entry::Awaited waiting{std::move(*said->awaited())};
            ended = co_await std::move(waiting);
        } catch (...) {
            ended = current_error();
        }
        if (!ended) co_return ended;
        ++entered_;
        if (exchange.stop_token().stop_requested())
            co_return Error{Errc::cancelled, "nobody waits for the call any more"};
        said.emplace(enter(exchange));
    }
    if (said->error() != nullptr) co_return std::move(*said->error());
    co_return Result<void>{};
}

void LayerWalk::leave(Exchange& exchange, const Outcome& outcome) noexcept {
    while (entered_ > 0)
        layers_[--entered_]->leave(exchange, outcome);
}

}  // namespace rollcall::rpc
