#include "page.h"

#include "help.h"
#include "page_text.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rollcall::registry {
namespace {

using http::Response;

// Only the page's own style and script run, it talks to this registry alone, nobody may frame it,
// and no text can become HTML (require-trusted-types-for), whatever an instance calls itself.
std::string content_security_policy() {
    const auto quoted = [](const char* hash) { return "'" + std::string{hash} + "'"; };
    return "default-src 'none'; script-src " + quoted(kPageScriptHash) + "; style-src " +
           quoted(kPageStyleHash) +
           "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
}

Response with_page_headers(Response response) {
    static const std::string policy = content_security_policy();
    return std::move(response)
        .with_header("Content-Security-Policy", policy)
        .with_header("X-Content-Type-Options", "nosniff")
        .with_header("Referrer-Policy", "no-referrer")
        .with_header("Cache-Control", "no-cache")
        .with_header("ETag", kPageETag);
}

}  // namespace

std::optional<Response> page_answer(const http::Request& request) {
    if (!request.path.empty()) return std::nullopt;
    if (request.method != "GET") return method_not_allowed(request, "GET, HEAD");
    // A list of tags or "*"; ours has quotation marks, so it is found nowhere by accident.
    const std::string_view known = request.header("If-None-Match").value_or("");
    if (known == "*" || known.find(kPageETag) != std::string_view::npos) {
        return with_page_headers(Response::empty(304));
    }
    static const auto text =
        std::make_shared<const std::string>(kPageBytes, kPageBytes + kPageSize);
    Response response;
    response.content_type = "text/html; charset=utf-8";
    response.body = text;
    return with_page_headers(std::move(response));
}

}  // namespace rollcall::registry
