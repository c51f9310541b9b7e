#pragma once
// redis-server as a child process. A test program that includes this defines ROLLCALL_REDIS_SERVER,
// the path of the program.

#include "support/process.h"
#include "support/raw_peer.h"
#include "support/temporary_directory.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::tests {

// Redis in memory alone, on loopback, once it serves.
class RedisProgram {
public:
    // A free port is looked for; another process may take it before Redis does, so again. An
    // option "PORT" is replaced by it.
    explicit RedisProgram(std::vector<std::string> options = {}) : options_(std::move(options)) {
        start_anywhere();
    }

    // "redis://127.0.0.1:port"
    [[nodiscard]] std::string url() const { return "redis://" + endpoint().to_string(); }

    [[nodiscard]] Endpoint endpoint() const { return Endpoint{"127.0.0.1", port_}; }

    [[nodiscard]] Process& process() { return *process_; }

    // With nothing in its memory, at the same port.
    void restart() {
        process_->kill();
        if (!start()) throw std::runtime_error{"redis-server did not start again"};
    }

    // What a command answers, in the protocol's own bytes: what is foreign to the code under test.
    std::string ask(const std::vector<std::string>& words) const {
        std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
        for (const std::string& word : words)
            bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
        RawPeer peer{endpoint()};
        peer.send(bytes);
        return peer.receive();
    }

private:
    void start_anywhere() {
        for (int attempt = 0; attempt < 5; ++attempt) {
            {
                const RawListener free;
                port_ = free.endpoint().port();
            }
            if (start()) return;
        }
        throw std::runtime_error{"redis-server did not start: " + process_->output()};
    }

    bool start() {
        std::vector<std::string> command{
            ROLLCALL_REDIS_SERVER,
            "--dir",
            directory_.path(),
            "--port",
            std::to_string(port_),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no"};
        for (const std::string& option : options_)
            command.push_back(option == "PORT" ? std::to_string(port_) : option);
        process_ = std::make_unique<Process>(std::move(command));
        try {
            static_cast<void>(process_->wait_line("Ready to accept connections"));
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    }

    TemporaryDirectory directory_;
    std::vector<std::string> options_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

}  // namespace rollcall::tests
