#include "registry_kinds.h"

#include "registry/etcd_cluster.h"
#include "support/programs.h"

#ifdef ROLLCALL_REDIS_SERVER
#include "registry/redis_program.h"
#endif

#include <stdexcept>
#include <utility>

namespace rollcall::tests {
namespace {

// rollcall-registry speaks three protocols at one port.
class OwnRegistry final : public SomeRegistry {
public:
    explicit OwnRegistry(std::string scheme) : scheme_(std::move(scheme)) {}

    [[nodiscard]] std::string url() const override { return scheme_ + program_->url(); }

    void kill() override { program_->process().kill(); }

    void start_empty() override {
        program_ = std::make_unique<RegistryProgram>(kTtl, program_->listen());
    }

private:
    static constexpr const char* kTtl = "2";
    const std::string scheme_;
    std::unique_ptr<RegistryProgram> program_ = std::make_unique<RegistryProgram>(kTtl);
};

class EtcdRegistry final : public SomeRegistry {
public:
    [[nodiscard]] std::string url() const override { return cluster_.url() + "/?ttl=2"; }

    void kill() override { cluster_.kill(0); }

    void start_empty() override {
        cluster_.start_empty(0);
        cluster_.wait_ready();
    }

private:
    EtcdCluster cluster_;
};

#ifdef ROLLCALL_REDIS_SERVER
class RedisRegistry final : public SomeRegistry {
public:
    [[nodiscard]] std::string url() const override { return program_.url() + "?ttl=2"; }

    void kill() override { program_.process().kill(); }

    void start_empty() override { program_.restart(); }

private:
    RedisProgram program_;
};
#endif

}  // namespace

std::vector<std::string> registry_kinds() {
    std::vector<std::string> kinds{"native", "header", "eureka", "etcd"};
#ifdef ROLLCALL_REDIS_SERVER
    kinds.emplace_back("redis");
#endif
    return kinds;
}

std::unique_ptr<SomeRegistry> start_registry(const std::string& kind) {
    if (kind == "native") return std::make_unique<OwnRegistry>("");
    if (kind == "header" || kind == "eureka") return std::make_unique<OwnRegistry>(kind + "+");
    if (kind == "etcd") return std::make_unique<EtcdRegistry>();
#ifdef ROLLCALL_REDIS_SERVER
    if (kind == "redis") return std::make_unique<RedisRegistry>();
#endif
    throw std::invalid_argument{"no registry of the kind " + kind};
}

}  // namespace rollcall::tests
