#pragma once
// Calls one method all the time, from one thread over one target, and counts.

#include "histogram.h"
#include "target.h"

#include <asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <string>

namespace rollcall::cli {

struct LoadReport {
    std::uint64_t calls = 0;  // that ended, failed ones included
    std::uint64_t failed = 0;
    std::map<std::string, std::uint64_t> errors;  // by code
    std::string first_error;                      // a sentence
    Histogram latency;                            // of the calls that succeeded

    void add(const LoadReport& other);
};

// Keeps `in_flight` calls under way: each completion starts the next call, on the I/O thread.
// After a failed call it pauses for a moment, so that a dead server is not dialled in a tight loop.
// Must outlive its run.
class Load {
public:
    // `io` is a group of one thread, which the target uses too.
    Load(
        rpc::IoThreads io,
        std::unique_ptr<Target> target,
        UntypedInvocation invocation,
        std::size_t in_flight
    );

    // Starts; no call is started after `until`.
    void start(TimePoint until);

    // Waits for the last call.
    [[nodiscard]] LoadReport wait();

private:
    void next(TimePoint now);
    void finished(TimePoint started, const UntypedResult& result);
    void pause();

    rpc::IoThreads io_;
    asio::any_io_executor executor_;
    std::unique_ptr<Target> target_;
    UntypedInvocation invocation_;
    TimePoint until_{};

    // Of the I/O thread:
    std::size_t chains_;  // that still go on
    LoadReport report_;

    std::promise<void> over_;
};

}  // namespace rollcall::cli
