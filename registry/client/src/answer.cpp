#include "answer.h"

#include <rollcall/base/log.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rollcall::registry {
namespace {

// {"error": code, "message": sentence} from our registry, plain text from others.
std::string reason_in(const std::string& body) {
    const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
    if (json.is_object()) {
        const auto message = json.find("message");
        if (message != json.end() && message->is_string()) {
            return printable(message->get_ref<const std::string&>());
        }
    }
    return printable(body.substr(0, body.find('\n')));
}

}  // namespace

Error unreachable(const Error& error) {
    const Errc code = error.code() == Errc::cancelled ? Errc::cancelled : Errc::registry_failed;
    return Error{code, error.message()};
}

Error refused(std::string_view request, const Answer& answer) {
    std::string message{request};
    message += ": the registry answered " + std::to_string(answer.status());
    if (const std::string reason = reason_in(answer.body()); !reason.empty()) {
        message += ": " + reason;
    }
    if (answer.status() == 404 || answer.status() == 405) {
        message += " (is the URL that of a registry, and of this protocol?)";
    }
    return Error{Errc::registry_failed, std::move(message)};
}

std::chrono::milliseconds interval_for(std::chrono::milliseconds ttl) {
    return std::clamp(ttl / 3, kMinInterval, kMaxInterval);
}

}  // namespace rollcall::registry
