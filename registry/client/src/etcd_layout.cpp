#include "etcd_layout.h"

#include <rollcall/base/log.h>
#include <rollcall/http/url.h>
#include <rollcall/registry/instance_json.h>
#include <rollcall/registry/validation.h>

#include "etcd_json.h"
#include "header_address.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace rollcall::registry {
namespace {

struct Kind {
    std::string_view name;
    EtcdKeys keys;
    std::string_view prefix;
};

constexpr Kind kKinds[] = {
    {"services", EtcdKeys::services, "services"},
    {"plain", EtcdKeys::plain, "server"},
    {"naming", EtcdKeys::naming, ""},
    {"rpcx", EtcdKeys::rpcx, "rpcx"},
};

// "host:port", or a host alone at `port`.
std::optional<Instance> at_address(std::string_view text, std::uint16_t port) {
    if (auto instance = instance_at(text, "")) return std::move(*instance);
    if (port == 0) return std::nullopt;
    const bool bare_v6 = text.find(':') != text.rfind(':') && !text.starts_with('[');
    std::string whole = bare_v6 ? "[" : "";
    whole += text;
    whole += bare_v6 ? "]:" : ":";
    auto instance = instance_at(whole + std::to_string(port), "");
    if (!instance) return std::nullopt;
    return std::move(*instance);
}

std::optional<Instance> of_naming(std::string_view value) {
    const Json json = Json::parse(value, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return std::nullopt;
    if (number_in(json, "Op") != 0) return std::nullopt;  // it has left
    return at_address(text_in(json, "Addr"), 0);
}

std::optional<Instance> of_rpcx(std::string_view address, std::string_view value) {
    auto instance = at_address(address, 0);
    std::string query = "http://h/?";
    query += value;
    const auto details = http::Url::parse(query);
    if (!instance || !details) return instance;
    if (details->parameter("state") == "inactive") instance->status = Status::down;
    if (const auto group = details->parameter("group"); group && !group->empty())
        instance->tags.push_back(*group);
    if (const auto weight = details->parameter("weight")) {
        const char* const end = weight->data() + weight->size();
        int number = 0;
        const auto [rest, ec] = std::from_chars(weight->data(), end, number);
        if (ec == std::errc{} && rest == end) instance->weight = number;
    }
    return instance;
}

// How etcd writes that there is no end.
bool is_endless(const EtcdRange& range) {
    return range.end.size() == 1 && range.end.front() == '\0';
}

// Go names its services with capitals; ours are in lower case.
bool is_named(std::string_view name, const std::string& service) {
    const auto normalized = normalized_service(name);
    return normalized && *normalized == service;
}

}  // namespace

EtcdRange keys_under(std::string_view prefix) {
    std::string end{prefix};
    while (!end.empty() && end.back() == '\xff')
        end.pop_back();
    const std::string nul(1, '\0');
    if (end.empty()) return {prefix.empty() ? nul : std::string{prefix}, nul};
    ++end.back();
    return {std::string{prefix}, std::move(end)};
}

bool contains(const EtcdRange& range, std::string_view key) {
    if (range.end.empty()) return key == range.key;
    return key >= range.key && (is_endless(range) || key < range.end);
}

EtcdRange hull_of(const std::vector<EtcdRange>& ranges) {
    EtcdRange hull{ranges.front().key, ""};
    for (const EtcdRange& range : ranges) {
        hull.key = std::min(hull.key, range.key);
        if (is_endless(range) || is_endless(hull)) {
            hull.end.assign(1, '\0');
            continue;
        }
        // The end of a key alone is the next key there can be.
        const std::string end = range.end.empty() ? range.key + '\0' : range.end;
        hull.end = std::max(hull.end, end);
    }
    return hull;
}

Result<EtcdLayout> EtcdLayout::parse(
    std::string_view name, std::optional<std::string> prefix, std::uint16_t port
) {
    for (const Kind& kind : kKinds) {
        if (kind.name != name) continue;
        std::string keys = prefix ? std::move(*prefix) : std::string{kind.prefix};
        // Without it "/node" would also be that of "/nodex".
        if (!keys.empty() && keys.back() != '/') keys += '/';
        return EtcdLayout{kind.keys, std::move(keys), port};
    }
    return Error{
        Errc::invalid_argument,
        "layout is '" + printable(name, 40) + "'; it must be services, plain, naming or rpcx"};
}

std::vector<EtcdRange> EtcdLayout::ranges_of(const std::string& service) const {
    switch (keys_) {
        case EtcdKeys::services:
            return {{prefix_ + service, ""}, keys_under(prefix_ + service + "/")};
        case EtcdKeys::naming:
            return {keys_under(prefix_ + service + "/")};
        case EtcdKeys::plain:
        case EtcdKeys::rpcx:
            break;
    }
    return {keys_under(prefix_)};
}

std::string EtcdLayout::key_of(const Instance& instance) const {
    if (keys_ == EtcdKeys::plain) return prefix_ + instance.id;
    return prefix_ + instance.service + "/" + instance.id;
}

std::string EtcdLayout::value_of(const Instance& instance) const {
    if (keys_ == EtcdKeys::plain) return instance.endpoint().to_string();
    Instance copy = instance;
    copy.via = "etcd";
    nlohmann::ordered_json front;
    front["IP"] = instance.address;
    front["Addr"] = instance.endpoint().to_string();
    std::string text = front.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.back() = ',';
    return text + to_json(copy).substr(1);
}

std::optional<Instance> EtcdLayout::with_details(std::string_view rest, std::string_view value)
    const {
    const Json json = Json::parse(value, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return std::nullopt;
    std::optional<Instance> instance;
    if (auto read = instance_from_json(value)) instance = std::move(*read);
    const bool has_port = instance && (instance->port != 0 || instance->endpoint().is_unix());
    if (!has_port || instance->address.empty()) {
        const std::string address = text_in(json, "Addr");
        auto simple = at_address(address.empty() ? text_in(json, "IP") : address, port_);
        if (!simple) return std::nullopt;
        // What else it says of itself stays.
        if (instance) {
            instance->address = simple->address;
            instance->port = simple->port;
        } else {
            instance = std::move(simple);
        }
    }
    instance->id = rest.empty() ? instance->endpoint().to_string() : std::string{rest};
    return instance;
}

std::optional<Instance> EtcdLayout::instance_of(
    const std::string& service, std::string_view key, std::string_view value
) const {
    if (!key.starts_with(prefix_)) return std::nullopt;
    std::string_view rest = key.substr(prefix_.size());
    if (keys_ != EtcdKeys::plain) {
        const std::string_view name = rest.substr(0, rest.find('/'));
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
        const bool is_it = keys_ == EtcdKeys::rpcx ? is_named(name, service) : name == service;
        if (!is_it) return std::nullopt;
    }
    std::optional<Instance> instance;
    if (keys_ == EtcdKeys::services) {
        instance = with_details(rest, value);
    } else if (keys_ == EtcdKeys::rpcx) {
        instance = of_rpcx(rest, value);
    } else {
        instance = keys_ == EtcdKeys::plain ? at_address(value, port_) : of_naming(value);
    }
    if (!instance) return std::nullopt;
    if (keys_ != EtcdKeys::services) instance->id = rest;
    instance->service = service;
    instance->addr.clear();
    instance->via = "etcd";
    if (!validate(*instance, kAnyLease)) return std::nullopt;
    return instance;
}

}  // namespace rollcall::registry
