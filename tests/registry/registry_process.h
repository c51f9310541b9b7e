#pragma once
// The registry as a process of its own, so that it can be killed and stopped.

#include <csignal>
#include <string>
#include <sys/types.h>

namespace rollcall::tests {

// Starts rollcall-registry and waits until it serves; kills it in the end. One thread at a time.
class RegistryProcess {
public:
    // `listen` is "host:port", port 0 for a free one. Throws std::runtime_error.
    RegistryProcess(const std::string& listen, const std::string& ttl_seconds);
    ~RegistryProcess();
    RegistryProcess(const RegistryProcess&) = delete;
    RegistryProcess& operator=(const RegistryProcess&) = delete;

    // "http://host:port"
    [[nodiscard]] const std::string& url() const { return url_; }

    // "host:port"
    [[nodiscard]] std::string listen() const { return url_.substr(7); }

    void signal(int number) const { ::kill(process_, number); }

    // SIGKILL, and waits for the end.
    void kill();

private:
    pid_t process_ = -1;
    std::string url_;
};

}  // namespace rollcall::tests
