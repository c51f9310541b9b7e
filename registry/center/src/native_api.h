#pragma once
// The native API: JSON resources under /v1, and /healthz.

#include <rollcall/base/clock.h>
#include <rollcall/http/request.h>
#include <rollcall/http/response.h>

#include "center.h"

#include <optional>

namespace rollcall::registry {

// Only on the server's I/O thread. The center must outlive it.
class NativeApi {
public:
    explicit NativeApi(Center& center) : center_(center) {}

    // The answer, or nothing if the path is not of this API.
    [[nodiscard]] std::optional<http::Response> handle(const http::Request& request, TimePoint now);

private:
    // The service and id that the path names, valid ones.
    struct Name {
        std::string service;
        std::string id;
    };

    [[nodiscard]] std::optional<http::Response> below_services(
        const http::Request& request, TimePoint now
    );
    [[nodiscard]] std::optional<http::Response> beside_services(
        const http::Request& request, TimePoint now
    );
    http::Response services(const http::Request& request, TimePoint now);
    http::Response service(const http::Request& request, TimePoint now);
    http::Response instance(const http::Request& request, TimePoint now);
    http::Response put(const Name& name, const http::Request& request, TimePoint now);
    http::Response patch(const Name& name, const http::Request& request, TimePoint now);
    http::Response remove(const Name& name, const http::Request& request, TimePoint now);
    http::Response beat(const http::Request& request, TimePoint now);
    http::Response end_hold(const http::Request& request, TimePoint now);
    http::Response leases(const http::Request& request, TimePoint now);
    http::Response beats(const http::Request& request, TimePoint now);
    http::Response status(TimePoint now) const;
    [[nodiscard]] http::Response not_registered(const Name& name) const;

    Center& center_;
};

}  // namespace rollcall::registry
