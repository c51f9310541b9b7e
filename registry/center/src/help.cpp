#include "help.h"

#include <rollcall/base/edit_distance.h>
#include <rollcall/base/log.h>

namespace rollcall::registry {
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
        const std::size_t far = edit_distance(path, candidate);
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

}  // namespace rollcall::registry
