#pragma once
// An instance as Eureka's clients know it, and its translation from and to the native one.

#include <rollcall/base/result.h>
#include <rollcall/registry/instance.h>
#include <rollcall/registry/validation.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::registry {

// In the order of their names, which is that of the hash code.
enum class EurekaStatus { down, out_of_service, starting, unknown, up };
inline constexpr std::size_t kEurekaStatuses = 5;

[[nodiscard]] std::string_view name_of(EurekaStatus status) noexcept;
[[nodiscard]] std::optional<EurekaStatus> eureka_status_from(std::string_view name) noexcept;

struct EurekaPort {
    std::int64_t number = 0;
    bool enabled = true;
};

// Wall clock, in milliseconds; for display only.
struct EurekaTimes {
    std::int64_t registered = 0;
    std::int64_t renewed = 0;
};

// A value. What a registration does not give stays empty or 0; complete() fills it in.
struct EurekaInstance {
    std::string instance_id;
    std::string host_name;
    std::string app;  // upper case
    std::string ip_addr;
    EurekaStatus status = EurekaStatus::up;
    EurekaStatus overridden = EurekaStatus::unknown;  // unknown: there is none
    EurekaPort port;
    EurekaPort secure_port{443, false};
    std::int64_t country_id = 1;
    bool has_data_center = false;
    std::string data_center_class;
    std::string data_center_name;
    std::map<std::string, std::string> data_center_metadata;
    std::int64_t renewal_seconds = 0;
    std::int64_t duration_seconds = 0;
    std::map<std::string, std::string> metadata;
    std::string home_page_url;
    std::string status_page_url;
    std::string health_check_url;
    std::string secure_health_check_url;
    std::string vip;
    std::string secure_vip;
    std::string app_group;
    std::string asg_name;
    std::optional<std::int64_t> dirty;  // the client's lastDirtyTimestamp, milliseconds
    EurekaTimes times;                  // not of registrations
    std::string action = "ADDED";
};

// A member that is a text, by its name in JSON and XML.
struct EurekaText {
    const char* name;
    std::string EurekaInstance::*value;
    bool is_native;  // an instance of the store has a field for it
};

inline constexpr std::array<EurekaText, 12> kEurekaTexts{{
    {"instanceId", &EurekaInstance::instance_id, true},
    {"hostName", &EurekaInstance::host_name, false},
    {"app", &EurekaInstance::app, true},
    {"ipAddr", &EurekaInstance::ip_addr, false},
    {"homePageUrl", &EurekaInstance::home_page_url, false},
    {"statusPageUrl", &EurekaInstance::status_page_url, false},
    {"healthCheckUrl", &EurekaInstance::health_check_url, false},
    {"secureHealthCheckUrl", &EurekaInstance::secure_health_check_url, false},
    {"vipAddress", &EurekaInstance::vip, false},
    {"secureVipAddress", &EurekaInstance::secure_vip, false},
    {"appGroupName", &EurekaInstance::app_group, false},
    {"asgName", &EurekaInstance::asg_name, false},
}};

// The name of a service as an application's.
[[nodiscard]] std::string app_name(std::string_view service);

// Fills in what a registration may leave out; an invalid_argument error names what it may not.
[[nodiscard]] Result<EurekaInstance> complete(EurekaInstance instance);

// A complete one as the store keeps it; `limits` bound the lease, not what is echoed. Not yet
// validated. An error names the address or port that nobody could dial.
[[nodiscard]] Result<Instance> native_instance(
    const EurekaInstance& from, const InstanceLimits& limits
);

// Any instance of the store, whatever face it came in by.
[[nodiscard]] EurekaInstance eureka_instance(const Instance& from, const EurekaTimes& times);

// The status that Eureka's clients see: the effective one, or UNKNOWN.
[[nodiscard]] EurekaStatus eureka_status(const Instance& instance);

// Sets the status that an Eureka client gives an instance: UNKNOWN too, which native ones lack.
void set_eureka_status(Instance& instance, EurekaStatus status);
[[nodiscard]] Status native_status(EurekaStatus status) noexcept;

}  // namespace rollcall::registry
