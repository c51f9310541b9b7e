#pragma once
// Several addresses of one registry: when one fails, the next is used.

#include <rollcall/registry/announcer.h>
#include <rollcall/registry/source.h>

#include <memory>
#include <vector>

namespace rollcall::registry {

// Whose turn it is. A random one begins, so that not all processes use the same.
template <class Port>
class Rotation {
public:
    Rotation(std::vector<std::unique_ptr<Port>> members, std::size_t first)
        : members_(std::move(members)), at_(first % members_.size()) {}

    [[nodiscard]] std::size_t size() const { return members_.size(); }

    [[nodiscard]] Port& current() const { return *members_[at_]; }

    // Which of them that is: 0 to size() - 1.
    [[nodiscard]] std::size_t at() const { return at_; }

    void next() { at_ = (at_ + 1) % members_.size(); }

private:
    std::vector<std::unique_ptr<Port>> members_;
    std::size_t at_;
};

// The members need not know of each other: what one has been told is told to the next when it is
// its turn, and the goodbye to all that may have heard it.
class RotatingAnnouncer final : public Announcer {
public:
    RotatingAnnouncer(std::vector<std::unique_ptr<Announcer>> members, std::size_t first);

    [[nodiscard]] Result<Lease> announce(
        const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop
    ) override;
    [[nodiscard]] Result<Lease> renew(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Result<void> withdraw(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Result<std::string> local_address(Deadline deadline, std::stop_token stop)
        override;

private:
    // What a member has heard of the set since its last goodbye.
    enum class Heard { nothing, perhaps, all };

    template <class Ask>
    [[nodiscard]] Result<Lease> tell(Deadline deadline, const std::stop_token& stop, Ask&& ask);

    Rotation<Announcer> members_;
    std::vector<Heard> heard_;
    std::vector<Instance> announced_;
    bool current_knows_ = false;  // the set
};

class RotatingSource final : public Source {
public:
    RotatingSource(std::vector<std::unique_ptr<Source>> members, std::size_t first);

    [[nodiscard]] Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
    ) override;

    [[nodiscard]] std::size_t waits_for() const noexcept override {
        return members_.current().waits_for();
    }

    // A failure is the caller's to hear: what another member knows has another index.
    [[nodiscard]] Result<std::vector<Snapshot>> wait(
        const std::vector<KnownList>& known, Duration wait, Deadline deadline, std::stop_token stop
    ) override;

private:
    Rotation<Source> members_;
};

}  // namespace rollcall::registry
