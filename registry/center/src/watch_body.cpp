#include "watch_body.h"

#include <rollcall/base/log.h>
#include <rollcall/registry/validation.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

}  // namespace

Result<Duration> wait_from(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    const bool known = unit.empty() || unit == "s" || unit == "ms" || unit == "m";
    if (error == std::errc::result_out_of_range) return kMaxWait;
    if (error != std::errc{} || !known) {
        return invalid("wait '" + printable(text, 40) + "' must be a time like 30s, 500ms or 1m");
    }
    // More than any wait in any unit, and small enough to be multiplied.
    const auto count = static_cast<std::int64_t>(std::min<std::uint64_t>(number, 60'000));
    if (unit == "ms") return std::min<Duration>(std::chrono::milliseconds{count}, kMaxWait);
    if (unit == "m") return std::min<Duration>(std::chrono::minutes{count}, kMaxWait);
    return std::min<Duration>(std::chrono::seconds{count}, kMaxWait);
}

Result<WatchRequest> watch_from_json(std::string_view text) {
    const Json body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    const std::string example = R"({"services":{"calculator":"<index or empty>"},"wait":"30s"})";
    if (body.is_discarded() || !body.is_object()) {
        return invalid("the body must be a JSON object like " + example);
    }
    const auto services = body.find("services");
    if (services == body.end() || !services->is_object() || services->empty()) {
        return invalid("'services' must name services with their indexes, as in " + example);
    }
    if (services->size() > kMaxWatchedServices) {
        return invalid(
            "'services' has " + std::to_string(services->size()) + " members; at most " +
            std::to_string(kMaxWatchedServices) + " are allowed"
        );
    }
    WatchRequest request;
    for (const auto& [name, index] : services->items()) {
        if (!index.is_string()) {
            return invalid("the index of '" + printable(name, 80) + "' must be a string");
        }
        Result<std::string> service =
            name == kAllServices ? Result<std::string>{name} : normalized_service(name);
        if (!service) return service.error();
        request.services.emplace_back(*std::move(service), index.get<std::string>());
    }
    if (const auto wait = body.find("wait"); wait != body.end()) {
        if (!wait->is_string()) return invalid("'wait' must be a string like \"30s\"");
        const Result<Duration> parsed = wait_from(wait->get<std::string>());
        if (!parsed) return parsed.error();
        request.wait = *parsed;
    }
    return request;
}

}  // namespace rollcall::registry
