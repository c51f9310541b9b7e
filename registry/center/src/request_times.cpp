#include "request_times.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>

namespace rollcall::registry {
namespace {

// `segment` is decoded: one with a '/' in it would read like several.
std::size_t place_of(std::string_view prefix, std::string_view segment) {
    if (segment.find('/') != std::string_view::npos) return kOtherRoute;
    const std::string route = std::string{prefix} + std::string{segment};
    const auto* const found = std::find(kRoutes.begin(), kRoutes.end(), route);
    return found == kRoutes.end() ? kOtherRoute
                                  : static_cast<std::size_t>(std::distance(kRoutes.begin(), found));
}

std::size_t route_below_services(const std::vector<std::string>& path) {
    constexpr std::size_t kServices = 3;
    if (path.size() <= 3) return kServices + path.size() - 2;
    if (path.size() == 4 && path[3] == "hold") return kServices + 2;
    if (path[3] != "instances") return kOtherRoute;
    if (path.size() == 5) return kServices + 3;
    return path.size() == 6 && path[5] == "heartbeat" ? kServices + 4 : kOtherRoute;
}

}  // namespace

std::size_t route_of(const http::Request& request, std::string_view header_path) {
    const auto& path = request.path;
    if (path.empty()) return 0;
    const std::string_view target = request.target;
    if (target.substr(0, target.find('?')) == header_path) return kHeaderRoute;
    if (path[0] == "eureka") return place_of("/", path[0]);
    if (path.size() == 1) return place_of("/", path[0]);
    if (path[0] != "v1") return kOtherRoute;
    if (path[1] == "services") return route_below_services(path);
    return path.size() == 2 ? place_of("/v1/", path[1]) : kOtherRoute;
}

void RequestTimes::add(std::size_t route, Duration took) {
    const double seconds = std::chrono::duration<double>(took).count();
    const auto* const bound = std::lower_bound(kBucketBounds.begin(), kBucketBounds.end(), seconds);
    Histogram& histogram = histograms_[route];
    ++histogram.counts[static_cast<std::size_t>(std::distance(kBucketBounds.begin(), bound))];
    histogram.seconds += seconds;
}

}  // namespace rollcall::registry
