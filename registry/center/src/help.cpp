#include "help.h"

#include <rollcall/base/log.h>

#include <algorithm>
#include <vector>

namespace rollcall::registry {
namespace {

constexpr std::size_t kMaxCompared = 64;

// Levenshtein's distance, of the first bytes of both.
std::size_t distance(std::string_view a, std::string_view b) {
    a = a.substr(0, kMaxCompared);
    b = b.substr(0, kMaxCompared);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
        }
    }
    return row[b.size()];
}

}  // namespace

http::Response no_such_resource(const http::Request& request, std::string_view header_path) {
    const std::string_view target{request.target};
    const std::string_view path = target.substr(0, target.find('?'));
    std::string_view nearest;
    std::size_t least = SIZE_MAX;
    for (const std::string_view candidate :
         {std::string_view{"/v1/services"},
          std::string_view{"/v1/services/{service}"},
          std::string_view{"/v1/services/{service}/instances/{id}"},
          std::string_view{"/v1/services/{service}/instances/{id}/heartbeat"},
          std::string_view{"/v1/heartbeat"},
          std::string_view{"/v1/services/{service}/hold"},
          std::string_view{"/v1/watch"},
          std::string_view{"/v1/events"},
          std::string_view{"/v1/leases"},
          std::string_view{"/v1/status"},
          std::string_view{"/v1/prometheus"},
          std::string_view{"/metrics"},
          std::string_view{"/healthz"},
          std::string_view{"/eureka/apps"},
          std::string_view{"/eureka/apps/{app}/{id}"},
          std::string_view{"/"},
          header_path}) {
        const std::size_t far = distance(path, candidate);
        if (far >= least) continue;
        least = far;
        nearest = candidate;
    }
    return http::Response::error(
        404,
        "no_such_resource",
        "there is nothing at " + printable(path, 100) + "; the nearest resource is " +
            std::string{nearest}
    );
}

http::Response warming_up() {
    return http::Response::error(
               503, "warming_up", "the registry has just started and waits for its servers"
    )
        .with_header("Retry-After", "1")
        .with_header("Cache-Control", "no-store");
}

http::Response method_not_allowed(const http::Request& request, const std::string& allow) {
    return http::Response::error(
               405, "method_not_allowed", request.method + " is not possible here; use " + allow
    )
        .with_header("Allow", allow);
}

}  // namespace rollcall::registry
