#pragma once
// The other end of one connection, as something that can be called.

#include <rollcall/rpc/open_stream.h>

#include <asio/use_awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>

namespace rollcall::rpc {

class PeerState;

// A server gets it from Context::peer() or on_connect() and calls and notifies its clients with it;
// a client's handlers get their server so. A handle: copies are the same peer. It keeps nothing
// open: once the connection has ended, calls fail with connection_lost, not sent.
// At most `max_in_flight` calls (of the server's or the client's options) are under way, and at
// most write_queue_high bytes unsent, and as many on their way from other threads: one more fails
// as overloaded, not sent, and a notification is dropped. A completion that names no executor runs
// on the connection's thread, or, if that has ended, on one of the system's. Thread safety: any
// thread.
class Peer {
public:
    // Nobody: not connected, has no name.
    Peer() = default;

    explicit Peer(std::shared_ptr<PeerState> state) noexcept : state_(std::move(state)) {}

    // As Client::call(), async_call(), open() and notify().
    template <class R>
    [[nodiscard]] Result<R> call(Invocation<R> invocation) const {
        return detail::call_blocking<R>(target(), std::move(invocation));
    }

    template <class R, class Token = asio::use_awaitable_t<>>
    auto async_call(Invocation<R> invocation, Token&& token = Token{}) const {
        return detail::call_async<R>(target(), std::move(invocation), std::forward<Token>(token));
    }

    template <class R>
    [[nodiscard]] auto open(Invocation<R> invocation) const {
        return detail::open_stream<R>(target(), std::move(invocation));
    }

    template <class R>
    void notify(Invocation<R> invocation) const {
        detail::send_notification<R>(target(), std::move(invocation));
    }

    // Different for every connection of this process; 0 for nobody.
    [[nodiscard]] std::uint64_t id() const noexcept;
    // "127.0.0.1:53122".
    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] bool is_connected() const noexcept;

    // Ends the connection; the reason is logged. On a client the next call connects anew.
    void disconnect(std::string_view reason) const;

    // What the program keeps for this connection, by type; null if it has set none. It is let go
    // when the connection has ended, after on_disconnect(): it may hold the Peer itself. Nothing is
    // kept afterwards.
    template <class T>
    [[nodiscard]] std::shared_ptr<T> data() const {
        return std::static_pointer_cast<T>(find_data(typeid(T)));
    }

    template <class T>
    void set_data(std::shared_ptr<T> value) const {
        put_data(typeid(T), std::move(value));
    }

    friend bool operator==(const Peer&, const Peer&) = default;

private:
    // Of one that is gone: a target that refuses everything.
    [[nodiscard]] CallTargetPtr target() const;
    [[nodiscard]] std::shared_ptr<void> find_data(std::type_index type) const;
    void put_data(std::type_index type, std::shared_ptr<void> value) const;

    std::shared_ptr<PeerState> state_;
};

}  // namespace rollcall::rpc
