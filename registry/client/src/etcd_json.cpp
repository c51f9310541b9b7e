#include "etcd_json.h"

#include <rollcall/base/base64.h>

#include <charconv>

namespace rollcall::registry {
namespace {

std::string bytes_in(const Json& object, const char* field) {
    return base64_decoded(text_in(object, field)).value_or("");
}

bool is_true(const Json& object, const char* field) {
    return member_of(object, field) == true;
}

EtcdKeyValue key_value_in(const Json& object) {
    return {
        bytes_in(object, "key"),
        bytes_in(object, "value"),
        number_in(object, "mod_revision"),
        number_in(object, "lease")};
}

}  // namespace

const Json& member_of(const Json& value, const char* field) {
    static const Json none;
    if (!value.is_object()) return none;
    const auto found = value.find(field);
    return found == value.end() ? none : *found;
}

std::int64_t number_in(const Json& object, const char* field) {
    const Json& found = member_of(object, field);
    if (found.is_number_integer()) return found.get<std::int64_t>();
    if (!found.is_string()) return 0;
    const auto& digits = found.get_ref<const std::string&>();
    std::int64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [rest, ec] = std::from_chars(digits.data(), end, number);
    return ec == std::errc{} && rest == end ? number : 0;
}

std::string text_in(const Json& object, const char* field) {
    const Json& found = member_of(object, field);
    return found.is_string() ? found.get<std::string>() : std::string{};
}

std::vector<EtcdKeyValue> key_values_in(const Json& answer) {
    std::vector<EtcdKeyValue> entries;
    for (const Json& each : member_of(answer, "kvs"))
        entries.push_back(key_value_in(each));
    return entries;
}

Json range_request(const EtcdRange& range, bool serializable) {
    Json request{{"key", base64_encoded(range.key)}};
    if (!range.end.empty()) request["range_end"] = base64_encoded(range.end);
    if (serializable) request["serializable"] = true;
    return request;
}

Json put_request(std::string_view key, std::string_view value, std::int64_t lease) {
    return {
        {"key", base64_encoded(key)},
        {"value", base64_encoded(value)},
        {"lease", std::to_string(lease)}};
}

std::optional<EtcdWatchLine> watch_line_from_json(std::string_view text) {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    EtcdWatchLine line;
    if (const Json& error = member_of(json, "error"); !error.is_null()) {
        line.failed = true;
        line.reason = text_in(error, "message");
        return line;
    }
    const Json& result = member_of(json, "result");
    if (!result.is_object()) return std::nullopt;
    line.canceled = is_true(result, "canceled");
    line.compacted = line.canceled && number_in(result, "compact_revision") != 0;
    line.reason = text_in(result, "cancel_reason");
    for (const Json& event : member_of(result, "events"))
        line.changes.push_back(
            {text_in(event, "type") == "DELETE", key_value_in(member_of(event, "kv"))}
        );
    return line;
}

std::string watch_request(const EtcdRange& range, std::int64_t from) {
    Json create = range_request(range, /*serializable=*/false);
    create["start_revision"] = std::to_string(from);
    return Json{{"create_request", std::move(create)}}.dump();
}

}  // namespace rollcall::registry
