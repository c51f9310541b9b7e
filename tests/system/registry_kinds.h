#pragma once
// A registry of each kind that Rollcall speaks to, as a process.

#include <memory>
#include <string>
#include <vector>

namespace rollcall::tests {

class SomeRegistry {
public:
    SomeRegistry() = default;
    virtual ~SomeRegistry() = default;
    SomeRegistry(const SomeRegistry&) = delete;
    SomeRegistry& operator=(const SomeRegistry&) = delete;

    // What servers and clients are given; the same for ever.
    [[nodiscard]] virtual std::string url() const = 0;

    // At once, as by kill -9.
    virtual void kill() = 0;
    // At the same place and without its memory; serves when this returns.
    virtual void start_empty() = 0;
};

// "native", "header", "eureka", "etcd", and "redis" where it was built with it.
[[nodiscard]] std::vector<std::string> registry_kinds();

// One of registry_kinds(); forgets a server two seconds after its last heartbeat, where the
// registry or the URL has a say in that.
[[nodiscard]] std::unique_ptr<SomeRegistry> start_registry(const std::string& kind);

}  // namespace rollcall::tests
