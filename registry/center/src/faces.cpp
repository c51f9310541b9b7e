#include "faces.h"

#include "page.h"
#include "prometheus_sd.h"

namespace rollcall::registry {

Faces::Faces(Center& center) : center_(center), header_(center), native_(center), eureka_(center) {
}

std::optional<http::Response> Faces::handle(const http::Request& request, TimePoint now) {
    // First, because its path can be chosen.
    if (auto response = header_.handle(request, now)) return response;
    if (auto response = native_.handle(request, now)) return response;
    if (auto response = eureka_.handle(request, now)) return response;
    if (auto response = page_answer(request)) return response;
    return prometheus_sd_answer(request, center_, now);
}

}  // namespace rollcall::registry
