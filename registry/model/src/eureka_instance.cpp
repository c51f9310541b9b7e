#include "eureka_instance.h"

#include <rollcall/base/log.h>

#include "eureka_json.h"
#include "eureka_marks.h"

#include <algorithm>
#include <array>

namespace rollcall::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, kEurekaStatuses> kNames{
    "DOWN", "OUT_OF_SERVICE", "STARTING", "UNKNOWN", "UP"};
// Eureka's own defaults.
constexpr std::int64_t kDurationSeconds = 90;
constexpr std::int64_t kRenewalSeconds = 30;

// What UNKNOWN is natively: not to be called, as far as anybody knows, but an override wins.
constexpr Status kUnknown = Status::draining;

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

EurekaStatus to_eureka(Status status) {
    switch (status) {
        case Status::up:
            return EurekaStatus::up;
        case Status::starting:
            return EurekaStatus::starting;
        case Status::draining:
            return EurekaStatus::out_of_service;
        case Status::down:
            break;
    }
    return EurekaStatus::down;
}

// The host in what clients give for an address: "10.0.0.7", "http://10.0.0.7:80/x", "[::1]".
std::string host_of(std::string_view text) {
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
        text.remove_prefix(scheme + 3);
    }
    text = text.substr(0, text.find('/'));
    const std::string bare{text};
    for (const std::string& candidate : {bare, bare + ":1", "[" + bare + "]:1"}) {
        const Result<Endpoint> endpoint = Endpoint::parse(candidate);
        if (endpoint && !endpoint->is_wildcard()) return endpoint->host();
    }
    return {};
}

std::string_view class_of(std::string_view data_center) {
    return data_center == "Amazon" ? "com.netflix.appinfo.AmazonInfo"
                                   : "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo";
}

// What Eureka's own clients register; anything else is marked as what it is.
bool is_web_application(const Instance& instance) {
    return !instance.eureka.empty() && (instance.scheme == "http" || instance.scheme == "https");
}

Result<void> check_text(std::string_view field, const std::string& value) {
    if (is_clean_text(value)) return {};
    return invalid(
        std::string{field} + " '" + printable(value, 80) +
        "' holds control characters or is not UTF-8; neither is allowed"
    );
}

// Those that the store does not check.
Result<void> check_texts(const EurekaInstance& instance) {
    for (const EurekaText& text : kEurekaTexts) {
        if (text.is_native) continue;
        if (auto ok = check_text(text.name, instance.*text.value); !ok) return ok;
    }
    if (auto ok = check_text("dataCenterInfo.@class", instance.data_center_class); !ok) return ok;
    if (auto ok = check_text("dataCenterInfo.name", instance.data_center_name); !ok) return ok;
    for (const auto& [key, value] : instance.data_center_metadata) {
        if (is_clean_text(key) && is_clean_text(value)) continue;
        return invalid(
            "dataCenterInfo.metadata '" + printable(key, 80) +
            "' holds control characters or is not UTF-8; neither is allowed"
        );
    }
    return {};
}

Result<void> complete_data_center(EurekaInstance& instance) {
    if (instance.has_data_center && instance.data_center_name.empty()) {
        return invalid("dataCenterInfo.name is missing; it is MyOwn outside of Amazon");
    }
    instance.has_data_center = true;
    if (instance.data_center_name.empty()) instance.data_center_name = "MyOwn";
    if (instance.data_center_class.empty()) {
        instance.data_center_class = class_of(instance.data_center_name);
    }
    return {};
}

}  // namespace

std::string_view name_of(EurekaStatus status) noexcept {
    return kNames[static_cast<std::size_t>(status)];
}

std::string app_name(std::string_view service) {
    std::string name{service};
    for (char& c : name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

std::optional<EurekaStatus> eureka_status_from(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == name) return static_cast<EurekaStatus>(i);
    }
    return std::nullopt;
}

Status native_status(EurekaStatus status) noexcept {
    switch (status) {
        case EurekaStatus::up:
            return Status::up;
        case EurekaStatus::starting:
            return Status::starting;
        case EurekaStatus::out_of_service:
            return Status::draining;
        case EurekaStatus::unknown:
            return kUnknown;
        case EurekaStatus::down:
            break;
    }
    return Status::down;
}

