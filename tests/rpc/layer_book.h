#pragma once
// What layers have seen, for a test that asks afterwards.

#include <rollcall/rpc/middleware.h>

#include "support/eventually.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::rpc::tests {

using rollcall::tests::eventually;

// Keeps a line for each enter() and leave(). Thread safety: any thread; layers keep what they need.
class LayerBook {
public:
    // A layer that notes "+name" and "-name: ok".
    [[nodiscard]] MiddlewarePtr layer(const std::string& name) const {
        return middleware(
            [kept = kept_, name](Exchange&) { kept->note("+" + name); },
            [kept = kept_, name](Exchange&, const Outcome& outcome) {
                kept->note("-" + name + ": " + text_of(outcome));
            }
        );
    }

    void note(const std::string& line) const { kept_->note(line); }

    // All lines so far, each followed by a semicolon.
    [[nodiscard]] std::string text() const {
        const std::lock_guard lock{kept_->mutex};
        std::string text;
        for (const std::string& line : kept_->lines)
            text += line + ";";
        return text;
    }

    [[nodiscard]] bool becomes(const std::string& wanted) const {
        return eventually([&] { return text() == wanted; });
    }

    void clear() const {
        const std::lock_guard lock{kept_->mutex};
        kept_->lines.clear();
    }

    [[nodiscard]] static std::string text_of(const Outcome& outcome) {
        return outcome.ok() ? "ok" : std::string{name_of(outcome.error->code())};
    }

private:
    struct Kept {
        void note(const std::string& line) {
            const std::lock_guard lock{mutex};
            lines.push_back(line);
        }

        std::mutex mutex;
        std::vector<std::string> lines;
    };

    std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

// Counts what goes in and out: each call that has entered leaves exactly once. `awaits`: after it
// has gone once round the loop.
class Turnstile final : public Middleware {
public:
    explicit Turnstile(bool awaits = false) : awaits_(awaits) {}

    [[nodiscard]] Entry enter(Exchange& exchange) override {
        if (awaits_) return go_round(exchange);
        note_entered(exchange);
        return Entry{};
    }

    void leave(Exchange& exchange, const Outcome&) noexcept override {
        const std::lock_guard lock{mutex_};
        if (inside_.erase(&exchange) != 1) ++wrong_;
        ++left_;
    }

    [[nodiscard]] std::size_t entered() const { return read(entered_); }

    [[nodiscard]] std::size_t left() const { return read(left_); }

    // Calls that have left without having entered, or more than once.
    [[nodiscard]] std::size_t wrong() const { return read(wrong_); }

    // Nobody is inside, and nothing was wrong.
    [[nodiscard]] bool settles() const {
        return eventually([&] { return entered() == left(); }) && wrong() == 0;
    }

private:
    [[nodiscard]] asio::awaitable<Result<void>> go_round(Exchange& exchange) {
        asio::steady_timer timer{
            co_await asio::this_coro::executor, std::chrono::microseconds{200}};
        co_await timer.async_wait(asio::use_awaitable);
        note_entered(exchange);
        co_return Result<void>{};
    }

    void note_entered(Exchange& exchange) {
        const std::lock_guard lock{mutex_};
        if (!inside_.emplace(&exchange, true).second) ++wrong_;
        ++entered_;
    }

    [[nodiscard]] std::size_t read(const std::size_t& counter) const {
        const std::lock_guard lock{mutex_};
        return counter;
    }

    const bool awaits_;
    mutable std::mutex mutex_;
    std::map<const Exchange*, bool> inside_;
    std::size_t entered_ = 0;
    std::size_t left_ = 0;
    std::size_t wrong_ = 0;
};

}  // namespace rollcall::rpc::tests
