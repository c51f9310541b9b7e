#pragma once
// The 99th percentile of calls in many short windows, while different things go on beside them.

#include <rollcall/rpc/client.h>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::tests {

// Calls add() at a fixed pace, whatever becomes of the calls before. Times count from when a call
// was due: a server that stops for a while makes all the calls late that fell into it, as it does
// to users.
class PacedCalls {
public:
    PacedCalls(const std::string& endpoint, std::size_t calls)
        : client_(endpoint, options(calls)), times_(calls, 0), ends_(calls) {
        EXPECT_TRUE(client_.call(rpc::invoke<int>("add", 1, 2)));  // it is connected
    }

    // How long each took, in microseconds.
    [[nodiscard]] std::vector<double> run() {
        start_ = SteadyClock::now();
        arm(0);
        io_.run();
        std::size_t failed = 0;
        for (auto& end : ends_)
            failed += end.get_future().get() ? 0U : 1U;
        EXPECT_EQ(failed, 0U);
        return times_;
    }

private:
    static rpc::ClientOptions options(std::size_t calls) {
        rpc::ClientOptions options;
        options.max_in_flight = calls;
        return options;
    }

    void arm(std::size_t number) {
        if (number == times_.size()) return;
        const TimePoint due = start_ + static_cast<int>(number) * kPace;
        timer_.expires_at(due);
        timer_.async_wait([this, number, due](asio::error_code) {
            send(number, due);
            arm(number + 1);
        });
    }

    void send(std::size_t number, TimePoint due) {
        client_.async_call(
            rpc::invoke<int>("add", 1, 2),
            [this, number, due](const Result<int>& sum) {
                const Duration took = SteadyClock::now() - due;
                times_[number] = std::chrono::duration<double, std::micro>(took).count();
                ends_[number].set_value(sum.has_value());
            }
        );
    }

    static constexpr Duration kPace = std::chrono::microseconds{500};

    rpc::Client client_;
    asio::io_context io_;
    asio::steady_timer timer_{io_};
    TimePoint start_;
    std::vector<double> times_;
    std::vector<std::promise<bool>> ends_;
};

[[nodiscard]] inline double p99_of_calls(const std::string& endpoint, std::size_t calls) {
    std::vector<double> times = PacedCalls{endpoint, calls}.run();
    std::sort(times.begin(), times.end());
    return times.at(calls * 99 / 100);
}

[[nodiscard]] inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.at(values.size() / 2);
}

// Two kinds of windows compared by pairs, each of two windows that followed each other.
struct Comparison {
    double ratio = 0;  // the median of the pairs' ratios
    std::size_t pairs = 0;
    std::size_t greater = 0;  // of them, in which the watched window's was greater

    // Beyond noise: greater by more than a quarter, and in all pairs but one of seven. Of eleven or
    // fifteen pairs that differ by chance alone that happens in less than 6 of 1000 runs without
    // the quarter, and however far single windows are off.
    [[nodiscard]] bool has_moved() const { return ratio > 1.25 && greater + pairs / 7 >= pairs; }
};

[[nodiscard]] inline Comparison compare(
    const std::vector<double>& control, const std::vector<double>& watched
) {
    Comparison comparison;
    comparison.pairs = control.size();
    std::vector<double> ratios;
    for (std::size_t i = 0; i < control.size(); ++i) {
        ratios.push_back(watched.at(i) / control[i]);
        if (ratios.back() > 1) ++comparison.greater;
    }
    comparison.ratio = median(ratios);
    return comparison;
}

class Windows {
public:
    Windows(std::string endpoint, std::size_t calls, int rounds)
        : endpoint_(std::move(endpoint)), calls_(calls), rounds_(rounds) {}

    // A kind of windows, each between `begin` and `end`.
    void measure(std::string name, std::function<void()> begin, std::function<void()> end) {
        kinds_.push_back({std::move(name), std::move(begin), std::move(end), {}});
    }

    // All kinds by turns, each time another one first, so that what the machine does besides comes
    // to all of them alike.
    void run() {
        static_cast<void>(p99_of_calls(endpoint_, calls_));  // caches are warm
        for (int round = 0; round < rounds_; ++round) {
            for (std::size_t i = 0; i < kinds_.size(); ++i) {
                Kind& kind = kinds_[(static_cast<std::size_t>(round) + i) % kinds_.size()];
                kind.begin();
                kind.p99s.push_back(p99_of_calls(endpoint_, calls_));
                kind.end();
            }
        }
    }

    [[nodiscard]] Comparison compared(const std::string& control, const std::string& watched)
        const {
        return compare(kind(control).p99s, kind(watched).p99s);
    }

    // A line for each kind, its windows in the order of rounds.
    [[nodiscard]] std::string figures() const {
        const auto text_of = [](double number) {
            return " " + std::to_string(static_cast<long>(number));
        };
        std::string text = "p99 in us of windows of " + std::to_string(calls_) + " calls\n";
        for (const Kind& kind : kinds_) {
            text += "  " + kind.name + ":";
            for (const double p99 : kind.p99s)
                text += text_of(p99);
            text += ", median" + text_of(median(kind.p99s)) + "\n";
        }
        return text;
    }

    // The figures, and what comes of a comparison.
    [[nodiscard]] bool moved(const std::string& control, const std::string& watched) const {
        const Comparison found = compared(control, watched);
        std::printf(
            "%s  %s / %s: median ratio %.2f, greater in %zu of %zu pairs\n",
            figures().c_str(),
            watched.c_str(),
            control.c_str(),
            found.ratio,
            found.greater,
            found.pairs
        );
        return found.has_moved();
    }

private:
    struct Kind {
        std::string name;
        std::function<void()> begin;
        std::function<void()> end;
        std::vector<double> p99s;
    };

    [[nodiscard]] const Kind& kind(const std::string& name) const {
        for (const Kind& each : kinds_) {
            if (each.name == name) return each;
        }
        throw std::out_of_range{name};
    }

    std::string endpoint_;
    std::size_t calls_;
    int rounds_;
    std::vector<Kind> kinds_;
};

}  // namespace rollcall::tests
