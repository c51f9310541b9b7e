#pragma once
// What the handles of one peer share.

#include <rollcall/base/clock.h>
#include <rollcall/rpc/call_target.h>

#include "handler_load.h"
#include "io_thread.h"

#include <atomic>
#include <cstddef>
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

// Of the server's or the client's options.
struct PeerSettings {
    Duration call_timeout = std::chrono::seconds{5};
    // Of what other threads ask and the connection has not taken over yet.
    std::size_t max_posted_bytes = std::size_t{1} << 20U;
    std::shared_ptr<HandlerLoad> load = {};  // told of what is dropped, unless null
};

// Keeps neither the connection nor its thread alive, only the loop that may have ended. Thread
// safety: any thread.
class PeerState final : public CallTarget, public std::enable_shared_from_this<PeerState> {
public:
    // Nobody's.
    PeerState();
    PeerState(
        std::weak_ptr<PeerLink> link,
        const std::weak_ptr<IoThread>& thread,
        std::string name,
        PeerSettings settings
    );

    void submit(CallPtr call) override;
    void cancel(const CallPtr& call) override;

    [[nodiscard]] const asio::any_io_executor& executor() const noexcept override {
        return executor_;
    }

    [[nodiscard]] Duration call_timeout() const override { return settings_.call_timeout; }

    [[nodiscard]] std::string target_name() const override { return name_; }

    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[nodiscard]] bool is_connected() const noexcept;
    void disconnect(std::string reason);

    [[nodiscard]] std::shared_ptr<void> data(std::type_index type) const;
    void set_data(std::type_index type, std::shared_ptr<void> value);
    // The connection has ended and the program knows it: nothing is kept for it any more.
    void end();

private:
    class PostedCall;

    // Runs `act(link)` on the connection's thread. False if it has gone.
    template <class Act>
    bool post(Act&& act);
    void refuse(Call& call, Errc code, const char* why) const;

    const std::weak_ptr<PeerLink> link_;
    const std::shared_ptr<EventLoop> loop_;  // null: nobody's
    const asio::any_io_executor executor_;
    const std::string name_;
    const PeerSettings settings_;
    const std::uint64_t id_;
    mutable std::mutex mutex_;
    std::map<std::type_index, std::shared_ptr<void>> data_;
    bool ended_ = false;
    std::atomic<std::size_t> posted_bytes_{0};
};

}  // namespace rollcall::rpc
