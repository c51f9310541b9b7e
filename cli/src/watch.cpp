// What happens in the registry, line by line.
#include <rollcall/base/backoff.h>
#include <rollcall/base/log.h>
#include <rollcall/base/random.h>
#include <rollcall/registry/admin.h>

#include "commands.h"
#include "output.h"

#include <algorithm>
#include <cstdio>
#include <thread>

namespace rollcall::cli {
namespace {

using registry::RegistryAdmin;
using registry::RegistryEvent;
using registry::RegistryEvents;

constexpr Duration kWait = std::chrono::seconds{30};

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

bool is_wanted(const RegistryEvent& event, const std::vector<std::string>& services) {
    return services.empty() || std::any_of(services.begin(), services.end(), [&](const auto& each) {
               return lower(each) == event.service;
           });
}

void print_event(const RegistryEvent& event, bool json) {
    if (json) {
        Json row = Json::object();
        row["time"] = event.time;
        row["kind"] = event.kind;
        row["service"] = event.service;
        row["id"] = event.id;
        row["endpoint"] = event.endpoint;
        row["status"] = event.status;
        row["via"] = event.via;
        print_json(row);
    } else {
        const std::string name = printable(event.service + "/" + event.id, 320);
        std::string kind = event.kind;
        kind.resize(std::max<std::size_t>(kind.size(), 10), ' ');
        print_line(
            printable(event.time) + "  " + kind + "  " + name + "  " + printable(event.endpoint) +
            "  " + event.status
        );
    }
    std::fflush(stdout);  // whoever reads a pipe wants it now
}

}  // namespace

// Ends by a signal only: a registry that is away comes back. One that was never there is an error.
int watch(const CommandLine& line) {
    const Settings& settings = line.settings;
    RegistryAdmin admin{settings.registry, settings.access};
    Result<RegistryEvents> news = admin.events("", Duration{0}, settings.deadline());
    if (!news) return fail(settings, news.error());
    std::string index = news->index;
    std::fprintf(stderr, "rollcall: watching %s\n", settings.registry.c_str());
    bool is_away = false;
    Backoff pauses{{.min = std::chrono::milliseconds{200}, .max = std::chrono::seconds{5}}};
    for (;;) {
        news = admin.events(index, kWait, Deadline::in(2 * kWait + settings.timeout));
        if (!news) {
            if (!std::exchange(is_away, true))
                std::fprintf(
                    stderr, "rollcall: %s; trying again\n", news.error().message().c_str()
                );
            std::this_thread::sleep_for(pauses.next(random_unit()));
            continue;
        }
        if (std::exchange(is_away, false)) std::fprintf(stderr, "rollcall: it is back\n");
        pauses.reset();
        index = news->index;
        for (const RegistryEvent& event : news->events) {
            if (is_wanted(event, line.arguments)) print_event(event, settings.json);
        }
    }
}

}  // namespace rollcall::cli
