#pragma once
// Adapter: instances as keys in etcd that live as long as a lease of this process.

#include <rollcall/registry/announcer.h>

#include "etcd_client.h"
#include "etcd_layout.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>

namespace rollcall::registry {

// One lease for all instances; a beat is one keepalive and one look at the keys. The last process
// to register a key has it: what was written before the first lease of this process is older and is
// overwritten, what another process wrote later is not, and is told as replaced. A lease that etcd
// has lost, and a key that somebody has deleted, is told as missing: announce() writes all anew.
class EtcdAnnouncer final : public Announcer {
public:
    // `ttl` is that of instances that name none. Dials nothing yet.
    EtcdAnnouncer(EtcdAccess access, EtcdLayout layout, std::chrono::seconds ttl);

    [[nodiscard]] Result<Lease> announce(
        const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop = {}
    ) override;
    [[nodiscard]] Result<Lease> renew(Deadline deadline, std::stop_token stop = {}) override;
    // Says goodbye first, where values tell the status: whoever watches then knows that the
    // instances have left on purpose, and that it was no mass expiry.
    [[nodiscard]] Result<void> withdraw(Deadline deadline, std::stop_token stop = {}) override;
    [[nodiscard]] Result<std::string> local_address(Deadline deadline, std::stop_token stop = {})
        override;

private:
    enum class Put { done, replaced, lease_lost };

    [[nodiscard]] Result<void> grant(Deadline deadline, const std::stop_token& stop);
    // One announcement under the lease that there is; no value if that is lost.
    [[nodiscard]] Result<std::optional<Lease>> put_all(
        Deadline deadline, const std::stop_token& stop
    );
    [[nodiscard]] Result<Put> put(
        const Instance& instance, Deadline deadline, const std::stop_token& stop
    );
    // Deletes keys of a former set, as far as they are ours.
    [[nodiscard]] Result<void> drop_others(Deadline deadline, const std::stop_token& stop);
    // Looks at the keys and adds what is missing or replaced.
    void verify(Lease& lease, Deadline deadline, const std::stop_token& stop);
    void say_goodbye(Deadline deadline, const std::stop_token& stop);
    [[nodiscard]] Result<EtcdAnswer> transact(
        const Json& transaction, Deadline deadline, const std::stop_token& stop
    );

    [[nodiscard]] bool is_listed(const Instance& instance) const;
    [[nodiscard]] std::string value_of(const Instance& instance) const;
    // Whether a newer process has the key.
    [[nodiscard]] bool is_replaced(const EtcdKeyValue& entry, const Instance& instance) const;
    [[nodiscard]] Lease lease() const;
    void forget_lease();

    EtcdClient client_;
    const EtcdLayout layout_;
    const std::chrono::seconds default_ttl_;
    std::vector<Instance> announced_;
    std::int64_t lease_ = 0;  // 0: none
    std::chrono::seconds ttl_{0};
    // What has a greater revision was written after this process came.
    std::int64_t birth_ = std::numeric_limits<std::int64_t>::max();
    std::map<std::string, std::int64_t> written_;  // key, and the revision at which we wrote it
};

}  // namespace rollcall::registry
