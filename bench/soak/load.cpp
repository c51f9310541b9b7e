#include "load.h"

#include <asio/post.hpp>

#include <chrono>
#include <future>
#include <thread>

namespace rollcall::soak {
namespace {

constexpr int kInFlight = 128;

}  // namespace

template <class F>
auto Load::on_io(F function) const {
    std::packaged_task<decltype(function())()> task{std::move(function)};
    auto result = task.get_future();
    asio::post(io_.executor(), [&task] { task(); });
    return result.get();
}

Load::Load(const Addresses& addresses)
    : io_(1), traffic_(std::make_unique<Traffic>(addresses, io_, ledger_)) {
}

Load::~Load() {
    on_io([this] {
        closed_ = false;
        pacer_.reset();
    });
}

void Load::begin_closed_loop() {
    on_io([this] {
        closed_ = true;
        ledger_.on_end([this] {
            if (closed_) traffic_->start(number_++, SteadyClock::now());
        });
        for (int i = 0; i < kInFlight; ++i)
            traffic_->start(number_++, SteadyClock::now());
    });
}

void Load::end_closed_loop() {
    on_io([this] { closed_ = false; });
}

void Load::begin(double per_second) {
    on_io([this, per_second] {
        ledger_.forget();
        const auto start = [this](std::uint64_t number, TimePoint intended) {
            traffic_->start(number, intended);
        };
        pacer_.emplace(io_.executor(), per_second, start);
        pacer_->begin();
    });
}

void Load::end() {
    on_io([this] { pacer_->stop(); });
}

Figures Load::take() {
    return on_io([this] { return ledger_.take(); });
}

Figures Load::whole() {
    return on_io([this] { return ledger_.whole(); });
}

std::uint64_t Load::drain(Duration patience) {
    const Deadline deadline = Deadline::in(patience);
    for (;;) {
        const std::uint64_t in_flight = on_io([this] { return ledger_.in_flight(); });
        if (in_flight == 0 || deadline.expired()) return in_flight;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

}  // namespace rollcall::soak
