#include <rollcall/base/log.h>
#include <rollcall/registry/instance_json.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

Error wrong_type(std::string_view field, std::string_view wanted, const Json& found) {
    std::string message = "field '";
    message += field;
    message += "' must be ";
    message += wanted;
    message += ", not ";
    message += found.type_name();
    return invalid(std::move(message));
}

Json parse(std::string_view text) {
    return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

// Each reader leaves its target alone if the field is absent.
Result<void> read_text(const Json& object, const char* field, std::string& target) {
    const auto found = object.find(field);
    if (found == object.end()) return {};
    if (!found->is_string()) return wrong_type(field, "a string", *found);
    target = found->get_ref<const std::string&>();
    return {};
}

Result<void> read_port(const Json& object, std::uint16_t& target) {
    const auto found = object.find("port");
    if (found == object.end()) return {};
    if (!found->is_number_integer()) return wrong_type("port", "a whole number", *found);
    const auto port = found->get<std::int64_t>();
    if (port < 1 || port > 65535) return invalid("field 'port' must be 1 to 65535");
    target = static_cast<std::uint16_t>(port);
    return {};
}

Result<void> read_weight(const Json& object, int& target) {
    const auto found = object.find("weight");
    if (found == object.end()) return {};
    if (!found->is_number_integer()) return wrong_type("weight", "a whole number", *found);
    const auto weight = found->get<std::int64_t>();
    if (weight < 0 || weight > std::numeric_limits<int>::max()) {
        return invalid("field 'weight' must not be negative, nor beyond 2147483647");
    }
    target = static_cast<int>(weight);
    return {};
}

Result<void> read_ttl(const Json& object, std::chrono::milliseconds& target) {
    const auto found = object.find("ttl");
    if (found == object.end()) return {};
    if (!found->is_number()) return wrong_type("ttl", "a number of seconds", *found);
    const double milliseconds = std::round(found->get<double>() * 1000);
    constexpr double kMost = 1e12;  // three decades; validate() has the real bound
    if (!(milliseconds >= 1 && milliseconds <= kMost)) {
        return invalid("field 'ttl' must be a number of seconds above zero");
    }
    target = std::chrono::milliseconds{static_cast<std::int64_t>(milliseconds)};
    return {};
}

Result<Status> read_status(const char* field, const Json& value) {
    if (!value.is_string()) return wrong_type(field, "a string", value);
    const auto& name = value.get_ref<const std::string&>();
    if (const auto status = status_from(name)) return *status;
    return invalid(
        "field '" + std::string{field} + "' is '" + printable(name, 40) +
        "'; it must be up, starting, draining or down"
    );
}

Result<void> read_statuses(const Json& object, Instance& instance) {
    if (const auto found = object.find("status"); found != object.end()) {
        const Result<Status> status = read_status("status", *found);
        if (!status) return status.error();
        instance.status = *status;
    }
    const auto found = object.find("override");
    if (found == object.end() || found->is_null()) return {};
    const Result<Status> status = read_status("override", *found);
    if (!status) return status.error();
    instance.override_status = *status;
    return {};
}

Result<void> read_tags(const Json& object, std::vector<std::string>& target) {
    const auto found = object.find("tags");
    if (found == object.end()) return {};
    if (!found->is_array()) return wrong_type("tags", "an array of strings", *found);
    for (const Json& tag : *found) {
        if (!tag.is_string()) return wrong_type("tags", "an array of strings", tag);
        target.push_back(tag.get_ref<const std::string&>());
    }
    return {};
}

Result<void> read_meta(const Json& object, std::map<std::string, std::string>& target) {
    const auto found = object.find("meta");
    if (found == object.end()) return {};
    if (!found->is_object()) return wrong_type("meta", "an object of strings", *found);
    for (const auto& [key, value] : found->items()) {
        if (!value.is_string()) {
            return wrong_type("meta." + printable(key, 80), "a string", value);
        }
        target.emplace(key, value.get_ref<const std::string&>());
    }
    return {};
}

Result<void> read_stale(const Json& object, bool& target) {
    const auto found = object.find("stale");
    if (found == object.end()) return {};
    if (!found->is_boolean()) return wrong_type("stale", "true or false", *found);
    target = found->get<bool>();
    return {};
}

Result<Instance> read_instance(const Json& object) {
    if (!object.is_object()) return invalid("an instance must be a JSON object");
    Instance instance;
    for (const auto& [field, target] :
         {std::pair<const char*, std::string*>{"service", &instance.service},
          {"id", &instance.id},
          {"address", &instance.address},
          {"scheme", &instance.scheme},
          {"version", &instance.version},
          {"zone", &instance.zone},
          {"incarnation", &instance.incarnation},
          {"addr", &instance.addr},
          {"via", &instance.via}}) {
        if (const Result<void> ok = read_text(object, field, *target); !ok) return ok.error();
    }
    for (const Result<void>& ok :
         {read_port(object, instance.port),
          read_weight(object, instance.weight),
          read_ttl(object, instance.ttl),
          read_statuses(object, instance),
          read_tags(object, instance.tags),
          read_meta(object, instance.meta),
          read_stale(object, instance.stale)}) {
        if (!ok) return ok.error();
    }
    return instance;
}

Result<InstanceList> read_list(const Json& object) {
    if (!object.is_object()) return invalid("the list is not a JSON object");
    InstanceList list;
    if (const Result<void> ok = read_text(object, "index", list.index); !ok) return ok.error();
    const auto found = object.find("instances");
    if (found == object.end() || !found->is_array()) {
        return invalid("the list has no array 'instances'");
    }
    list.instances.reserve(found->size());
    for (const Json& item : *found) {
        Result<Instance> instance = read_instance(item);
        if (!instance) {
            return invalid(
                "instance " + std::to_string(list.instances.size()) +
                " of the list: " + instance.error().message()
            );
        }
        list.instances.push_back(*std::move(instance));
    }
    return list;
}

nlohmann::ordered_json seconds(std::chrono::milliseconds value) {
    if (value.count() % 1000 == 0) return value.count() / 1000;
    return static_cast<double>(value.count()) / 1000;
}

}  // namespace

