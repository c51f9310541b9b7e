#include "eureka_json.h"

#include <rollcall/base/log.h>

#include <nlohmann/json.hpp>

#include <charconv>
#include <limits>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

// The member, or null if it is absent or null.
const Json* member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

// A scalar as text: clients write numbers and booleans as strings and the other way round.
Result<std::string> scalar_text(const Json& value, const std::string& field) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean() || value.is_number()) return value.dump();
    return invalid("field '" + field + "' must be a string, not " + value.type_name());
}

Result<void> read_text(const Json& object, const char* field, std::string& target) {
    const Json* const value = member(object, field);
    if (value == nullptr) return {};
    Result<std::string> text = scalar_text(*value, field);
    if (!text) return text.error();
    target = *std::move(text);
    return {};
}

// Empty texts are absent ones.
Result<std::optional<std::int64_t>> number_of(
    const Json& value, const std::string& field, std::int64_t most
) {
    std::int64_t number = 0;
    bool ok = true;
    if (value.is_number_integer()) {
        ok = value.is_number_unsigned() ? value.get<std::uint64_t>() <= INT64_MAX : true;
        number = ok ? value.get<std::int64_t>() : 0;
    } else if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (text.empty()) return std::optional<std::int64_t>{};
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        ok = error == std::errc{} && stop == end;
    } else {
        ok = false;
    }
    if (ok && number >= 0 && number <= most) return std::optional{number};
    return invalid(
        "field '" + field + "' must be a whole number from 0 to " + std::to_string(most)
    );
}

Result<void> read_number(
    const Json& object, const std::string& field, std::int64_t most, std::int64_t& target
) {
    const Json* const value = member(object, field.c_str());
    if (value == nullptr) return {};
    const auto number = number_of(*value, field, most);
    if (!number) return number.error();
    if (*number) target = **number;
    return {};
}

Result<void> read_port(const Json& object, const char* field, EurekaPort& target) {
    const Json* const value = member(object, field);
    if (value == nullptr) return {};
    const Json* number = value;
    target = {0, true};
    if (value->is_object()) {
        if (const Json* const enabled = member(*value, "@enabled")) {
            target.enabled = *enabled == Json(true) || *enabled == Json("true");
        }
        number = member(*value, "$");
        if (number == nullptr) return {};
    }
    const auto port = number_of(*number, field, 65535);
    if (!port) return port.error();
    target.number = port->value_or(0);
    return {};
}

Result<std::map<std::string, std::string>> read_map(const Json& value, const std::string& field) {
    if (!value.is_object()) return invalid("field '" + field + "' must be an object of strings");
    std::map<std::string, std::string> map;
    for (const auto& [key, each] : value.items()) {
        if (key == "@class" || each.is_null()) continue;
        Result<std::string> text = scalar_text(each, field + "." + printable(key, 80));
        if (!text) return text.error();
        map.emplace(key, *std::move(text));
    }
    return map;
}

Result<void> read_data_center(const Json& object, EurekaInstance& target) {
    const Json* const value = member(object, "dataCenterInfo");
    if (value == nullptr) return {};
    if (!value->is_object()) return invalid("field 'dataCenterInfo' must be an object");
    target.has_data_center = true;
    for (const Result<void>& ok :
         {read_text(*value, "name", target.data_center_name),
          read_text(*value, "@class", target.data_center_class)}) {
        if (!ok) return invalid("dataCenterInfo: " + ok.error().message());
    }
    const Json* const metadata = member(*value, "metadata");
    if (metadata == nullptr) return {};
    auto map = read_map(*metadata, "dataCenterInfo.metadata");
    if (!map) return map.error();
    target.data_center_metadata = *std::move(map);
    return {};
}

Result<void> read_lease(const Json& object, EurekaInstance& target) {
    const Json* const value = member(object, "leaseInfo");
    if (value == nullptr) return {};
    if (!value->is_object()) return invalid("field 'leaseInfo' must be an object");
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    for (const Result<void>& ok :
         {read_number(*value, "renewalIntervalInSecs", kMost, target.renewal_seconds),
          read_number(*value, "durationInSecs", kMost, target.duration_seconds)}) {
        if (!ok) return invalid("leaseInfo: " + ok.error().message());
    }
    return {};
}

// An empty one is `none`, like one that is absent; a name that Eureka has not is UNKNOWN.
Result<void> read_status(
    const Json& object, const char* field, EurekaStatus none, EurekaStatus& target
) {
    std::string text;
    if (const Result<void> ok = read_text(object, field, text); !ok) return ok;
    if (!text.empty()) {
        target = eureka_status_from(text).value_or(EurekaStatus::unknown);
    } else if (object.contains(field)) {
        target = none;
    }
    return {};
}

Result<void> read_metadata(const Json& object, EurekaInstance& target) {
    const Json* const value = member(object, "metadata");
    if (value == nullptr) return {};
    auto map = read_map(*value, "metadata");
    if (!map) return map.error();
    target.metadata = *std::move(map);
    return {};
}

Result<void> read_dirty(const Json& object, EurekaInstance& target) {
    const Json* const value = member(object, "lastDirtyTimestamp");
    if (value == nullptr) return {};
    const auto number = number_of(*value, "lastDirtyTimestamp", INT64_MAX);
    if (!number) return number.error();
    target.dirty = *number;
    return {};
}

}  // namespace

Result<EurekaInstance> eureka_from_json(std::string_view text) {
    const Json body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (body.is_discarded()) return invalid("the body is not JSON: " + printable(text, 80));
    if (!body.is_object()) return invalid("the body must be a JSON object {\"instance\":{...}}");
    const Json* const wrapped = member(body, "instance");
    return eureka_from_value(wrapped == nullptr ? body : *wrapped);
}

Result<EurekaInstance> eureka_from_value(const Json& value) {
    if (!value.is_object()) return invalid("'instance' must be an object");
    EurekaInstance instance;
    for (const EurekaText& text : kEurekaTexts) {
        if (const auto ok = read_text(value, text.name, instance.*text.value); !ok) {
            return ok.error();
        }
    }
    constexpr EurekaStatus kNone = EurekaStatus::unknown;
    for (const Result<void>& ok :
         {read_status(value, "status", EurekaStatus::up, instance.status),
          read_status(value, "overriddenstatus", kNone, instance.overridden),
          read_status(value, "overriddenStatus", kNone, instance.overridden),
          read_port(value, "port", instance.port),
          read_port(value, "securePort", instance.secure_port),
          read_number(value, "countryId", INT32_MAX, instance.country_id),
          read_data_center(value, instance),
          read_lease(value, instance),
          read_metadata(value, instance),
          read_dirty(value, instance)}) {
        if (!ok) return ok.error();
    }
    return instance;
}

}  // namespace rollcall::registry
