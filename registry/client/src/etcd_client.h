#pragma once
// The members of one etcd cluster, asked one after the other through their JSON gateways.

#include <rollcall/http/client.h>

#include "etcd_json.h"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

struct EtcdAccess {
    std::vector<http::Url> members;  // at least one
    // With a user, `secret` is the password; without one it is a token that is sent as it is.
    std::string user;
    std::string secret;
    http::ClientOptions http;
};

// gRPC's codes, as far as an answer of etcd depends on them.
inline constexpr int kEtcdOk = 0;
inline constexpr int kEtcdNotFound = 5;

// What a member has answered: `body`, or a code and a sentence why not.
struct EtcdAnswer {
    int code = kEtcdOk;
    Json body;
    std::string sentence;  // a whole one, which names the request

    [[nodiscard]] bool ok() const { return code == kEtcdOk; }
};

// Leases and revisions are the cluster's, so any member will do: a random one begins, and it stays
// until it fails. Logs in when there is a user, and again when etcd no longer knows the token.
// Every function blocks for at most its deadline and ends early, with Errc::cancelled, when `stop`
// is requested. One thread at a time.
class EtcdClient {
public:
    explicit EtcdClient(EtcdAccess access);

    // One answer. A member that cannot be reached, hangs or has no leader is no answer: the time is
    // divided among the members, and only if none of them answers it is an error.
    [[nodiscard]] Result<EtcdAnswer> call(
        std::string_view path, const Json& body, Deadline deadline, const std::stop_token& stop
    );

    // Told each line of an answer that has no end; returns until when the next one has to come, or
    // nothing to end it there.
    using OnLine = std::function<std::optional<Deadline>(std::string_view line)>;

    // Asks the current member alone. An answer is ok when `on_line` or the member has ended it;
    // what fails is the member's fault, unless it is timed_out within a line of one's own deadline.
    [[nodiscard]] Result<EtcdAnswer> lines(
        std::string_view path,
        const std::string& body,
        const OnLine& on_line,
        Deadline deadline,
        const std::stop_token& stop
    );

    [[nodiscard]] Result<std::string> local_address(Deadline deadline, const std::stop_token& stop);

    // The next member from now on.
    void next();

    // Whether a reason that etcd gives means that it no longer knows the token; it is forgotten.
    [[nodiscard]] bool must_log_in_again(std::string_view reason);

    // Logs in again before the next request; false if there is no user.
    [[nodiscard]] bool forget_token();

    [[nodiscard]] std::size_t size() const { return members_.size(); }

    // "POST http://host:port/v3/...", of the current member.
    [[nodiscard]] std::string request_name(std::string_view path) const;

private:
    using Answer = http::Client::Response;

    template <class Ask>
    auto ask_each(Deadline deadline, const std::stop_token& stop, Ask&& ask)
        -> decltype(ask(Deadline{}));
    [[nodiscard]] Result<EtcdAnswer> ask(
        std::string_view path,
        const std::string& body,
        const OnLine* on_line,
        Deadline deadline,
        const std::stop_token& stop
    );
    [[nodiscard]] Result<void> log_in(Deadline deadline, const std::stop_token& stop);
    [[nodiscard]] Result<Answer> send(
        std::string_view path,
        const std::string& body,
        const OnLine* on_line,
        Deadline deadline,
        const std::stop_token& stop
    );

    std::vector<std::unique_ptr<http::Client>> members_;
    std::size_t at_;
    std::size_t line_bytes_max_;
    std::string user_;
    std::string secret_;
    std::string token_;  // empty: not logged in, or there is no user
};

}  // namespace rollcall::registry
