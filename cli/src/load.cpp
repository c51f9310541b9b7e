#include "load.h"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <utility>

namespace rollcall::cli {
namespace {

constexpr Duration kPause = std::chrono::milliseconds{10};

}  // namespace

void LoadReport::add(const LoadReport& other) {
    calls += other.calls;
    failed += other.failed;
    for (const auto& [code, count] : other.errors)
        errors[code] += count;
    if (first_error.empty()) first_error = other.first_error;
    latency.add(other.latency);
}

Load::Load(
    rpc::IoThreads io,
    std::unique_ptr<Target> target,
    UntypedInvocation invocation,
    std::size_t in_flight
)
    : io_(std::move(io)),
      executor_(io_.executor()),
      target_(std::move(target)),
      invocation_(std::move(invocation)),
      chains_(in_flight) {
}

void Load::start(TimePoint until) {
    until_ = until;
    asio::post(executor_, [this] {
        for (std::size_t i = 0, chains = chains_; i < chains; ++i)
            next(SteadyClock::now());
    });
}

LoadReport Load::wait() {
    over_.get_future().wait();
    // Closes the connections on this thread, so that nothing of the report is touched any more.
    target_.reset();
    return std::move(report_);
}

void Load::next(TimePoint now) {
    if (now >= until_) {
        if (--chains_ == 0) over_.set_value();
        return;
    }
    target_->start(invocation_, [this, now](const UntypedResult& result) {
        finished(now, result);
    });
}

void Load::finished(TimePoint started, const UntypedResult& result) {
    const TimePoint now = SteadyClock::now();
    ++report_.calls;
    if (result) {
        report_.latency.record(now - started);
        return next(now);
    }
    ++report_.failed;
    ++report_.errors[std::string{name_of(result.error().code())}];
    if (report_.first_error.empty()) report_.first_error = result.error().to_string();
    pause();
}

void Load::pause() {
    auto timer = std::make_shared<asio::steady_timer>(executor_, kPause);
    timer->async_wait([this, timer](const std::error_code&) { next(SteadyClock::now()); });
}

}  // namespace rollcall::cli
