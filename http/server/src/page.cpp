#include <rollcall/http/page.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rollcall::http {
namespace {

// require-trusted-types-for: no text can become HTML, whatever somebody calls himself.
std::string content_security_policy(const Page& page) {
    const auto quoted = [](const char* hash) { return "'" + std::string{hash} + "'"; };
    return "default-src 'none'; script-src " + quoted(page.script_hash) + "; style-src " +
           quoted(page.style_hash) +
           "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
}

Response with_page_headers(Response response, const Page& page) {
    return std::move(response)
        .with_header("Content-Security-Policy", content_security_policy(page))
        .with_header("X-Content-Type-Options", "nosniff")
        .with_header("Referrer-Policy", "no-referrer")
        .with_header("Cache-Control", "no-cache")
        .with_header("ETag", page.etag);
}

}  // namespace

Response page_response(const Request& request, const Page& page) {
    // A list of tags or "*"; ours has quotation marks, so it is found nowhere by accident.
    const std::string_view known = request.header("If-None-Match").value_or("");
    if (known == "*" || known.find(page.etag) != std::string_view::npos) {
        return with_page_headers(Response::empty(304), page);
    }
    Response response;
    response.content_type = "text/html; charset=utf-8";
    response.body = std::make_shared<const std::string>(page.bytes, page.bytes + page.size);
    return with_page_headers(std::move(response), page);
}

}  // namespace rollcall::http
