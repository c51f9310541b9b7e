#pragma once
// One invocation, all instances.

#include <rollcall/base/clock.h>
#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/registry/instance.h>
#include <rollcall/rpc/call.h>
#include <rollcall/rpc/pending_completion.h>

#include <asio/any_io_executor.hpp>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rollcall::discovery {

// When the rest of a broadcast need not be waited for.
class Until {
public:
    static const Until all;            // every instance has answered, failed or run out of time
    static const Until first_error;    // one has failed
    static const Until first_success;  // one has answered

    // So many have answered with a result, or that many cannot any more. At least 1.
    [[nodiscard]] static constexpr Until quorum(std::size_t successes) {
        return Until{successes < 1 ? 1 : successes, false};
    }

    // Whether it is over, of `all` instances with so many results and failures.
    [[nodiscard]] constexpr bool is_met(
        std::size_t all_of, std::size_t succeeded, std::size_t failed
    ) const {
        if (first_error_) return failed > 0;
        if (successes_ == 0) return false;
        return succeeded >= successes_ || (successes_ > 1 && failed + successes_ > all_of);
    }

private:
    constexpr Until(std::size_t successes, bool at_error)
        : successes_(successes), first_error_(at_error) {}

    std::size_t successes_;  // 0: it does not matter
    bool first_error_;
};

inline constexpr Until Until::all{0, false};
inline constexpr Until Until::first_error{0, true};
inline constexpr Until Until::first_success{1, false};

// Trivially copyable, because it stands in co_await expressions.
struct BroadcastOptions {
    // What is not waited for is cancelled, and reported as `cancelled`.
    Until until = Until::all;
    // To how many instances at a time; 0: all at once. The deadline is one for all of them.
    std::size_t parallel = 0;
};

static_assert(std::is_trivially_copyable_v<BroadcastOptions>);

// What became of one instance's part. A class with a constructor (docs/hacking.md).
template <class R>
struct BroadcastReply {
    BroadcastReply(registry::Instance from, Result<R> answer, Duration took)
        : instance(std::move(from)), result(std::move(answer)), elapsed(took) {}

    registry::Instance instance;
    Result<R> result;
    Duration elapsed;  // from the start of the broadcast
};

// Every instance's outcome, sorted by the instances' ids. Not the order in which they answered.
// Thread safety: as a std::vector.
template <class R>
class [[nodiscard]] BroadcastResult {
public:
    using Replies = std::vector<BroadcastReply<R>>;

    explicit BroadcastResult(Replies replies) : replies_(std::move(replies)) {}

    explicit BroadcastResult(Error error) : error_(std::move(error)) {}

    // Why there was nobody to send to, if so: no_instances, shutting_down, cancelled or
    // would_deadlock. Then there are no replies.
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

    // There was somebody, and all of them answered with a result.
    [[nodiscard]] bool ok() const { return !error_ && succeeded() == replies_.size(); }

    [[nodiscard]] std::size_t succeeded() const {
        return static_cast<std::size_t>(std::count_if(
            replies_.begin(),
            replies_.end(),
            [](const auto& each) { return each.result.has_value(); }
        ));
    }

    [[nodiscard]] std::size_t failed() const { return replies_.size() - succeeded(); }

    // The instances that answered; moves nothing out.
    [[nodiscard]] auto begin() { return replies_.begin(); }

    [[nodiscard]] auto end() { return replies_.end(); }

    [[nodiscard]] auto begin() const { return replies_.begin(); }

    [[nodiscard]] auto end() const { return replies_.end(); }

    [[nodiscard]] std::size_t size() const { return replies_.size(); }

    [[nodiscard]] bool empty() const { return replies_.empty(); }

    [[nodiscard]] const BroadcastReply<R>& operator[](std::size_t index) const {
        return replies_.at(index);
    }

    // Folds the results, in the order of the replies: reduce(0, std::plus{}). Failures are left
    // out; if nobody answered the result is the first failure, or error().
    template <class T, class Fold>
    [[nodiscard]] Result<T> reduce(T value, Fold fold) const {
        if (error_) return *error_;
        const Error* failure = nullptr;
        std::size_t folded = 0;
        for (const auto& each : replies_) {
            if (each.result) {
                value = fold(std::move(value), *each.result);
                ++folded;
            } else if (failure == nullptr) {
                failure = &each.result.error();
            }
        }
        if (folded == 0 && failure != nullptr) return *failure;
        return value;
    }

    // An instance that succeeded, null if none did: what Until::first_success is asked for.
    [[nodiscard]] const BroadcastReply<R>* first_success() const {
        const auto found = std::find_if(replies_.begin(), replies_.end(), [](const auto& each) {
            return each.result.has_value();
        });
        return found == replies_.end() ? nullptr : &*found;
    }

private:
    Replies replies_;
    std::optional<Error> error_;
};

// The same before its results have types.
struct PackedReply {
    registry::Instance instance;
    Result<std::string> result = Result<std::string>{};  // one packed value
    Duration elapsed{0};
};

using PackedReplies = Result<std::vector<PackedReply>>;

// Who waits for a broadcast. complete() is called exactly once, on any thread.
class BroadcastWaiter {
public:
    BroadcastWaiter() = default;
    BroadcastWaiter(const BroadcastWaiter&) = delete;
    BroadcastWaiter& operator=(const BroadcastWaiter&) = delete;
    virtual ~BroadcastWaiter() = default;
    virtual void complete(PackedReplies replies) noexcept = 0;
};

template <class R>
[[nodiscard]] BroadcastResult<R> read_replies(PackedReplies packed) {
    if (!packed) return BroadcastResult<R>{packed.error()};
    typename BroadcastResult<R>::Replies replies;
    replies.reserve(packed->size());
    for (PackedReply& each : *packed) {
        Result<R> result = each.result ? rpc::read_result<R>(*each.result)
                                       : Result<R>{std::move(each.result.error())};
        if (!result && result.error().endpoint().empty())
            result.error().set_endpoint(each.instance.endpoint().to_string());
        replies.emplace_back(std::move(each.instance), std::move(result), each.elapsed);
    }
    return BroadcastResult<R>{std::move(replies)};
}

// The caller waits on its own thread, by its own clock.
class BlockingBroadcast final : public BroadcastWaiter {
public:
    void complete(PackedReplies replies) noexcept override;

    // Nothing if none came by `until`.
    [[nodiscard]] std::optional<PackedReplies> wait(Deadline until);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<PackedReplies> replies_;
};

// The caller gave an Asio completion handler.
template <class R, class Handler>
class AsyncBroadcast final : public BroadcastWaiter,
                             public std::enable_shared_from_this<AsyncBroadcast<R, Handler>> {
public:
    AsyncBroadcast(Handler&& handler, const asio::any_io_executor& fallback)
        : completion_(std::move(handler), fallback) {}

    void complete(PackedReplies replies) noexcept override {
        completion_.post(this->shared_from_this(), read_replies<R>(std::move(replies)));
    }

private:
    rpc::PendingCompletion<Handler, BroadcastResult<R>, std::shared_ptr<AsyncBroadcast>>
        completion_;
};

}  // namespace rollcall::discovery
