#include "call_request.h"

#include <rollcall/base/log.h>
#include <rollcall/codec/limits.h>

#include "error_json.h"
#include "json_value.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::inspect {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kTimeoutHeader = "Rollcall-Timeout";
// Headers that go on as metadata of the call.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kPassedOn{{
    {"traceparent", "traceparent"},
    {"tracestate", "tracestate"},
    {"X-Request-Id", "request-id"},
}};

Response bad_request(std::string_view message) {
    return Response::error(400, "bad_request", message);
}

// A page of somebody else's cannot send this type without asking first, which nobody grants.
bool is_json(const Request& request) {
    const std::string_view type = request.header("Content-Type").value_or("");
    const std::string_view essence = type.substr(0, type.find(';'));
    return essence.substr(0, essence.find_last_not_of(' ') + 1) == "application/json";
}

// All after /rpc/: names may have slashes.
std::string method_of(const Request& request) {
    std::string method;
    for (std::size_t i = 1; i < request.path.size(); ++i)
        method += (i > 1 ? "/" : "") + request.path[i];
    return method;
}

// Nothing if it is none that may be named.
std::optional<Duration> timeout_of(const Request& request, const InspectorOptions& options) {
    auto text = request.parameter("timeout");
    if (!text) text = request.header(kTimeoutHeader);
    if (!text) return options.call_timeout;
    double seconds = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    const bool whole = problem == std::errc{} && end == text->data() + text->size();
    const double most = std::chrono::duration<double>(options.call_timeout_max).count();
    if (!whole || !(seconds > 0 && seconds <= most)) return std::nullopt;
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

int status_of(Errc code) {
    switch (code) {
        case Errc::invalid_arguments:
        case Errc::invalid_request:
            return 400;
        case Errc::unauthenticated:
            return 403;
        case Errc::method_not_found:
            return 404;
        case Errc::message_too_large:
            return 413;
        case Errc::connection_lost:
        case Errc::connect_failed:
            return 502;
        case Errc::overloaded:
        case Errc::unavailable:
        case Errc::shutting_down:
            return 503;
        case Errc::timed_out:
            return 504;
        default:
            return 500;
    }
}

}  // namespace

std::variant<rpc::Invocation<codec::Raw>, Response> call_of(
    const Request& request, const InspectorOptions& options
) {
    if (!is_json(request)) {
        return Response::error(
            415, "not_json", "send the arguments as a JSON array, Content-Type: application/json"
        );
    }
    const std::string method = method_of(request);
    if (method.empty() || method.size() > codec::kMaxMethodBytes)
        return bad_request("the method's name must have 1 to 255 bytes: POST /rpc/METHOD");
    const auto timeout = timeout_of(request, options);
    if (!timeout) {
        const auto most = std::chrono::duration<double>(options.call_timeout_max).count();
        return bad_request(
            "timeout must be a number of seconds above 0 and at most " +
            json::write_json(json::Json(most))
        );
    }
    const auto arguments = json::parse_json(request.body);
    if (!arguments) return bad_request("the body is not JSON: " + arguments.error().message());
    if (!arguments->is_array())
        return bad_request("the body must be a JSON array of the arguments, [] if there are none");
    const std::vector<json::Json> values{arguments->begin(), arguments->end()};
    rpc::Invocation<codec::Raw> call{
        rpc::PackedInvocation::with_packed_params(method, json::pack_params(values))};
    call = std::move(call).within(*timeout);
    try {
        for (const auto& [header, name] : kPassedOn) {
            if (const auto value = request.header(header))
                call = std::move(call).with(name, *value);
        }
    } catch (const std::exception& too_much) {
        return bad_request(too_much.what());
    }
    return call;
}

Response answer_of(const Result<codec::Raw>& outcome) {
    if (outcome) {
        return Response::json(200, json::write_json(json::from_message_pack(outcome->bytes())))
            .with_header("Cache-Control", "no-store");
    }
    const Error& error = outcome.error();
    json::Json body = json::Json::object();
    body["error"] = std::string{name_of(error.code())};
    const json::Json known = json::error_json(error);  // named: items() refers to it
    for (const auto& [key, value] : known.items()) {
        if (key != "code") body[key] = value;
    }
    Response response = Response::json(status_of(error.code()), json::write_json(body));
    if (response.status == 503) response.add_header("Retry-After", "1");
    return response;
}

}  // namespace rollcall::inspect
