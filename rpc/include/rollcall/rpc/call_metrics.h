#pragma once
// What became of the calls of each method: how many, how they ended, how long they took.

#include <rollcall/base/errc.h>
#include <rollcall/rpc/latency_counts.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rollcall::rpc {

// One method as CallMetrics has counted it until a moment. A value.
struct MethodStats {
    std::string name;
    std::string signature;  // "int(int,int)"; empty where it is not known
    bool idempotent = false;
    std::uint64_t ok = 0;                                       // ended with a result
    std::vector<std::pair<std::string, std::uint64_t>> errors;  // ended otherwise, by name_of(Errc)
    std::uint64_t in_flight = 0;                                // begun and not ended
    LatencyCounts latency;                                      // of all that ended
    std::uint64_t request_bytes = 0;                            // whole messages
    std::uint64_t reply_bytes = 0;

    [[nodiscard]] std::uint64_t failed() const noexcept;

    [[nodiscard]] std::uint64_t calls() const noexcept { return ok + failed(); }
};

// How a call ended, for the counters.
struct CallEnd {
    Errc outcome{};  // zero: with a result
    Duration latency{0};
    std::size_t request_bytes = 0;
    std::size_t reply_bytes = 0;
};

// Counts by method. A server has one (Server::method_stats()); clients can feed one of their own
// by name. Counting takes no lock and shares no cache line with other threads that count.
// Thread safety: any thread.
class CallMetrics {
public:
    // The counters of one method. Its address is good as long as its CallMetrics.
    class Method {
    public:
        explicit Method(std::size_t stripes);

        // For calls that do not end at once: in flight from begin() to end().
        void begin() noexcept;
        void end(const CallEnd& call) noexcept;

        // `calls` that ended alike; the bytes are those of all of them together.
        void count(std::uint64_t calls, const CallEnd& alike) noexcept;

        // Without name and signature.
        [[nodiscard]] MethodStats read() const;

    private:
        // What one thread counts, or a few that share it.
        struct alignas(64) Stripe {
            std::atomic<std::uint64_t> ok{0};
            std::atomic<std::uint64_t> request_bytes{0};
            std::atomic<std::uint64_t> reply_bytes{0};
            std::atomic<std::int64_t> nanoseconds{0};
            std::atomic<std::int64_t> in_flight{0};
            std::array<std::atomic<std::uint64_t>, kLatencyBuckets> buckets{};
        };

        static constexpr std::size_t kCodes = static_cast<std::size_t>(Errc::unknown) + 1;

        [[nodiscard]] Stripe& mine() const noexcept;

        const std::size_t mask_;
        const std::unique_ptr<Stripe[]> stripes_;
        std::array<std::atomic<std::uint64_t>, kCodes> errors_{};  // rare enough to be shared
    };

    // Calls of methods that do not exist, whatever their names: strangers choose those.
    static constexpr std::string_view kUnknown = "$/unknown";
    // Further names than the limit are counted under this one.
    static constexpr std::string_view kOther = "$/other";

    // `threads` that count at the same time do so without sharing anything; more do share.
    explicit CallMetrics(std::size_t threads = 4, std::size_t max_methods = 1000);
    CallMetrics(const CallMetrics&) = delete;
    CallMetrics& operator=(const CallMetrics&) = delete;

    // The counters of that name, made at its first use. Looks it up: keep the reference where
    // calls are many.
    [[nodiscard]] Method& method(std::string_view name);

    // Counts a call that has ended.
    void record(std::string_view name, const CallEnd& call) { method(name).count(1, call); }

    // All methods, by name, as they are now. Signatures are empty.
    [[nodiscard]] std::vector<MethodStats> read() const;

private:
    struct Hash {
        using is_transparent = void;

        [[nodiscard]] std::size_t operator()(std::string_view name) const noexcept {
            return std::hash<std::string_view>{}(name);
        }
    };

    const std::size_t stripes_;
    const std::size_t max_methods_;
    mutable std::shared_mutex mutex_;  // of the map, not of what is counted
    std::unordered_map<std::string, std::unique_ptr<Method>, Hash, std::equal_to<>> methods_;
};

}  // namespace rollcall::rpc
