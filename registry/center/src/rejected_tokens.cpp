#include "rejected_tokens.h"

namespace rollcall::registry {

bool RejectedTokens::add(std::uint64_t connection, const Endpoint& peer) {
    ++unsaid_;
    last_ = peer;
    const auto [shown, is_new] = shown_.try_emplace(connection, 0);
    const bool too_many = ++shown->second >= kPerConnectionMax;
    if (is_new) {
        order_.push_back(connection);
        if (order_.size() > connections_max_) {
            shown_.erase(order_.front());
            order_.pop_front();
        }
    }
    return too_many;
}

std::optional<std::string> RejectedTokens::report(TimePoint now) {
    if (unsaid_ == 0 || (said_ && now - *said_ < kInterval)) return std::nullopt;
    std::string line = unsaid_ == 1
                           ? "refused a request"
                           : "refused " + std::to_string(unsaid_) + " requests since the last line";
    line += " with a token that is not in the token file, from " + last_.to_string() +
            "; if that is a client of yours, give it a token that is";
    unsaid_ = 0;
    said_ = now;
    return line;
}

}  // namespace rollcall::registry