std::string to_json(const Instance& instance) {
    nlohmann::ordered_json object;  // in the order people read
    object["service"] = instance.service;
    object["id"] = instance.id;
    object["address"] = instance.address;
    // A Unix domain socket has none.
    if (instance.port != 0) object["port"] = instance.port;
    object["scheme"] = instance.scheme;
    object["version"] = instance.version;
    object["zone"] = instance.zone;
    object["weight"] = instance.weight;
    object["tags"] = instance.tags;
    object["meta"] = instance.meta;
    object["status"] = name_of(instance.status);
    object["override"] = nullptr;
    if (instance.override_status) object["override"] = name_of(*instance.override_status);
    if (instance.ttl.count() != 0) object["ttl"] = seconds(instance.ttl);
    object["incarnation"] = instance.incarnation;
    if (!instance.addr.empty()) object["addr"] = instance.addr;
    object["via"] = instance.via;
    object["stale"] = instance.stale;
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Instance> instance_from_json(std::string_view text) {
    const Json object = parse(text);
    if (object.is_discarded()) return invalid("the text is not JSON: " + printable(text, 80));
    return read_instance(object);
}

Result<InstanceList> instance_list_from_json(std::string_view text) {
    const Json object = parse(text);
    if (object.is_discarded()) return invalid("the list is not JSON: " + printable(text, 80));
    return read_list(object);
}

std::string to_json(const SavedList& saved) {
    nlohmann::ordered_json object;
    object["service"] = saved.service;
    object["saved"] = saved.saved;
    object["index"] = saved.list.index;
    // The texts of instances are JSON already; a line each, for people.
    std::string text = object.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.back() = ',';
    text += "\"instances\":[";
    for (std::size_t i = 0; i < saved.list.instances.size(); ++i)
        text += (i == 0 ? "\n" : ",\n") + to_json(saved.list.instances[i]);
    return text + "\n]}\n";
}

Result<SavedList> saved_list_from_json(std::string_view text) {
    const Json object = parse(text);
    if (!object.is_object()) return invalid("it is no JSON object; it may be torn");
    SavedList saved;
    if (const Result<void> ok = read_text(object, "service", saved.service); !ok) return ok.error();
    const auto when = object.find("saved");
    if (when == object.end() || !when->is_number_integer())
        return invalid("it does not say when it was saved");
    saved.saved = when->get<std::int64_t>();
    Result<InstanceList> list = read_list(object);
    if (!list) return list.error();
    saved.list = *std::move(list);
    return saved;
}

Result<std::map<std::string, InstanceList>> changed_lists_from_json(std::string_view text) {
    const Json object = parse(text);
    if (object.is_discarded()) return invalid("the answer is not JSON: " + printable(text, 80));
    const auto changed = object.find("changed");
    if (!object.is_object() || changed == object.end() || !changed->is_object())
        return invalid("the answer has no object 'changed'");
    std::map<std::string, InstanceList> lists;
    for (const auto& [service, value] : changed->items()) {
        Result<InstanceList> list = read_list(value);
        if (!list) return invalid("'" + printable(service, 80) + "': " + list.error().message());
        lists.emplace(service, *std::move(list));
    }
    return lists;
}

}  // namespace rollcall::registry
