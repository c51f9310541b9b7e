#include <rollcall/rpc/request_ids.h>

#include "random_id.h"

#include <algorithm>
#include <stdexcept>
#include <string>

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
        const std::string* id = exchange.metadata().find(kRequestId);
        // What the program itself has named is its own affair.
        if (id != nullptr && !incoming) return Entry{};
        if (id == nullptr || !options_.accept || !is_fit(*id)) {
            exchange.remove_metadata(kRequestId);
            exchange.offer_metadata(kRequestId, random_hex(2));
            id = exchange.metadata().find(kRequestId);
        }
        if (id != nullptr) exchange.reply_with(kRequestId, *id);
        return Entry{};
    }

private:
    [[nodiscard]] bool is_fit(const std::string& id) const {
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
