#include "request_limits.h"

namespace rollcall::http {
namespace {

std::string limit_text(std::string_view what, std::size_t bytes, std::size_t most) {
    return std::string{what} + std::to_string(bytes) + " bytes long; at most " +
           std::to_string(most) + " are allowed";
}

}  // namespace

std::optional<Response> beyond_limits(const Request& request, const ServerOptions& options) {
    if (request.target.size() > options.url_bytes_max) {
        return Response::error(
            414,
            "url_too_long",
            limit_text("the URL is ", request.target.size(), options.url_bytes_max)
        );
    }
    std::size_t header_bytes = 0;
    for (const auto& [name, value] : request.headers) {
        header_bytes += name.size() + value.size() + 4;
    }
    if (header_bytes > options.header_bytes_max) {
        return Response::error(
            431,
            "headers_too_large",
            limit_text("the headers are ", header_bytes, options.header_bytes_max)
        );
    }
    if (request.body.size() > options.body_bytes_max) {
        return Response::error(
            413,
            "body_too_large",
            limit_text("the body is ", request.body.size(), options.body_bytes_max)
        );
    }
    return std::nullopt;
}

}  // namespace rollcall::http
