#pragma once
// How long requests took, by resource, for /metrics.

#include <rollcall/base/clock.h>
#include <rollcall/http/request.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rollcall::registry {

// The resources that are told apart. What a client makes up is "other": a label with raw paths
// would grow without end.
inline constexpr std::array<std::string_view, 19> kRoutes{
    "/",
    "/healthz",
    "/metrics",
    "/v1/services",
    "/v1/services/{service}",
    "/v1/services/{service}/hold",
    "/v1/services/{service}/instances/{id}",
    "/v1/services/{service}/instances/{id}/heartbeat",
    "/v1/heartbeat",
    "/v1/watch",
    "/v1/events",
    "/v1/leases",
    "/v1/status",
    "/v1/prometheus",
    "/eureka",
    "header",  // the header protocol, wherever it is served
    "other",
    "overloaded",  // refused, because too many queries were waiting
    "refused"};    // for want of a token that may

inline constexpr std::size_t kHeaderRoute = 15;
inline constexpr std::size_t kOtherRoute = 16;
inline constexpr std::size_t kOverloadedRoute = 17;
inline constexpr std::size_t kRefusedRoute = 18;

// The place in kRoutes of what the request asks for. `header_path`: where that protocol is.
[[nodiscard]] std::size_t route_of(const http::Request& request, std::string_view header_path);

// Upper bounds of the buckets, in seconds; one more is for all above.
inline constexpr std::array<double, 7> kBucketBounds{0.0005, 0.002, 0.01, 0.05, 0.2, 1, 5};

// One thread at a time.
class RequestTimes {
public:
    struct Histogram {
        std::array<std::uint64_t, kBucketBounds.size() + 1> counts{};  // not cumulative
        double seconds = 0;                                            // of all together
    };

    void add(std::size_t route, Duration took);

    [[nodiscard]] const Histogram& of(std::size_t route) const { return histograms_[route]; }

private:
    std::array<Histogram, kRoutes.size()> histograms_;
};

}  // namespace rollcall::registry
