#pragma once
// What the handles of one peer share.

#include <rollcall/base/clock.h>
#include <rollcall/rpc/call_target.h>

#include "io_thread.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <typeindex>

namespace rollcall::rpc {

// A connection, as its Peer needs it. On its I/O thread.
class PeerLink {
public:
    PeerLink() = default;
    PeerLink(const PeerLink&) = delete;
    PeerLink& operator=(const PeerLink&) = delete;

    // As those of CallTarget.
    virtual void submit_here(const std::shared_ptr<PeerLink>& self, const CallPtr& call) = 0;
    virtual void cancel_here(const std::shared_ptr<PeerLink>& self, const CallPtr& call) = 0;
    virtual void disconnect_here(const std::shared_ptr<PeerLink>& self, std::string reason) = 0;
    // Any thread.
    [[nodiscard]] virtual bool is_open() const noexcept = 0;

protected:
    ~PeerLink() = default;
};

// Keeps neither the connection nor its thread alive. Thread safety: any thread.
class PeerState final : public CallTarget {
public:
    // Nobody's.
    PeerState();
    PeerState(
        std::weak_ptr<PeerLink> link,
        std::weak_ptr<IoThread> thread,
        std::string name,
        Duration call_timeout
    );

    void submit(CallPtr call) override;
    void cancel(const CallPtr& call) override;
    [[nodiscard]] asio::any_io_executor executor() const override;

    [[nodiscard]] Duration call_timeout() const override { return call_timeout_; }

    [[nodiscard]] std::string target_name() const override { return name_; }

    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[nodiscard]] bool is_connected() const noexcept;
    void disconnect(std::string reason);

    [[nodiscard]] std::shared_ptr<void> data(std::type_index type) const;
    void set_data(std::type_index type, std::shared_ptr<void> value);

private:
    // Runs `act(link)` on the connection's thread. False if it has gone.
    template <class Act>
    bool post(Act&& act);

    const std::weak_ptr<PeerLink> link_;
    const std::weak_ptr<IoThread> thread_;
    const std::string name_;
    const Duration call_timeout_;
    const std::uint64_t id_;
    mutable std::mutex mutex_;
    std::map<std::type_index, std::shared_ptr<void>> data_;
};

}  // namespace rollcall::rpc
