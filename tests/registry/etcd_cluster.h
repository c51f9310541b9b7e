#pragma once
// A real etcd of one or three members, for tests of what happens to it.

#include "support/certificates.h"
#include "support/process.h"
#include "support/temporary_directory.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::tests {

struct EtcdClusterOptions {
    int members = 1;
    std::optional<IdentityFiles> identity = std::nullopt;  // serves clients over TLS with it
    std::string ca = {};                                   // that it was issued by
};

// Starts on free ports of the loopback, with its data in a directory of its own, and waits until it
// serves. The shortest lease is 1 s. Throws std::runtime_error. One thread at a time.
class EtcdCluster {
public:
    explicit EtcdCluster(EtcdClusterOptions options = {});

    // "etcd://host:port,host:port", or etcds.
    [[nodiscard]] std::string url() const;
    // "etcd://host:port" of one member.
    [[nodiscard]] std::string url_of(std::size_t member) const;

    // The standard output of etcdctl with these arguments; throws if it fails.
    std::string ctl(std::vector<std::string> arguments) const;

    void kill(std::size_t member);
    // Again, with its data; does not wait until it serves.
    void start(std::size_t member);
    // Again, without its data: a member of a cluster of one.
    void start_empty(std::size_t member);
    void signal(std::size_t member, int number) const;

    // Waits until a member answers reads that need a leader.
    void wait_ready() const;

    [[nodiscard]] std::size_t leader() const;

private:
    struct Member {
        std::string name;
        std::string client;  // "127.0.0.1:port"
        std::string peer;
        std::unique_ptr<Process> process;
    };

    [[nodiscard]] std::string scheme() const { return options_.identity ? "https://" : "http://"; }

    [[nodiscard]] std::vector<std::string> command_of(const Member& member) const;
    // False if a port was taken meanwhile.
    bool start_all();

    EtcdClusterOptions options_;
    std::optional<TemporaryDirectory> data_;
    std::vector<Member> members_;
};

}  // namespace rollcall::tests
