#include "eureka_xml.h"

#include "eureka_json.h"
#include "eureka_xml_name.h"

#include <nlohmann/json.hpp>

#include <pugixml.hpp>
#include <string_view>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

// What is between the tags of a scalar, without the white space of indented documents.
std::string text_of(pugi::xml_node node) {
    const std::string_view text = node.text().get();
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return std::string{text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1)};
}

Json port_of(pugi::xml_node node) {
    Json port = {{"$", text_of(node)}};
    if (const auto enabled = node.attribute("enabled")) port["@enabled"] = enabled.value();
    return port;
}

Json scalars_of(pugi::xml_node node) {
    Json object = Json::object();
    for (const pugi::xml_node child : node.children()) {
        if (child.type() == pugi::node_element) object[child.name()] = text_of(child);
    }
    return object;
}

// Names are keys of the user here, texts are the user's own to the last space.
Json map_of(pugi::xml_node node) {
    Json object = Json::object();
    for (const pugi::xml_node child : node.children()) {
        if (child.type() == pugi::node_element) {
            object[key_of_xml_name(child.name())] = child.text().get();
        }
    }
    return object;
}

Json data_center_of(pugi::xml_node node) {
    Json object = Json::object();
    if (const auto name = node.child("name")) object["name"] = text_of(name);
    if (const auto type = node.attribute("class")) object["@class"] = type.value();
    if (const auto metadata = node.child("metadata")) object["metadata"] = map_of(metadata);
    return object;
}

// The same in the shape of Eureka's JSON, so that what is tolerated is written down once.
Json value_of(pugi::xml_node instance) {
    Json object = Json::object();
    for (const pugi::xml_node child : instance.children()) {
        if (child.type() != pugi::node_element) continue;
        const std::string name = child.name();
        if (name == "port" || name == "securePort") {
            object[name] = port_of(child);
        } else if (name == "dataCenterInfo") {
            object[name] = data_center_of(child);
        } else if (name == "metadata") {
            object[name] = map_of(child);
        } else {
            object[name] = name == "leaseInfo" ? scalars_of(child) : Json(text_of(child));
        }
    }
    return object;
}

void add(pugi::xml_node parent, const char* name, const std::string& text) {
    parent.append_child(name).text().set(xml_text(text).c_str());
}

void add(pugi::xml_node parent, const char* name, std::int64_t number) {
    add(parent, name, std::to_string(number));
}

void add(pugi::xml_node parent, const char* name, std::string_view text) {
    add(parent, name, std::string{text});
}

void add_optional(pugi::xml_node parent, const char* name, const std::string& text) {
    if (!text.empty()) add(parent, name, text);
}

void add_port(pugi::xml_node parent, const char* name, const EurekaPort& port) {
    pugi::xml_node node = parent.append_child(name);
    node.append_attribute("enabled").set_value(port.enabled);
    node.text().set(std::to_string(port.number).c_str());
}

void add_map(pugi::xml_node parent, const std::map<std::string, std::string>& map) {
    pugi::xml_node node = parent.append_child("metadata");
    for (const auto& [key, value] : map)
        add(node, xml_name(key).c_str(), value);
}

void add_data_center(pugi::xml_node parent, const EurekaInstance& instance) {
    pugi::xml_node node = parent.append_child("dataCenterInfo");
    node.append_attribute("class").set_value(xml_text(instance.data_center_class).c_str());
    add(node, "name", instance.data_center_name);
    if (!instance.data_center_metadata.empty()) add_map(node, instance.data_center_metadata);
}

void add_lease(pugi::xml_node parent, const EurekaInstance& instance) {
    pugi::xml_node node = parent.append_child("leaseInfo");
    add(node, "renewalIntervalInSecs", instance.renewal_seconds);
    add(node, "durationInSecs", instance.duration_seconds);
    add(node, "registrationTimestamp", instance.times.registered);
    add(node, "lastRenewalTimestamp", instance.times.renewed);
    add(node, "evictionTimestamp", std::int64_t{0});
    add(node,
        "serviceUpTimestamp",
        instance.status == EurekaStatus::up ? instance.times.registered : 0);
}

void add_instance(pugi::xml_node node, const EurekaInstance& instance) {
    add(node, "instanceId", instance.instance_id);
    add(node, "hostName", instance.host_name);
    add(node, "app", instance.app);
    add(node, "ipAddr", instance.ip_addr);
    add(node, "status", name_of(instance.status));
    add(node, "overriddenstatus", name_of(instance.overridden));
    add_port(node, "port", instance.port);
    add_port(node, "securePort", instance.secure_port);
    add(node, "countryId", instance.country_id);
    add_data_center(node, instance);
    add_lease(node, instance);
    add_map(node, instance.metadata);
    add(node, "homePageUrl", instance.home_page_url);
    add(node, "statusPageUrl", instance.status_page_url);
    add(node, "healthCheckUrl", instance.health_check_url);
    add_optional(node, "secureHealthCheckUrl", instance.secure_health_check_url);
    add(node, "vipAddress", instance.vip);
    add(node, "secureVipAddress", instance.secure_vip);
    add_optional(node, "appGroupName", instance.app_group);
    add_optional(node, "asgName", instance.asg_name);
    add(node, "isCoordinatingDiscoveryServer", std::string_view{"false"});
    add(node, "lastUpdatedTimestamp", instance.times.registered);
    add(node, "lastDirtyTimestamp", instance.dirty.value_or(instance.times.registered));
    add(node, "actionType", instance.action);
}

class Appender : public pugi::xml_writer {
public:
    void write(const void* data, std::size_t size) override {
        text.append(static_cast<const char*>(data), size);
    }

    std::string text;
};

}  // namespace

Result<EurekaInstance> eureka_from_xml(const std::string& text) {
    pugi::xml_document document;
    // The parser and the destructor are loops, so depth costs nothing but memory.
    const pugi::xml_parse_result parsed =
        document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) {
        return Error{
            Errc::invalid_argument,
            std::string{"the body is not XML: "} + parsed.description() + ", at byte " +
                std::to_string(parsed.offset)};
    }
    const pugi::xml_node root = document.document_element();
    const std::string_view name = root.name();
    if (name != "instance" && name != "Instance") {
        return Error{Errc::invalid_argument, "the body must be an XML element <instance>"};
    }
    return eureka_from_value(value_of(root));
}

std::string eureka_to_xml(const EurekaInstance& instance) {
    pugi::xml_document document;
    add_instance(document.append_child("instance"), instance);
    Appender out;
    document.save(out, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
    return std::move(out.text);
}

}  // namespace rollcall::registry
