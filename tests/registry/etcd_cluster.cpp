#include "etcd_cluster.h"

#include "support/eventually.h"
#include "support/raw_peer.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace rollcall::tests {
namespace {

constexpr int kStartAttempts = 5;

// Ports that were free a moment ago: etcd's gateway dials the port of its options, so 0 is none.
std::vector<std::string> free_addresses(std::size_t count) {
    std::vector<RawListener> listeners(count);
    std::vector<std::string> addresses;
    for (const RawListener& listener : listeners)
        addresses.push_back(listener.endpoint().to_string());
    return addresses;
}

}  // namespace

EtcdCluster::EtcdCluster(EtcdClusterOptions options) : options_(std::move(options)) {
    for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
        if (start_all()) return;
    }
    throw std::runtime_error{"etcd did not start: " + members_.front().process->errors()};
}

bool EtcdCluster::start_all() {
    members_.clear();
    data_.emplace();
    const auto count = static_cast<std::size_t>(options_.members);
    const auto addresses = free_addresses(2 * count);
    for (std::size_t i = 0; i < count; ++i)
        members_.push_back({"m" + std::to_string(i), addresses[2 * i], addresses[2 * i + 1], {}});
    for (std::size_t i = 0; i < count; ++i)
        start(i);
    try {
        wait_ready();
    } catch (const std::runtime_error&) {
        return false;
    }
    return true;
}

std::vector<std::string> EtcdCluster::command_of(const Member& member) const {
    std::string cluster;
    for (const Member& each : members_)
        cluster += (cluster.empty() ? "" : ",") + each.name + "=http://" + each.peer;
    std::vector<std::string> command{
        "/usr/bin/etcd",
        "--name=" + member.name,
        "--data-dir=" + data_->path() + "/" + member.name,
        "--listen-client-urls=" + scheme() + member.client,
        "--advertise-client-urls=" + scheme() + member.client,
        "--listen-peer-urls=http://" + member.peer,
        "--initial-advertise-peer-urls=http://" + member.peer,
        "--initial-cluster=" + cluster,
        "--heartbeat-interval=50",
        "--election-timeout=500",
        "--logger=zap",
        "--log-level=warn"};
    if (options_.identity) {
        command.push_back("--cert-file=" + options_.identity->certificate);
        command.push_back("--key-file=" + options_.identity->key);
    }
    return command;
}

std::string EtcdCluster::url() const {
    std::string url = options_.identity ? "etcds://" : "etcd://";
    for (const Member& member : members_)
        url += (&member == &members_.front() ? "" : ",") + member.client;
    return url;
}

std::string EtcdCluster::url_of(std::size_t member) const {
    return (options_.identity ? "etcds://" : "etcd://") + members_.at(member).client;
}

std::string EtcdCluster::ctl(std::vector<std::string> arguments) const {
    std::string endpoints;
    for (const Member& member : members_)
        endpoints += (endpoints.empty() ? "" : ",") + scheme() + member.client;
    arguments.insert(arguments.begin(), {"/usr/bin/etcdctl", "--endpoints=" + endpoints});
    if (!options_.ca.empty()) arguments.push_back("--cacert=" + options_.ca);
    const Finished finished = run(std::move(arguments), {"ETCDCTL_API=3"});
    if (finished.status.code != 0)
        throw std::runtime_error{"etcdctl: " + finished.errors + finished.output};
    return finished.output;
}

void EtcdCluster::kill(std::size_t member) {
    members_.at(member).process->kill();
}

void EtcdCluster::start(std::size_t member) {
    Member& one = members_.at(member);
    one.process = std::make_unique<Process>(command_of(one));
}

void EtcdCluster::start_empty(std::size_t member) {
    std::filesystem::remove_all(data_->path() + "/" + members_.at(member).name);
    start(member);
}

void EtcdCluster::signal(std::size_t member, int number) const {
    members_.at(member).process->signal(number);
}

void EtcdCluster::wait_ready() const {
    const auto any_ended = [this] {
        return std::any_of(members_.begin(), members_.end(), [](const Member& member) {
            return !member.process->running();
        });
    };
    bool serves = false;
    (void)eventually([&] {
        try {
            (void)ctl({"get", "--dial-timeout=1s", "--command-timeout=2s", "is-it-there"});
            serves = true;
        } catch (const std::runtime_error&) {
        }
        return serves || any_ended();
    });
    if (!serves) throw std::runtime_error{"etcd does not serve"};
}

std::size_t EtcdCluster::leader() const {
    for (std::size_t i = 0; i < members_.size(); ++i) {
        // "endpoint, id, version, size, is leader, ..."
        const std::string status =
            run({"/usr/bin/etcdctl", "--endpoints=" + members_[i].client, "endpoint", "status"},
                {"ETCDCTL_API=3"})
                .output;
        if (status.find(", true,") != std::string::npos) return i;
    }
    throw std::runtime_error{"etcd has no leader"};
}

}  // namespace rollcall::tests
