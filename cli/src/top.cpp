// What a server, or a whole service, is doing, by method, again and again.
#include <rollcall/base/log.h>
#include <rollcall/base/signals.h>

#include "commands.h"
#include "output.h"
#include "server_looks.h"
#include "top_table.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace rollcall::cli {
namespace {

using Looks = std::vector<ServerLook>;

// What can be compared. A server that was not there before has to be looked at twice; one that was
// started anew meanwhile counts from its start.
std::vector<StatsPair> pairs(const Looks& before, const Looks& now) {
    std::vector<StatsPair> pairs;
    for (const ServerLook& look : now) {
        if (!look.stats) continue;
        for (const ServerLook& old : before) {
            if (old.endpoint != look.endpoint || !old.stats) continue;
            const bool is_same = (*old.stats)["uptime_s"] <= (*look.stats)["uptime_s"];
            pairs.push_back({look.endpoint, is_same ? *old.stats : Json(), *look.stats});
        }
    }
    return pairs;
}

std::string status_of(const ServerLook& look) {
    return look.stats ? (*look.stats)["status"].get<std::string>() : "unreachable";
}

std::uint64_t connections(const Looks& looks) {
    std::uint64_t sum = 0;
    for (const ServerLook& look : looks)
        sum += look.stats ? (*look.stats)["connections"].get<std::uint64_t>() : 0;
    return sum;
}

std::string age_text(double age) {
    const auto seconds = static_cast<long>(age);
    const auto both = [](long a, const char* of_a, long b, const char* of_b) {
        return std::to_string(a) + of_a + std::to_string(b) + of_b;
    };
    if (seconds < 60) return std::to_string(seconds) + " s";
    if (seconds < 3600) return both(seconds / 60, " min ", seconds % 60, " s");
    if (seconds < 86'400) return both(seconds / 3600, " h ", seconds / 60 % 60, " min");
    return both(seconds / 86'400, " d ", seconds / 3600 % 24, " h");
}

std::string heading(const std::string& where, const Looks& looks) {
    std::string text = where + "  ";
    if (names_service(where)) {
        std::map<std::string, std::size_t> by_status;
        for (const ServerLook& look : looks)
            ++by_status[status_of(look)];
        text += std::to_string(looks.size()) + (looks.size() == 1 ? " instance:" : " instances:");
        const char* comma = " ";
        for (const auto& [status, number] : by_status)
            text += std::exchange(comma, ", ") + std::to_string(number) + " " + status;
    } else {
        text += status_of(looks.front()) + "  up " +
                age_text((*looks.front().stats)["uptime_s"].get<double>());
    }
    return text + "  connections " + std::to_string(connections(looks));
}

Json json_of(const std::string& where, const Looks& looks, Json rows) {
    Json line = Json::object();
    if (names_service(where)) {
        Json instances = Json::array();
        for (const ServerLook& look : looks) {
            Json instance = Json::object();
            instance["endpoint"] = look.endpoint;
            instance["status"] = status_of(look);
            if (look.stats) instance["connections"] = (*look.stats)["connections"];
            if (!look.stats) instance["error"] = error_json(look.stats.error());
            instances.push_back(std::move(instance));
        }
        line["instances"] = std::move(instances);
    } else {
        line["status"] = status_of(looks.front());
    }
    line["connections"] = connections(looks);
    line["methods"] = std::move(rows);
    return line;
}

ScreenSize screen() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return {};
    return {size.ws_row, size.ws_col};
}

enum class Draw { once, anew };

void show(
    const Looks& before, const Looks& now, const std::string& where, const Settings& s, Draw draw
) {
    Json rows =
        top_rows(pairs(before, now), s.by_instance ? TopRows::by_instance : TopRows::by_method);
    // A signal does not end the program in the middle of it.
    ::flockfile(stdout);
    if (s.json) {
        print_json(json_of(where, now, std::move(rows)));
    } else {
        // Over what is there, so that nothing flickers.
        const bool over = draw == Draw::anew;
        std::string text = over ? "\x1b[H" : "";
        for (const std::string& line :
             top_lines(heading(where, now), rows, over ? screen() : ScreenSize()))
            text += line + (over ? "\x1b[K\n" : "\n");
        if (over) text += "\x1b[J";
        std::fwrite(text.data(), 1, text.size(), stdout);
    }
    std::fflush(stdout);
    ::funlockfile(stdout);
}

// For ever, until a signal ends the program. A server that is away comes back.
[[noreturn]] void watch_top(
    const Looker& look, const std::string& where, const Settings& settings, Looks before
) {
    const Draw draw = settings.json ? Draw::once : Draw::anew;
    if (draw == Draw::anew) {
        std::setvbuf(stdout, nullptr, _IOFBF, std::size_t{1} << 16U);  // a screen is one write
        std::fputs("\x1b[2J", stdout);
    }
    bool is_away = false;
    for (;;) {
        std::this_thread::sleep_for(settings.duration);
        Result<Looks> now = look();
        if (!now) {
            if (!std::exchange(is_away, true))
                std::fprintf(
                    stderr, "rollcall: %s; trying again\n", printable(now.error().message()).c_str()
                );
            continue;
        }
        if (std::exchange(is_away, false)) std::fprintf(stderr, "rollcall: it is back\n");
        show(before, *now, where, settings, draw);
        before = *std::move(now);
    }
}

}  // namespace

int top(const CommandLine& line) {
    Settings settings = line.settings;
    const std::string& where = line.names[0];
    if (!settings.seconds_given) settings.duration = std::chrono::seconds{1};
    hold_signals();
    const auto look = open_looker(where, settings);
    if (!look) return misuse(look.error().message());
    const bool is_live = !settings.once && (settings.json || ::isatty(STDOUT_FILENO) != 0);
    // What is live ends like this; a table that was asked for and has not come is missing.
    std::thread{[is_live] {
        wait_for_signal();
        ::flockfile(stdout);
        std::fflush(stdout);
        std::_Exit(is_live ? kOk : kFailed);
    }}.detach();
    auto first = (*look)();
    if (!first) return fail(settings, first.error());
    if (is_live) watch_top(*look, where, settings, *std::move(first));
    std::this_thread::sleep_for(settings.duration);
    const auto second = (*look)();
    if (!second) return fail(settings, second.error());
    show(*first, *second, where, settings, Draw::once);
    return kOk;
}

}  // namespace rollcall::cli
