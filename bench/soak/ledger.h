#pragma once
// What has become of the calls of the load.

#include <rollcall/base/clock.h>
#include <rollcall/base/result.h>

#include "kinds.h"
#include "measurement.h"

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>

namespace rollcall::soak {

struct KindFigures {
    std::uint64_t ended = 0;   // as they should
    std::uint64_t failed = 0;  // in any other way
    double p50_us = 0;         // NaN if none has ended
    double p99_us = 0;
    double p999_us = 0;
};

// Plain bytes, because they go through a pipe.
struct Figures {
    std::array<KindFigures, kKinds> kinds = {};
    KindFigures quick = {};  // of all small calls together
    std::uint64_t in_flight = 0;
    std::array<char, 400> first_failure = {};

    [[nodiscard]] std::uint64_t ended() const;
    [[nodiscard]] std::uint64_t failed() const;
};

static_assert(std::is_trivially_copyable_v<Figures>);

class Ledger;

// One call under way: it is ended or failed, once. A small value.
struct Ticket {
    void end() const;
    void fail(std::string_view why) const;

    // Ends it if that is the result, else fails.
    template <class T>
    void expect(const Result<T>& result, const T& right) const {
        if (!result) return fail(result.error().to_string());
        if (*result != right) return fail("a wrong result");
        end();
    }

    // Ends it if that is the error, else fails.
    template <class T>
    void expect_error(const Result<T>& result, Errc right) const {
        if (result) return fail("a result instead of an error");
        if (result.error().code() != right) return fail(result.error().to_string());
        end();
    }

    Ledger* ledger;
    Kind kind;
    TimePoint intended;  // latencies are counted from here
};

// Of one thread, except for construction. Two books: one since the last take(), one since forget().
class Ledger {
public:
    [[nodiscard]] Ticket begin(Kind kind, TimePoint intended);

    // Is called behind each end.
    void on_end(std::function<void()> hook) { on_end_ = std::move(hook); }

    [[nodiscard]] Figures take();

    [[nodiscard]] Figures whole() const { return figures_of(whole_); }

    void forget();

    [[nodiscard]] std::uint64_t in_flight() const { return in_flight_; }

private:
    friend struct Ticket;

    struct Book {
        std::array<std::uint64_t, kKinds> ended = {};
        std::array<std::uint64_t, kKinds> failed = {};
        std::array<bench::Histogram, kKinds> latencies = {};
        std::array<char, 400> first_failure = {};
    };

    [[nodiscard]] Figures figures_of(const Book& book) const;
    void end(const Ticket& ticket);
    void fail(const Ticket& ticket, std::string_view why);
    void over();

    Book interval_;
    Book whole_;
    std::uint64_t in_flight_ = 0;
    std::function<void()> on_end_;
};

}  // namespace rollcall::soak
