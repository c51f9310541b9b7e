#include "support/call_load.h"

#include "support/eventually.h"

#include <algorithm>
#include <utility>

namespace rollcall::tests {

CallLoad::CallLoad(
    discovery::ServiceClient& client,
    const rpc::Invocation<std::string>& invocation,
    std::size_t threads
)
    : CallLoad(
          [&client, invocation]() -> Result<void> {
              const Result<std::string> result = client.call(invocation);
              if (!result) return result.error();
              return {};
          },
          threads
      ) {
}

CallLoad::CallLoad(Call call, std::size_t threads) : call_(std::move(call)) {
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this] { work(); });
}

CallLoad::~CallLoad() {
    static_cast<void>(stop());
}

void CallLoad::work() {
    while (!stop_) {
        const TimePoint start = SteadyClock::now();
        const Result<void> result = call_();
        const Duration took = SteadyClock::now() - start;
        if (result) ++answered_;
        const std::lock_guard lock{mutex_};
        times_.push_back(took);
        if (result) continue;
        errors_.push_back(result.error());
        last_failed_ = std::max(last_failed_, start);
    }
}

bool CallLoad::wait_more(std::uint64_t answers) const {
    const std::uint64_t enough = answered_ + answers;
    return eventually([&] { return answered_ >= enough; });
}

std::vector<Error> CallLoad::stop() {
    stop_ = true;
    for (std::thread& thread : threads_)
        thread.join();
    threads_.clear();
    return std::exchange(errors_, {});
}

}  // namespace rollcall::tests
