#pragma once
// Foreign programs that look at an admin listener all the time: curl, Prometheus, Chromium. Each
// can be held, so that it takes nothing of the machine, and let go on.

#include "interop/peers.h"
#include "registry/center_curl.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/temporary_directory.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace rollcall::tests {

// What follows `mark` in a text, until the next white space; nothing if that has not come.
[[nodiscard]] inline std::optional<std::string> word_after(
    const std::string& text, const std::string& mark
) {
    const auto at = text.find(mark);
    if (at == std::string::npos) return std::nullopt;
    const auto end = text.find_first_of(" \r\n", at + mark.size());
    if (end == std::string::npos) return std::nullopt;
    return text.substr(at + mark.size(), end - at - mark.size());
}

// Whether a process has been stopped by a signal.
[[nodiscard]] inline bool is_held(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string line;
    std::getline(file, line);
    return line.find(") T ") != std::string::npos;
}

// One such program.
class Looker {
public:
    explicit Looker(std::vector<std::string> command)
        : process_(std::make_unique<Process>(in_own_group(std::move(command)))) {
        const pid_t pid = process_->pid();
        if (!eventually([pid] { return ::getpgid(pid) == pid; }))
            throw std::runtime_error{"setsid does not begin"};
    }

    virtual ~Looker() { ::kill(-process_->pid(), SIGKILL); }

    Looker(const Looker&) = delete;
    Looker& operator=(const Looker&) = delete;

    // Returns when it does nothing any more. Not while it may be starting a program: who waits for
    // a child that is held is not held itself.
    void hold() const {
        ::kill(-process_->pid(), SIGSTOP);
        if (!eventually([&] { return is_held(process_->pid()); }))
            throw std::runtime_error{"it cannot be held: " + process_->errors()};
    }

    void go_on() const { ::kill(-process_->pid(), SIGCONT); }

protected:
    [[nodiscard]] Process& process() const { return *process_; }

private:
    // With its children, which a browser has.
    static std::vector<std::string> in_own_group(std::vector<std::string> command) {
        command.insert(command.begin(), "/usr/bin/setsid");
        return command;
    }

    std::unique_ptr<Process> process_;
};

// One curl that asks for /metrics, the page and the counters in turn, fifty times a second.
class CurlLoop final : public Looker {
public:
    explicit CurlLoop(const std::string& url)
        : Looker(
              {"/usr/bin/curl",
               "-sSf",
               "--rate",
               "50/s",
               "-o",
               "/dev/null",
               "-w",
               "%{stderr}%{http_code}\n",
               url + "/{metrics,,v1/stats,v1/connections}?[1-1000000]"}
          ) {}

    // How many answers it has had.
    [[nodiscard]] std::size_t looks() const {
        const std::string codes = process().errors();
        std::size_t number = 0;
        for (auto at = codes.find("200\n"); at != std::string::npos;
             at = codes.find("200\n", at + 1))
            ++number;
        return number;
    }

    // Until it has looked again.
    void go_on_looking() const {
        const std::size_t before = looks();
        go_on();
        if (!eventually([&] { return looks() > before; }))
            throw std::runtime_error{"curl does not look: " + process().errors()};
    }
};

// Scrapes the one target given, ten times a second.
class Scraper final : public Looker {
public:
    explicit Scraper(const std::string& target)
        : Scraper(target, std::make_unique<TemporaryDirectory>()) {}

    // The value that a query has, if it has one.
    [[nodiscard]] std::optional<double> value(const std::string& query) const {
        const auto answer = registry::tests::curl(
            "-G --data-urlencode 'query=" + query + "' http://" + endpoint_ + "/api/v1/query"
        );
        if (answer.status != 200) return std::nullopt;  // it is still starting
        const auto result = nlohmann::json::parse(answer.body)["data"]["result"];
        if (result.empty()) return std::nullopt;
        return std::stod(result[0]["value"][1].get<std::string>());
    }

    // How many scrapes there were that succeeded.
    [[nodiscard]] std::size_t looks() const {
        return static_cast<std::size_t>(value("sum_over_time(up[10m])").value_or(0));
    }

private:
    Scraper(const std::string& target, std::unique_ptr<TemporaryDirectory> folder)
        : Looker(command(folder->path(), target)), folder_(std::move(folder)) {
        const bool serves = eventually([this] {
            const auto found = prometheus_address(process().errors());
            endpoint_ = found.value_or("");
            return found.has_value() || !process().running();
        });
        if (!serves || endpoint_.empty())
            throw std::runtime_error{"prometheus does not serve: " + process().errors()};
    }

    static std::vector<std::string> command(const std::string& folder, const std::string& target) {
        const std::string scrapes =
            "scrape_configs:\n"
            "  - job_name: rollcall\n"
            "    scrape_interval: 100ms\n"
            "    scrape_timeout: 100ms\n"
            "    static_configs:\n"
            "      - targets: [\"" +
            target + "\"]\n";
        return prometheus_command(folder, scrapes);
    }

    std::unique_ptr<TemporaryDirectory> folder_;
    std::string endpoint_;
};

// Chromium with the page open, which asks every second.
class Browser final : public Looker {
public:
    explicit Browser(const std::string& url)
        : Browser(url, std::make_unique<TemporaryDirectory>()) {}

    // Whether the page shows what the server has said.
    [[nodiscard]] bool shows(const std::string& title) const {
        const auto debugged = word_after(process().errors(), "DevTools listening on ws://");
        if (!debugged) return false;
        const std::string place = debugged->substr(0, debugged->find('/'));
        return registry::tests::curl("http://" + place + "/json").body.find(title) !=
               std::string::npos;
    }

private:
    Browser(const std::string& url, std::unique_ptr<TemporaryDirectory> folder)
        : Looker(
              {"/usr/bin/chromium",
               "--headless",
               "--no-sandbox",
               "--disable-gpu",
               "--disable-quic",
               "--disable-dev-shm-usage",
               "--no-first-run",
               "--disable-background-networking",
               "--disable-component-update",
               "--disable-sync",
               "--remote-debugging-port=0",
               "--user-data-dir=" + folder->path(),
               url}
          ),
          folder_(std::move(folder)) {}

    std::unique_ptr<TemporaryDirectory> folder_;
};

}  // namespace rollcall::tests
