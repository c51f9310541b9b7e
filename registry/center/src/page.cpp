#include "page.h"

#include <rollcall/http/page.h>

namespace rollcall::registry {

// Made of page/ at build time.
extern const http::Page kPage;

std::optional<http::Response> page_answer(const http::Request& request) {
    if (!request.path.empty()) return std::nullopt;
    if (request.method != "GET") return method_not_allowed(request, "GET, HEAD");
    return http::page_response(request, kPage);
}

}  // namespace rollcall::registry
