#include <rollcall/base/log.h>
#include <rollcall/registry/utf8.h>
#include <rollcall/registry/validation.h>

#include <algorithm>
#include <optional>

namespace rollcall::registry {
namespace {

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

Error invalid_field(std::string_view field, std::string_view value, std::string_view why) {
    std::string message{field};
    message += " '";
    message += printable(value, 80);
    message += "' ";
    message += why;
    return invalid(std::move(message));
}

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Checks one text field; `min` is 0 for optional ones.
Result<void> check_text(
    std::string_view field, std::string_view value, std::size_t min, std::size_t max
) {
    if (value.size() < min) return invalid(std::string{field} + " is empty");
    if (value.size() > max) {
        return invalid_field(
            field,
            value,
            "is " + std::to_string(value.size()) + " bytes long; at most " + std::to_string(max) +
                " are allowed"
        );
    }
    if (!is_clean_text(value)) {
        return invalid_field(
            field, value, "holds control characters or is not UTF-8; neither is allowed"
        );
    }
    return {};
}

// Forms like "0", "127.1" or "0x7f.1" pass for IPv4 addresses at some resolvers: no names.
bool looks_numeric(std::string_view name) {
    const std::string_view last = name.substr(name.rfind('.') + 1);
    const bool digits =
        std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits || last.starts_with("0x") || last.starts_with("0X");
}

// In a URL they mean another place: nobody could read, renew or remove what has such a name.
bool is_dots(std::string_view name) {
    return name == "." || name == "..";
}

Result<void> check_address(const Instance& instance) {
    const std::string& address = instance.address;
    if (address.empty()) {
        return invalid("address is missing; give the IP address or host name that clients dial");
    }
    const Endpoint endpoint = instance.endpoint();
    if (endpoint.is_unix()) {
        if (const auto parsed = Endpoint::parse(address); !parsed) return parsed.error();
        if (instance.port == 0) return {};
        return invalid("a Unix domain socket has no port; leave it out");
    }
    if (endpoint.is_wildcard() || address == "::ffff:0.0.0.0") {
        return invalid_field(
            "address", address, "cannot be dialled; advertise an address of the host instead"
        );
    }
    const Result<Endpoint> parsed = Endpoint::parse(endpoint.to_string());
    if (!parsed || (endpoint.is_name() && looks_numeric(address))) {
        return invalid_field("address", address, "is neither an IP address nor a host name");
    }
    if (instance.port == 0) return invalid("port is missing; it must be 1 to 65535");
    return {};
}

Result<void> check_scheme(std::string_view scheme) {
    const bool characters = std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_lower_or_digit(c) || c == '+' || c == '-' || c == '.';
    });
    if (scheme.empty() || scheme.size() > kMaxSchemeBytes || !characters) {
        return invalid_field("scheme", scheme, "must be 1 to 16 of a-z 0-9 + - . like 'tcp'");
    }
    return {};
}

Result<void> check_tags(const std::vector<std::string>& tags) {
    if (tags.size() > kMaxTags) {
        return invalid(
            "there are " + std::to_string(tags.size()) + " tags; at most " +
            std::to_string(kMaxTags) + " are allowed"
        );
    }
    for (const std::string& tag : tags) {
        if (Result<void> ok = check_text("tag", tag, 1, kMaxTagBytes); !ok) return ok;
    }
    return {};
}

Result<void> check_meta(const std::map<std::string, std::string>& meta) {
    if (meta.size() > kMaxMetaKeys) {
        return invalid(
            "meta has " + std::to_string(meta.size()) + " keys; at most " +
            std::to_string(kMaxMetaKeys) + " are allowed"
        );
    }
    for (const auto& [key, value] : meta) {
        if (Result<void> ok = check_text("meta key", key, 1, kMaxMetaKeyBytes); !ok) return ok;
        if (value.size() > kMaxMetaValueBytes) {
            return invalid_field(
                "meta value of",
                key,
                "is " + std::to_string(value.size()) + " bytes long; at most " +
                    std::to_string(kMaxMetaValueBytes) + " are allowed"
            );
        }
        if (!is_clean_text(value)) {
            return invalid_field("meta value of", key, "holds control characters or is not UTF-8");
        }
    }
    return {};
}

std::string seconds_text(std::chrono::milliseconds value) {
    std::string text = std::to_string(value.count() / 1000);
    if (value.count() % 1000 != 0) {
        std::string rest = std::to_string(1000 + value.count() % 1000);
        rest.front() = '.';
        rest.erase(rest.find_last_not_of('0') + 1);
        text += rest;
    }
    return text;
}

Result<void> check_ttl(std::chrono::milliseconds ttl, const InstanceLimits& limits) {
    if (ttl.count() == 0 || (ttl >= limits.ttl_min && ttl <= limits.ttl_max)) return {};
    return invalid(
        "ttl is " + seconds_text(ttl) + " s; this registry takes " + seconds_text(limits.ttl_min) +
        " to " + seconds_text(limits.ttl_max) + " s"
    );
}

}  // namespace

bool is_clean_text(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::optional<char32_t> point = take_code_point(text);
        if (!point || *point < 0x20 || (*point >= 0x7f && *point <= 0x9f)) return false;
    }
    return true;
}

Result<std::string> normalized_service(std::string_view name) {
    std::string lower{name};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const bool characters = std::all_of(lower.begin(), lower.end(), [](char c) {
        return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-';
    });
    if (lower.empty() || lower.size() > kMaxServiceNameBytes || !characters || is_dots(lower)) {
        return invalid_field(
            "service",
            name,
            "is not a service name; use 1 to 64 of A-Z a-z 0-9 . _ -, but not . or .. alone"
        );
    }
    return lower;
}

Result<void> validate(const Instance& instance, const InstanceLimits& limits) {
    const Result<std::string> service = normalized_service(instance.service);
    if (!service) return service.error();
    if (*service != instance.service) {
        return invalid_field("service", instance.service, "must be in lower case");
    }
    if (Result<void> ok = check_text("id", instance.id, 1, kMaxIdBytes); !ok) return ok;
    if (is_dots(instance.id))
        return invalid_field("id", instance.id, "means another place in a URL; use another id");
    if (Result<void> ok = check_address(instance); !ok) return ok;
    if (Result<void> ok = check_scheme(instance.scheme); !ok) return ok;
    if (instance.weight < 0 || instance.weight > kMaxWeight) {
        return invalid(
            "weight is " + std::to_string(instance.weight) + "; it must be 0 to " +
            std::to_string(kMaxWeight)
        );
    }
    for (const auto& [field, value] :
         {std::pair<std::string_view, std::string_view>{"version", instance.version},
          {"zone", instance.zone},
          {"incarnation", instance.incarnation}}) {
        if (Result<void> ok = check_text(field, value, 0, kMaxLabelBytes); !ok) return ok;
    }
    if (Result<void> ok = check_text("addr", instance.addr, 0, kMaxIdBytes); !ok) return ok;
    if (instance.eureka.size() > kMaxEurekaBytes) {
        return invalid(
            "what only Eureka knows of it (URLs, vips, data center) is " +
            std::to_string(instance.eureka.size()) + " bytes long; at most " +
            std::to_string(kMaxEurekaBytes) + " are allowed"
        );
    }
    if (Result<void> ok = check_tags(instance.tags); !ok) return ok;
    if (Result<void> ok = check_meta(instance.meta); !ok) return ok;
    return check_ttl(instance.ttl, limits);
}

}  // namespace rollcall::registry
