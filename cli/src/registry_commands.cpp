// The commands that ask the registry alone.
#include <rollcall/registry/admin.h>
#include <rollcall/registry/connect.h>
#include <rollcall/registry/instance_json.h>
#include <rollcall/registry/validation.h>

#include "commands.h"
#include "output.h"

#include <utility>

namespace rollcall::cli {
namespace {

using registry::Instance;
using registry::RegistryAdmin;
using registry::Status;

std::string shown_status(const Instance& instance) {
    std::string text{name_of(instance.effective_status())};
    if (instance.override_status) text += " (set)";
    if (instance.stale) text += " (stale)";
    return text;
}

Json instance_json(const Instance& instance) {
    return Json::parse(registry::to_json(instance));
}

int set_override(const CommandLine& line, std::optional<Status> status) {
    const Settings& settings = line.settings;
    RegistryAdmin admin{settings.registry, settings.access};
    const auto changed =
        admin.set_override(line.names[0], line.names[1], status, settings.deadline());
    if (!changed) return fail(settings, changed.error());
    if (settings.json) {
        print_json(instance_json(*changed));
    } else {
        print_line(changed->service + "/" + changed->id + " is " + shown_status(*changed));
    }
    return kOk;
}

}  // namespace

int services(const CommandLine& line) {
    const Settings& settings = line.settings;
    RegistryAdmin admin{settings.registry, settings.access};
    const auto found = admin.services(settings.deadline());
    if (!found) return fail(settings, found.error());
    if (settings.json) {
        Json list = Json::array();
        for (const auto& service : *found) {
            Json row = Json::object();
            row["name"] = service.name;
            row["up"] = service.up;
            row["total"] = service.total;
            list.push_back(std::move(row));
        }
        print_json(list);
        return kOk;
    }
    std::vector<std::vector<std::string>> rows{{"SERVICE", "UP", "TOTAL"}};
    for (const auto& service : *found)
        rows.push_back({service.name, std::to_string(service.up), std::to_string(service.total)});
    print_table(rows);
    return kOk;
}

int instances(const CommandLine& line) {
    const Settings& settings = line.settings;
    const auto connection = registry::connect(settings.registry, settings.access);
    if (!connection) return misuse(connection.error().message());
    const auto service = registry::normalized_service(line.names[0]);
    if (!service) return misuse(service.error().message());
    const auto read = connection->source->read({*service}, settings.deadline());
    if (!read) return fail(settings, read.error());
    const std::vector<Instance>& found = read->front().instances;
    if (settings.json) {
        Json list = Json::array();
        for (const Instance& instance : found)
            list.push_back(instance_json(instance));
        print_json(list);
        return kOk;
    }
    std::vector<std::vector<std::string>> rows{{"ID", "ENDPOINT", "STATUS", "VERSION", "ZONE"}};
    for (const Instance& instance : found) {
        rows.push_back(
            {instance.id,
             instance.endpoint().to_string(),
             shown_status(instance),
             instance.version,
             instance.zone}
        );
    }
    print_table(rows);
    return kOk;
}

int status(const CommandLine& line) {
    const Settings& settings = line.settings;
    RegistryAdmin admin{settings.registry, settings.access};
    const auto found = admin.status(settings.deadline());
    if (!found) return fail(settings, found.error());
    const Json json = Json::parse(*found);
    if (settings.json) {
        print_json(json);
        return kOk;
    }
    std::vector<std::vector<std::string>> rows{{"registry", settings.registry}};
    for (const auto& [key, value] : json.items())
        rows.push_back({key, value.is_string() ? value.get<std::string>() : write_json(value)});
    print_table(rows);
    return kOk;
}

int drain(const CommandLine& line) {
    return set_override(line, Status::draining);
}

int undrain(const CommandLine& line) {
    return set_override(line, std::nullopt);
}

int remove_instance(const CommandLine& line) {
    const Settings& settings = line.settings;
    RegistryAdmin admin{settings.registry, settings.access};
    const auto removed = admin.remove(line.names[0], line.names[1], settings.deadline());
    if (!removed) return fail(settings, removed.error());
    if (settings.json) {
        print_json(Json::object({{"removed", true}}));
    } else {
        print_line(line.names[0] + "/" + line.names[1] + " is no longer listed");
    }
    return kOk;
}

}  // namespace rollcall::cli
