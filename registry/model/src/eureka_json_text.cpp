// The part of eureka_json.h that writes.
#include "eureka_json.h"

#include <nlohmann/json.hpp>

namespace rollcall::registry {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson port_value(const EurekaPort& port) {
    return {{"$", port.number}, {"@enabled", port.enabled ? "true" : "false"}};
}

OrderedJson data_center_value(const EurekaInstance& instance) {
    OrderedJson value = {
        {"@class", instance.data_center_class}, {"name", instance.data_center_name}};
    if (!instance.data_center_metadata.empty()) value["metadata"] = instance.data_center_metadata;
    return value;
}

std::string dumped(const OrderedJson& value) {
    return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

void write_optional(OrderedJson& object, const char* name, const std::string& value) {
    if (!value.empty()) object[name] = value;
}

}  // namespace

std::string eureka_to_json(const EurekaInstance& instance) {
    OrderedJson object;
    object["instanceId"] = instance.instance_id;
    object["hostName"] = instance.host_name;
    object["app"] = instance.app;
    object["ipAddr"] = instance.ip_addr;
    object["status"] = name_of(instance.status);
    object["overriddenStatus"] = name_of(instance.overridden);
    object["port"] = port_value(instance.port);
    object["securePort"] = port_value(instance.secure_port);
    object["countryId"] = instance.country_id;
    object["dataCenterInfo"] = data_center_value(instance);
    const std::int64_t up_since =
        instance.status == EurekaStatus::up ? instance.times.registered : 0;
    object["leaseInfo"] = {
        {"renewalIntervalInSecs", instance.renewal_seconds},
        {"durationInSecs", instance.duration_seconds},
        {"registrationTimestamp", instance.times.registered},
        {"lastRenewalTimestamp", instance.times.renewed},
        {"evictionTimestamp", 0},
        {"serviceUpTimestamp", up_since}};
    object["metadata"] = instance.metadata;
    object["homePageUrl"] = instance.home_page_url;
    object["statusPageUrl"] = instance.status_page_url;
    object["healthCheckUrl"] = instance.health_check_url;
    write_optional(object, "secureHealthCheckUrl", instance.secure_health_check_url);
    object["vipAddress"] = instance.vip;
    object["secureVipAddress"] = instance.secure_vip;
    write_optional(object, "appGroupName", instance.app_group);
    write_optional(object, "asgName", instance.asg_name);
    object["isCoordinatingDiscoveryServer"] = "false";
    object["lastUpdatedTimestamp"] = std::to_string(instance.times.registered);
    object["lastDirtyTimestamp"] =
        std::to_string(instance.dirty.value_or(instance.times.registered));
    object["actionType"] = instance.action;
    return dumped(object);
}

std::string eureka_extras(const EurekaInstance& instance) {
    OrderedJson object = OrderedJson::object();
    // First: eureka_status() looks for it.
    if (instance.status == EurekaStatus::unknown) object["status"] = name_of(instance.status);
    for (const EurekaText& text : kEurekaTexts) {
        if (!text.is_native) write_optional(object, text.name, instance.*text.value);
    }
    object["port"] = port_value(instance.port);
    object["securePort"] = port_value(instance.secure_port);
    object["countryId"] = instance.country_id;
    object["dataCenterInfo"] = data_center_value(instance);
    object["leaseInfo"] = {
        {"renewalIntervalInSecs", instance.renewal_seconds},
        {"durationInSecs", instance.duration_seconds}};
    if (instance.dirty) object["lastDirtyTimestamp"] = *instance.dirty;
    return dumped(object);
}

}  // namespace rollcall::registry