Result<EurekaInstance> complete(EurekaInstance instance) {
    if (const Result<void> ok = check_texts(instance); !ok) return ok.error();
    if (instance.app.empty()) return invalid("app is missing; it names the service");
    if (instance.ip_addr.empty()) {
        return invalid("ipAddr is missing; give the IP address or host name that clients dial");
    }
    if (const Result<void> ok = complete_data_center(instance); !ok) return ok.error();
    instance.app = app_name(instance.app);
    if (instance.host_name.empty()) instance.host_name = host_of(instance.ip_addr);
    if (instance.host_name.empty()) instance.host_name = instance.ip_addr;
    if (instance.instance_id.empty()) {
        const auto amazon = instance.data_center_metadata.find("instance-id");
        instance.instance_id =
            amazon != instance.data_center_metadata.end() ? amazon->second : instance.host_name;
    }
    if (instance.duration_seconds == 0) instance.duration_seconds = kDurationSeconds;
    if (instance.renewal_seconds == 0) instance.renewal_seconds = kRenewalSeconds;
    return instance;
}

Result<Instance> native_instance(const EurekaInstance& from, const InstanceLimits& limits) {
    Result<std::string> service = normalized_service(from.app);
    if (!service) return service.error();
    Instance instance;
    instance.service = *std::move(service);
    instance.id = from.instance_id;
    instance.address = host_of(from.ip_addr);
    if (instance.address.empty()) instance.address = host_of(from.host_name);
    if (instance.address.empty()) {
        return invalid(
            "ipAddr '" + printable(from.ip_addr, 80) + "' is no address that clients can dial"
        );
    }
    const bool is_secure = from.secure_port.enabled && from.secure_port.number != 0 &&
                           (from.port.number == 0 || !from.port.enabled);
    const std::int64_t port = is_secure ? from.secure_port.number : from.port.number;
    if (port == 0) return invalid("port is missing; it must be 1 to 65535");
    instance.port = static_cast<std::uint16_t>(port);
    instance.scheme = is_secure ? "https" : "http";
    instance.meta = from.metadata;
    if (const auto zone = from.metadata.find("zone");
        zone != from.metadata.end() && zone->second.size() <= kMaxLabelBytes) {
        instance.zone = zone->second;
    }
    const milliseconds asked = seconds{from.duration_seconds};
    instance.ttl = std::clamp(asked, limits.ttl_min, limits.ttl_max);
    instance.eureka = eureka_extras(from);
    instance.via = "eureka";
    if (from.overridden != EurekaStatus::unknown) {
        instance.override_status = native_status(from.overridden);
    }
    set_eureka_status(instance, from.status);
    take_marks(instance);
    return instance;
}

EurekaInstance eureka_instance(const Instance& from, const EurekaTimes& times) {
    EurekaInstance instance;
    if (!from.eureka.empty()) {
        if (Result<EurekaInstance> read = eureka_from_json(from.eureka)) {
            instance = *std::move(read);
        }
    } else {
        const bool is_secure = from.scheme == "https";
        (is_secure ? instance.secure_port : instance.port) = {from.port, true};
        // What nobody can dial over TCP has no port that is open.
        if (is_secure || from.port == 0) instance.port.enabled = false;
        instance.host_name = from.address;
        instance.ip_addr = from.address;
        instance.vip = from.service;
        instance.secure_vip = from.service;
        instance.duration_seconds = std::chrono::ceil<seconds>(from.ttl).count();
        instance.renewal_seconds = std::max<std::int64_t>(instance.duration_seconds / 3, 1);
        instance.dirty = times.registered;
        instance.data_center_name = "MyOwn";
        instance.data_center_class = class_of("MyOwn");
    }
    instance.instance_id = from.id;
    instance.app = app_name(from.service);
    instance.metadata = from.meta;
    if (is_web_application(from)) {
        if (!from.zone.empty()) instance.metadata.emplace("zone", from.zone);
    } else {
        add_marks(instance.metadata, from);
    }
    instance.status = eureka_status(from);
    instance.overridden =
        from.override_status ? to_eureka(*from.override_status) : EurekaStatus::unknown;
    instance.times = times;
    return instance;
}

EurekaStatus eureka_status(const Instance& instance) {
    // Written by us, as the first member if at all.
    const bool is_unknown = !instance.override_status && instance.status == kUnknown &&
                            instance.eureka.starts_with(R"({"status":"UNKNOWN")");
    return is_unknown ? EurekaStatus::unknown : to_eureka(instance.effective_status());
}

void set_eureka_status(Instance& instance, EurekaStatus status) {
    instance.status = native_status(status);
    if (instance.eureka.empty()) return;
    Result<EurekaInstance> extras = eureka_from_json(instance.eureka);
    if (!extras) return;
    extras->status = status;
    instance.eureka = eureka_extras(*extras);
}

}  // namespace rollcall::registry
