#include "token_cache.h"

#include <iterator>

namespace rollcall::rpc {

void TokenCache::erase(Order::iterator at) {
    by_token_.erase(at->token);
    order_.erase(at);
}

std::optional<Principal> TokenCache::find(std::string_view token, TimePoint now) {
    const std::lock_guard lock{mutex_};
    const auto found = by_token_.find(token);
    if (found == by_token_.end()) return std::nullopt;
    const Order::iterator entry = found->second;
    if (now >= entry->ends) {
        erase(entry);
        return std::nullopt;
    }
    order_.splice(order_.begin(), order_, entry);
    return entry->principal;
}

void TokenCache::put(std::string_view token, const Principal& principal, TimePoint said) {
    const std::lock_guard lock{mutex_};
    if (const auto found = by_token_.find(token); found != by_token_.end()) erase(found->second);
    if (order_.size() >= most_) erase(std::prev(order_.end()));
    order_.push_front(Entry{std::string{token}, principal, said + keep_});
    by_token_.emplace(order_.front().token, order_.begin());
}

std::size_t TokenCache::size() const {
    const std::lock_guard lock{mutex_};
    return order_.size();
}

}  // namespace rollcall::rpc
