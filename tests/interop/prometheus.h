#pragma once
// A real Prometheus that finds its targets in a registry.

#include "peers.h"
#include "registry/center_curl.h"
#include "support/eventually.h"
#include "support/temporary_directory.h"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rollcall::tests {

// On a port that it chose itself. Its jobs are "eureka" and "http_sd", each with the targets that
// it finds in that way.
class Prometheus {
public:
    explicit Prometheus(const std::string& registry_url)
        : process_(command(folder_.path(), registry_url)) {
        const bool listens = eventually([this] {
            endpoint_ = listening();
            return endpoint_.has_value() || !process_.running();
        });
        if (!listens || !endpoint_) {
            throw std::runtime_error{"prometheus does not serve; it wrote: " + process_.errors()};
        }
    }

    // What it knows of each target of a job before it relabels, by address.
    [[nodiscard]] std::map<std::string, nlohmann::json> targets(const std::string& job) const {
        const auto answer = registry::tests::curl(
            "'http://" + endpoint_->to_string() + "/api/v1/targets?state=active'"
        );
        if (answer.status != 200) return {};  // it is still starting
        std::map<std::string, nlohmann::json> targets;
        const auto read = nlohmann::json::parse(answer.body);
        for (const auto& target : read["data"]["activeTargets"]) {
            const auto& labels = target["discoveredLabels"];
            if (labels["job"] == job) targets[labels["__address__"]] = labels;
        }
        return targets;
    }

private:
    static std::vector<std::string> command(
        const std::string& folder, const std::string& registry_url
    ) {
        const std::string servers =
            "scrape_configs:\n"
            "  - job_name: eureka\n"
            "    scrape_interval: 1h\n"
            "    eureka_sd_configs:\n"
            "      - server: " +
            registry_url +
            "/eureka\n        refresh_interval: 200ms\n"
            "  - job_name: http_sd\n"
            "    scrape_interval: 1h\n"
            "    http_sd_configs:\n"
            "      - url: " +
            registry_url + "/v1/prometheus\n        refresh_interval: 200ms\n";
        return prometheus_command(folder, servers);
    }

    [[nodiscard]] std::optional<Endpoint> listening() const {
        const auto address = prometheus_address(process_.errors());
        if (!address) return std::nullopt;
        return Endpoint::parse(*address).value();
    }

    TemporaryDirectory folder_;
    Process process_;
    std::optional<Endpoint> endpoint_;
};

}  // namespace rollcall::tests
