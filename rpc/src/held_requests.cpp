#include "held_requests.h"

#include <utility>

namespace rollcall::rpc {
namespace {

// What each costs besides its bytes: its place here and in the index.
constexpr std::size_t kEachBytes = 128;

std::size_t cost_of_behind(const HeldRequests::Held& held) {
    std::size_t bytes = 0;
    for (const std::string& message : held.behind)
        bytes += kEachBytes + message.size();
    return bytes;
}

std::size_t cost_of(const HeldRequests::Held& held) {
    return kEachBytes + held.message.size() + cost_of_behind(held);
}

}  // namespace

void HeldRequests::push(codec::Bytes message, std::optional<std::uint32_t> id, TimePoint read) {
    Held& held = held_.emplace_back(Held{std::string{message}, id, read});
    if (id) by_id_.try_emplace(*id, &held);
    bytes_ += kEachBytes + message.size();
}

void HeldRequests::push_behind(std::uint32_t id, codec::Bytes message) {
    if (!holds(id)) return;
    by_id_.find(id)->second->behind.emplace_back(message);
    bytes_ += kEachBytes + message.size();
}

HeldRequests::Held HeldRequests::pop() {
    Held& first = held_.front();
    if (first.id) {
        const auto found = by_id_.find(*first.id);
        if (found != by_id_.end() && found->second == &first) by_id_.erase(found);
    }
    bytes_ -= cost_of(first);
    Held held = std::move(first);
    held_.pop_front();
    return held;
}

void HeldRequests::refuse(std::uint32_t id, Errc why) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end() || found->second->refused != Errc{}) return;
    Held& held = *found->second;
    held.refused = why;
    bytes_ -= cost_of_behind(held);
    held.behind = {};
}

bool HeldRequests::holds(std::uint32_t id) const {
    const auto found = by_id_.find(id);
    return found != by_id_.end() && found->second->refused == Errc{};
}

void HeldRequests::clear() {
    by_id_.clear();
    held_.clear();
    bytes_ = 0;
}

}  // namespace rollcall::rpc
