#pragma once
// One request of a peer on its way through the layers of the server.

#include <rollcall/rpc/context.h>

#include "layer_walk.h"

#include <memory>
#include <string>

namespace rollcall::rpc {

// Its address is the same for as long as the request is under way, although the context's is not:
// inline handlers have theirs on the stack. One thread at a time.
class IncomingLayers final : public Exchange {
public:
    // `layers` must outlive it.
    explicit IncomingLayers(const Middlewares& layers) noexcept : walk_(layers) {}

    // Leaves, if nobody has said how the request has ended.
    ~IncomingLayers() override;

    // A request comes, or the next one, if the former has left.
    void begin(Context& context, std::size_t request_bytes) noexcept;

    // The rest of the request's way is with another context, that has been given what the former
    // one knew. `owns_method`: the name of the method is not to be relied on for longer.
    void move_to(Context& context, bool owns_method);

    // What a context knows, for another one of the same request.
    [[nodiscard]] static Context::Facts take_facts(Context& context) noexcept;

    [[nodiscard]] Entry enter() noexcept { return walk_.enter(*this); }

    [[nodiscard]] asio::awaitable<Result<void>> finish(Entry::Awaited awaited) {
        return walk_.finish(*this, std::move(awaited));
    }

    // The request has ended; `error` is null if it has ended well. Only the first time counts.
    void leave(const Error* error, std::size_t reply_bytes) noexcept;

    [[nodiscard]] Direction direction() const noexcept override { return Direction::incoming; }

    [[nodiscard]] std::string_view method() const noexcept override { return context_->method(); }

    [[nodiscard]] bool awaits_reply() const noexcept override { return context_->awaits_reply(); }

    [[nodiscard]] Deadline deadline() const noexcept override { return context_->deadline(); }

    [[nodiscard]] TimePoint began() const noexcept override { return context_->began(); }

    [[nodiscard]] const Metadata& metadata() const noexcept override {
        return context_->metadata();
    }

    void set_metadata(std::string_view name, std::string_view value) override;
    void offer_metadata(std::string_view name, std::string_view value) override;
    void remove_metadata(std::string_view name) override;

    [[nodiscard]] const Metadata& reply_metadata() const noexcept override {
        return context_->reply_metadata();
    }

    void reply_with(std::string_view name, std::string_view value) override;
    [[nodiscard]] const std::string& peer_name() const override;
    [[nodiscard]] std::uint64_t connection_id() const override;

    [[nodiscard]] const PeerIdentity& identity() const override { return context_->identity(); }

    [[nodiscard]] std::stop_token stop_token() const noexcept override {
        return context_->stop_token();
    }

private:
    [[nodiscard]] Attachments& attachments() override;

    LayerWalk walk_;
    Context* context_ = nullptr;
    std::size_t request_bytes_ = 0;
    std::string method_;  // if it has to be owned
};

}  // namespace rollcall::rpc
