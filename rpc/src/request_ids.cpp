#include <rollcall/rpc/request_ids.h>

#include "random_id.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace rollcall::rpc {
namespace {

class RequestIds final : public Middleware {
public:
    explicit RequestIds(RequestIdOptions options) : options_(options) {
        if (options.max_bytes == 0)
            throw std::invalid_argument{"RequestIdOptions::max_bytes must be positive"};
    }

    [[nodiscard]] Entry enter(Exchange& exchange) override {
        const bool incoming = exchange.direction() == Direction::incoming;
        const auto came = exchange.metadata().find(kRequestId);
        if (!incoming) {
            // What the program itself has named is its own affair.
            if (!came) exchange.offer_metadata(kRequestId, RandomId<2>{}.view());
            return Entry{};
        }
        if (came && options_.accept && is_fit(*came)) {
            exchange.reply_with(kRequestId, *came);
            return Entry{};
        }
        const RandomId<2> mine;
        exchange.remove_metadata(kRequestId);
        exchange.offer_metadata(kRequestId, mine.view());
        // Where there was no room for it nobody knows of it.
        if (exchange.metadata().contains(kRequestId)) exchange.reply_with(kRequestId, mine.view());
        return Entry{};
    }

private:
    [[nodiscard]] bool is_fit(std::string_view id) const {
        const auto is_printable = [](char c) { return c > ' ' && c <= '~'; };
        return !id.empty() && id.size() <= options_.max_bytes &&
               std::all_of(id.begin(), id.end(), is_printable);
    }

    const RequestIdOptions options_;
};

}  // namespace

MiddlewarePtr request_ids(RequestIdOptions options) {
    return std::make_shared<RequestIds>(options);
}

}  // namespace rollcall::rpc
