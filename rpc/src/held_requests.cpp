#include "held_requests.h"

#include <utility>

namespace rollcall::rpc {
namespace {

// What each costs besides its bytes: its place here and in the index.
constexpr std::size_t kEachBytes = 128;

}  // namespace

void HeldRequests::push(codec::Bytes message, std::optional<std::uint32_t> id, TimePoint read) {
    Held& held = held_.emplace_back(Held{std::string{message}, id, read});
    if (id) by_id_.try_emplace(*id, &held);
    bytes_ += kEachBytes + message.size();
}

HeldRequests::Held HeldRequests::pop() {
    Held& first = held_.front();
    if (first.id) {
        const auto found = by_id_.find(*first.id);
        if (found != by_id_.end() && found->second == &first) by_id_.erase(found);
    }
    bytes_ -= kEachBytes + first.message.size();
    Held held = std::move(first);
    held_.pop_front();
    return held;
}

void HeldRequests::cancel(std::uint32_t id) {
    const auto found = by_id_.find(id);
    if (found != by_id_.end()) found->second->cancelled = true;
}

void HeldRequests::clear() {
    by_id_.clear();
    held_.clear();
    bytes_ = 0;
}

}  // namespace rollcall::rpc
