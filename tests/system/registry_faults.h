#pragma once
// A registry as a process of its own, for tests of what happens to it.

#include <rollcall/http/client.h>
#include <rollcall/registry/admin.h>

#include "support/process.h"
#include "support/programs.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace rollcall::tests {

// A rollcall-registry that can be killed and started again at the same place.
class RegistryFaults : public testing::Test {
protected:
    static constexpr const char* kService = "fleet";
    static constexpr Duration kPatience = std::chrono::seconds{20};

    // Starts it where it was before, or at a free port.
    void start(const std::vector<std::string>& options) {
        std::vector<std::string> command = under_;
        for (const char* word : {"--listen", listen_.c_str(), "--log-level", "error"})
            command.emplace_back(word);
        command.insert(command.end(), options.begin(), options.end());
        process_ = std::make_unique<Process>(std::move(command), environment_);
        url_ = last_word(process_->wait_line("listening on"));
        listen_ = url_.substr(url_.rfind('/') + 1);
        client_ = std::make_unique<http::Client>(*http::Url::parse(url_));
        admin_ = std::make_unique<registry::RegistryAdmin>(url_);
    }

    int request(const std::string& method, const std::string& path, const std::string& body = "") {
        const auto answer = client_->request(method, path, {}, body, Deadline::in(kPatience));
        return answer ? answer->status() : 0;
    }

    static std::string id(int number) { return "10.0.0.7:" + std::to_string(10'000 + number); }

    static std::string path(int number) {
        return std::string{"/v1/services/"} + kService + "/instances/" + id(number);
    }

    void list(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string port = std::to_string(10'000 + i);
            ASSERT_EQ(
                request("PUT", path(i), R"({"address":"10.0.0.7","port":)" + port + "}"), 201
            );
        }
    }

    // One request for all of them, as a registrar does it.
    static std::string beats(int from, int to) {
        std::string body = R"({"instances":[)";
        for (int i = from; i < to; ++i) {
            if (i != from) body += ',';
            body += std::string{R"({"service":")"} + kService + R"(","id":")" + id(i) + R"("})";
        }
        return body + "]}";
    }

    [[nodiscard]] Endpoint endpoint() const { return Endpoint::parse(listen_).value(); }

    // What GET answers, empty if it is not 200.
    std::string body(const std::string& path, const http::HeaderList& headers = {}) {
        const auto answer = client_->request("GET", path, headers, "", Deadline::in(kPatience));
        return answer && answer->status() == 200 ? answer->body() : std::string{};
    }

    // Of the sample of GET /metrics whose line begins with `name`, labels included; -1: none.
    double metric(const std::string& name) {
        const std::string all = "\n" + body("/metrics");
        const auto at = all.find("\n" + name + " ");
        return at == std::string::npos ? -1 : std::stod(all.substr(at + name.size() + 2));
    }

    std::vector<registry::Instance> listed() {
        const auto instances = admin_->instances(kService, Deadline::in(kPatience));
        return instances ? *instances : std::vector<registry::Instance>{};
    }

    std::size_t held() {
        std::size_t count = 0;
        for (const auto& instance : listed())
            count += instance.stale ? 1 : 0;
        return count;
    }

    // A number of GET /v1/status, by its name.
    long status(const std::string& name) {
        const std::string text = admin_->status(Deadline::in(kPatience)).value();
        const auto at = text.find('"' + name + "\":");
        return at == std::string::npos ? -1 : std::stol(text.substr(at + name.size() + 3));
    }

    // The program, and what it is run by.
    std::vector<std::string> under_{program("rollcall-registry")};
    std::vector<std::string> environment_;
    std::string listen_ = "127.0.0.1:0";
    std::string url_;
    std::unique_ptr<Process> process_;
    std::unique_ptr<http::Client> client_;
    std::unique_ptr<registry::RegistryAdmin> admin_;
};

}  // namespace rollcall::tests
