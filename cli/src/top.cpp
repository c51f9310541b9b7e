// What a server is doing, by method, again and again.
#include <rollcall/base/log.h>
#include <rollcall/base/signals.h>

#include "commands.h"
#include "output.h"
#include "target.h"
#include "top_table.h"

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>
#include <utility>

namespace rollcall::cli {
namespace {

Result<Json> look(Target& target, const Settings& settings) {
    const auto answer =
        target.call(rpc::invoke<codec::Raw>("$/stats").idempotent().within(settings.timeout));
    if (!answer) return answer.error();
    Json stats = from_message_pack(answer->bytes());
    if (!stats.is_object() || !stats.contains("methods") || !stats.contains("uptime_s"))
        return Error{Errc::invalid_result, "it has no counters to look at"};
    return stats;
}

void show(const Json& before, const Json& now, const std::string& where, bool json, bool redraw) {
    const Json rows = top_rows(before, now);
    if (json) {
        Json line = Json::object();
        line["status"] = now["status"];
        line["connections"] = now["connections"];
        line["methods"] = rows;
        print_json(line);
    } else {
        if (redraw) std::fputs("\x1b[H\x1b[2J", stdout);
        print_line(
            printable(where) + "  " + printable(now["status"].get<std::string>()) + "  up " +
            std::to_string(static_cast<long>(now["uptime_s"].get<double>())) + " s  connections " +
            write_json(now["connections"])
        );
        print_table(top_table(rows));
    }
    std::fflush(stdout);
}

// For ever, until a signal ends the program. A server that is away comes back.
void watch_top(Target& target, const std::string& where, const Settings& settings, Json before) {
    const bool redraw = ::isatty(STDOUT_FILENO) != 0 && !settings.json;
    bool is_away = false;
    for (;;) {
        std::this_thread::sleep_for(settings.duration);
        Result<Json> now = look(target, settings);
        if (!now) {
            if (!std::exchange(is_away, true))
                std::fprintf(
                    stderr, "rollcall: %s; trying again\n", printable(now.error().message()).c_str()
                );
            continue;
        }
        if (std::exchange(is_away, false)) std::fprintf(stderr, "rollcall: it is back\n");
        // Another process began to count anew.
        if ((*now)["uptime_s"] < before["uptime_s"]) before = nullptr;
        show(before, *now, where, settings.json, redraw);
        before = *std::move(now);
    }
}

}  // namespace

int top(const CommandLine& line) {
    Settings settings = line.settings;
    const std::string& where = line.names[0];
    if (where.find(':') == std::string::npos) {
        return misuse(
            "top looks at one server, host:port or unix:/path; 'rollcall instances " + where +
            "' lists those of a service"
        );
    }
    if (!settings.seconds_given) settings.duration = std::chrono::seconds{1};
    hold_signals();
    const auto target = open_target(where, settings);
    if (!target) return misuse(target.error().message());
    auto first = look(**target, settings);
    if (!first) return fail(settings, first.error());
    const bool is_live = settings.json || ::isatty(STDOUT_FILENO) != 0;
    if (settings.once || !is_live) {
        std::this_thread::sleep_for(settings.duration);
        const auto second = look(**target, settings);
        if (!second) return fail(settings, second.error());
        show(*first, *second, where, settings.json, false);
        return kOk;
    }
    std::thread{[] {
        wait_for_signal();
        std::fflush(stdout);
        std::_Exit(kOk);
    }}.detach();
    watch_top(**target, where, settings, *std::move(first));
    return kOk;
}

}  // namespace rollcall::cli
