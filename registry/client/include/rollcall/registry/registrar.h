#pragma once
// Keeps one process registered.

#include <rollcall/base/deadline.h>
#include <rollcall/base/endpoint.h>
#include <rollcall/base/log.h>
#include <rollcall/base/result.h>
#include <rollcall/registry/access_options.h>
#include <rollcall/registry/instance.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

struct Connection;

enum class RegistrarState {
    starting,    // no answer yet
    registered,  // listed, as far as the last answer says
    retrying,    // the last attempt failed; it goes on for ever
    replaced,    // a newer process has our id: terminal, heartbeats have ended
    stopped,     // stop() was called
};

[[nodiscard]] std::string_view name_of(RegistrarState state) noexcept;

struct RegistrarOptions {
    // What is announced.
    std::string service;       // required: [A-Za-z0-9._-]{1,64}
    LiveEndpoint server = {};  // where the server listens: rpc::Server::endpoint()
    // "host[:port]" that clients dial, where that differs from `server` (NAT, containers). Without
    // it: the host of `server`, or if that is a wildcard the local address of the connection to
    // the registry.
    std::string advertise = {};
    std::string id = {};  // default "address:port"; the same id in a newer process replaces us
    std::string version = {};
    std::string zone = {};
    int weight = 100;
    std::vector<std::string> tags = {};
    std::map<std::string, std::string> meta = {};

    // The token and the certificates for the registry, for the constructor that takes its URL.
    AccessOptions access = {};

    // Time.
    std::chrono::milliseconds ttl{0};  // the lease asked for; 0: the registry's
    // Of one request, all of it; one heartbeat interval if that is shorter.
    std::chrono::milliseconds request_timeout{2000};
    std::chrono::milliseconds withdraw_timeout{500};  // of the goodbye in stop()

    // Behaviour.
    // Asked before each heartbeat, on the registrar's thread; must not block for long. While it
    // says false the instance is announced as `down`. Default: server.alive().
    std::function<bool()> health = {};
    // Told about each change of state, with the reason, on the registrar's thread.
    std::function<void(RegistrarState, std::string_view why)> on_state = {};
    Log log = {};
};

// The heartbeat loop, on a thread of its own. It registers at once and for ever: with backoff and
// jitter while the registry is away (0.2 s, growing to one interval), again when the registry has
// forgotten the instance, at the interval the registry asks for. It always converges to
// `registered` or, if a newer process has the id, to `replaced`. It never ends the process.
// Thread safety: any thread, on_state included. Lifetime: nothing given by value is referenced;
// what `health` and `on_state` capture must live until the destructor has returned. After fork()
// the child may only destroy it, which ends nothing.
class Registrar {
public:
    // Starts the loop; waits for nothing. Throws std::invalid_argument for a URL, service,
    // advertised address or instance that could never be registered, or a token or file that cannot
    // be used, with a sentence that says what is wrong.
    Registrar(std::string_view registry_url, const RegistrarOptions& options);
    // The same over other ports than a URL gives; uses connection.announcer.
    Registrar(Connection connection, RegistrarOptions options);
    // stop(). In on_state it returns without waiting for the loop's end.
    ~Registrar();
    Registrar(const Registrar&) = delete;
    Registrar& operator=(const Registrar&) = delete;

    // What clients shall think of this instance: Status::draining before a planned end. Announced
    // at once; returns without waiting for that.
    void set_status(Status status);

    [[nodiscard]] RegistrarState state() const;

    // Until the registry has accepted the instance with the status last set. An error says why it
    // is not so: what failed last, that it was replaced, or that it was stopped.
    [[nodiscard]] Result<void> wait_registered(Deadline deadline) const;

    // The instance as it is announced; address and id are empty until the address is known.
    [[nodiscard]] Instance instance() const;

    // Ends the heartbeats, whatever they wait for, and takes the instance off the list, within
    // withdraw_timeout. Idempotent.
    void stop();

private:
    class Loop;
    std::shared_ptr<Loop> loop_;
};

}  // namespace rollcall::registry
