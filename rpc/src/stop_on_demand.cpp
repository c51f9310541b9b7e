#include <rollcall/rpc/stop_on_demand.h>

#include <memory>
#include <new>

namespace rollcall::rpc {
namespace {

// Of this only the address matters.
std::stop_source stopped{std::nostopstate};
std::stop_source* const kStopped = &stopped;

}  // namespace

StopOnDemand::~StopOnDemand() {
    std::stop_source* const source = source_.load(std::memory_order_acquire);
    if (source != kStopped) delete source;
}

std::stop_token StopOnDemand::token() const noexcept {
    std::stop_source* source = source_.load(std::memory_order_acquire);
    try {
        if (source == nullptr) {
            auto made = std::make_unique<std::stop_source>();
            const bool is_first = source_.compare_exchange_strong(
                source, made.get(), std::memory_order_acq_rel, std::memory_order_acquire
            );
            if (is_first) source = made.release();
        }
        if (source != kStopped) return source->get_token();
        std::stop_source over;
        over.request_stop();
        return over.get_token();
    } catch (const std::bad_alloc&) {
        return {};
    }
}

void StopOnDemand::request_stop() noexcept {
    std::stop_source* source = nullptr;
    const bool is_unasked = source_.compare_exchange_strong(
        source, kStopped, std::memory_order_acq_rel, std::memory_order_acquire
    );
    if (!is_unasked && source != kStopped) source->request_stop();
}

}  // namespace rollcall::rpc
