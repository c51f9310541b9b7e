#pragma once
// One call of a client on its way through the client's layers.

#include <rollcall/rpc/call.h>

#include "layer_walk.h"

#include <memory>
#include <optional>
#include <string>

namespace rollcall::rpc {

// Belongs to its call. On the calling thread until the call is submitted, then on the client's I/O
// thread. A call that ends while a layer still awaits something leaves its layers after that.
class OutgoingLayers final : public CallWatcher, public Exchange {
public:
    // What a client's calls have in common; shared by them.
    struct Around {
        Middlewares layers;
        PeerIdentity server;  // its endpoint
    };

    OutgoingLayers(Call& call, std::shared_ptr<const Around> around);

    // Leaves, if it could not before.
    ~OutgoingLayers() override;

    // As far as the layers let it go on at once.
    void enter() noexcept;

    // Why the call is not to be sent; then it is to be failed so. Null: it may be, or awaits.
    [[nodiscard]] Error* refusal() noexcept { return said_.error(); }

    [[nodiscard]] bool awaits() noexcept { return said_.awaited() != nullptr; }

    // Goes on where enter() has stopped. Nothing, or why the call is not to be sent. From now on a
    // call that ends leaves its layers in end_awaiting(), which whoever has awaited this calls.
    [[nodiscard]] asio::awaitable<Result<void>> finish();
    void end_awaiting() noexcept;

    void on_reply_envelope(codec::Bytes map) noexcept override { reply_envelope_ = map; }

    void on_end(const Error* error, std::size_t reply_bytes) noexcept override;

    [[nodiscard]] Direction direction() const noexcept override { return Direction::outgoing; }

    [[nodiscard]] std::string_view method() const noexcept override {
        return call_.invocation.method();
    }

    [[nodiscard]] bool awaits_reply() const noexcept override {
        return call_.kind == Call::Kind::reply;
    }

    [[nodiscard]] Deadline deadline() const noexcept override { return call_.deadline; }

    [[nodiscard]] TimePoint began() const noexcept override { return began_; }

    [[nodiscard]] const Metadata& metadata() const noexcept override {
        return call_.invocation.metadata();
    }

    void set_metadata(std::string_view name, std::string_view value) override {
        call_.invocation.set_metadata(name, value);
    }

    void offer_metadata(std::string_view name, std::string_view value) override {
        call_.invocation.offer_metadata(name, value);
    }

    void remove_metadata(std::string_view name) override { call_.invocation.remove_metadata(name); }

    [[nodiscard]] const Metadata& reply_metadata() const noexcept override;

    void reply_with(std::string_view, std::string_view) override {}

    [[nodiscard]] const std::string& peer_name() const override {
        return around_->server.address();
    }

    [[nodiscard]] std::uint64_t connection_id() const override { return 0; }

    [[nodiscard]] const PeerIdentity& identity() const override { return around_->server; }

    [[nodiscard]] std::stop_token stop_token() const noexcept override {
        return stop_ ? stop_->get_token() : std::stop_token{};
    }

private:
    [[nodiscard]] Attachments& attachments() override { return attachments_; }

    void leave() noexcept;

    Call& call_;
    const std::shared_ptr<const Around> around_;
    const TimePoint began_;
    LayerWalk walk_;
    Entry said_;
    // What came with the reply, as it came, until somebody asks for it: most layers do not.
    mutable codec::Bytes reply_envelope_;
    mutable Metadata reply_metadata_;
    Attachments attachments_;
    std::optional<std::stop_source> stop_;  // while something is awaited
    bool awaiting_ = false;
    bool ended_ = false;
    // How it has ended:
    std::unique_ptr<const Error> error_;
    Outcome outcome_;
};

}  // namespace rollcall::rpc
