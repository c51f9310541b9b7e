#include <rollcall/http/response.h>

#include "response_head.h"

#include <string_view>

namespace rollcall::http {
namespace {

std::string_view reason_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 204:
            return "No Content";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 409:
            return "Conflict";
        case 415:
            return "Unsupported Media Type";
        case 421:
            return "Misdirected Request";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 502:
            return "Bad Gateway";
        case 504:
            return "Gateway Timeout";
        case 503:
            return "Service Unavailable";
        default:
            return "Status";
    }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    // A line end in a value would start a header, or a response, of somebody else's making.
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte >= 0x20 && byte != 0x7f) || c == '\t') out += c;
    }
    out += "\r\n";
}

// The inside of a JSON string.
void append_escaped(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 0xfU];
        } else {
            out += c;
        }
    }
}

}  // namespace

bool status_has_body(int status) noexcept {
    return status >= 200 && status != 204 && status != 304;
}

std::string response_head(const Response& response, bool keep_alive) {
    std::size_t bytes = 160;
    for (const auto& [name, value] : response.headers)
        bytes += name.size() + value.size() + 4;
    std::string out;
    out.reserve(bytes);
    out += "HTTP/1.1 ";
    out += std::to_string(response.status);
    out += ' ';
    out += reason_of(response.status);
    out += "\r\n";
    append_field(out, "Connection", keep_alive ? "keep-alive" : "close");
    if (status_has_body(response.status)) {
        append_field(out, "Content-Length", std::to_string(response.body_bytes()));
        if (!response.content_type.empty()) {
            append_field(out, "Content-Type", response.content_type);
        }
    }
    for (const auto& [name, value] : response.headers)
        append_field(out, name, value);
    out += "\r\n";
    return out;
}

Response Response::json(int status, std::string body) {
    return json(status, std::make_shared<const std::string>(std::move(body)));
}

Response Response::json(int status, std::shared_ptr<const std::string> body) {
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
}

std::size_t Response::body_bytes() const {
    std::size_t bytes = body ? body->size() : 0;
    for (const auto& part : more)
        bytes += part->size();
    return bytes;
}

Response Response::text(int status, std::string body) {
    Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    body += '\n';
    response.body = std::make_shared<const std::string>(std::move(body));
    return response;
}

Response Response::empty(int status) {
    Response response;
    response.status = status;
    return response;
}

Response Response::error(int status, std::string_view code, std::string_view message) {
    std::string body = "{\"error\":\"";
    append_escaped(body, code);
    body += "\",\"message\":\"";
    append_escaped(body, message);
    body += "\"}";
    return json(status, std::move(body));
}

Response& Response::add_header(std::string name, std::string value) & {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
}

Response&& Response::with_header(std::string name, std::string value) && {
    add_header(std::move(name), std::move(value));
    return std::move(*this);
}

Response method_not_allowed(const Request& request, const std::string& allow) {
    return Response::error(
               405, "method_not_allowed", request.method + " is not possible here; use " + allow
    )
        .with_header("Allow", allow);
}

}  // namespace rollcall::http
