#include "list_file.h"

#include <rollcall/base/log.h>
#include <rollcall/registry/instance_json.h>
#include <rollcall/registry/validation.h>

#include "content_index.h"
#include "header_address.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto begin = std::min(text.find_first_not_of(kBlanks), text.size());
    const auto end = text.find_last_not_of(kBlanks);
    return end == std::string_view::npos ? std::string_view{} : text.substr(begin, end + 1 - begin);
}

std::string_view first_line(std::string_view text) {
    return text.substr(0, text.find('\n'));
}

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

Error in_line(std::size_t line, const std::string& why) {
    return invalid("line " + std::to_string(line) + ": " + why);
}

// A JSON text that is spread over lines, and so no line of its own, is a whole list.
bool is_whole_list(std::string_view text) {
    if (!text.starts_with('{')) return false;
    const Json line = Json::parse(first_line(text), nullptr, /*allow_exceptions=*/false);
    return line.is_discarded() || line.contains("instances");
}

// Where JSON ends to be JSON.
std::optional<Error> torn(std::string_view text) {
    try {
        const Json whole = Json::parse(text);
    } catch (const Json::parse_error& error) {
        const auto end = text.substr(0, std::min<std::size_t>(error.byte, text.size()));
        const auto line = static_cast<std::size_t>(std::count(end.begin(), end.end(), '\n')) + 1;
        return in_line(line, "the JSON is not valid or ends too early; is the file whole?");
    }
    return std::nullopt;
}

// Fills in what may be left out; an error if nobody could dial the rest.
Result<void> complete(Instance& instance) {
    if (instance.id.empty()) instance.id = instance.endpoint().to_string();
    instance.via = "file";
    if (!instance.service.empty()) {
        auto service = normalized_service(instance.service);
        if (!service) return service.error();
        instance.service = *std::move(service);
    }
    Instance checked = instance;
    if (checked.service.empty()) checked.service = "any";
    return validate(checked, kAnyLease);
}

// "host:port", "scheme@host:port" or a JSON object.
Result<Instance> instance_in(std::string_view line) {
    if (line.starts_with('{')) return instance_from_json(line);
    auto parsed = instance_at(line, "");
    if (!parsed) {
        return invalid(
            parsed.error().message() + "; a line is host:port, scheme@host:port or a JSON object"
        );
    }
    Instance instance = instance_of(parsed->endpoint(), "file");
    instance.scheme = parsed->scheme;
    return instance;
}

// Two of one id in one list are one server that is called twice as often, or a slip of the pen.
class Ids {
public:
    // Where the same was before, 0 if nowhere.
    [[nodiscard]] std::size_t before(const Instance& instance, std::size_t place) {
        return std::exchange(places_[{instance.service, instance.id}], place);
    }

private:
    std::map<std::pair<std::string, std::string>, std::size_t> places_;
};

Result<std::vector<Instance>> whole_list(std::string_view text) {
    if (auto error = torn(text)) return *std::move(error);
    auto list = instance_list_from_json(text);
    if (!list) return list.error();
    Ids ids;
    for (std::size_t i = 0; i < list->instances.size(); ++i) {
        Instance& instance = list->instances[i];
        const std::string which = "instance " + std::to_string(i) + " of the list: ";
        if (auto done = complete(instance); !done) return invalid(which + done.error().message());
        if (const auto other = ids.before(instance, i + 1); other != 0) {
            return invalid(
                which + "its id '" + printable(instance.id, 80) + "' is that of instance " +
                std::to_string(other - 1)
            );
        }
    }
    return std::move(list->instances);
}

}  // namespace

Result<std::vector<Instance>> instances_in_file(std::string_view text) {
    if (is_whole_list(trimmed(text))) return whole_list(text);
    std::vector<Instance> instances;
    Ids ids;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view whole = first_line(text);
        const std::string_view line = trimmed(whole);
        text.remove_prefix(std::min(whole.size() + 1, text.size()));
        if (line.empty() || line.starts_with('#')) continue;
        auto instance = instance_in(line);
        if (!instance) return in_line(number, instance.error().message());
        if (auto done = complete(*instance); !done) return in_line(number, done.error().message());
        if (const auto other = ids.before(*instance, number); other != 0) {
            return in_line(
                number,
                "the id '" + printable(instance->id, 80) + "' is that of line " +
                    std::to_string(other)
            );
        }
        instances.push_back(*std::move(instance));
    }
    return instances;
}

}  // namespace rollcall::registry
