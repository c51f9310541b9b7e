#pragma once
// What a handler may ask about the call that it answers.

#include <rollcall/base/deadline.h>
#include <rollcall/rpc/attachments.h>
#include <rollcall/rpc/metadata.h>
#include <rollcall/rpc/peer.h>
#include <rollcall/rpc/peer_identity.h>
#include <rollcall/rpc/stop_on_demand.h>

#include <memory>
#include <stop_token>
#include <string_view>
#include <typeinfo>

namespace rollcall::rpc {

// Where a request came from.
class RequestSource {
public:
    RequestSource() = default;
    RequestSource(const RequestSource&) = delete;
    RequestSource& operator=(const RequestSource&) = delete;

    [[nodiscard]] virtual Peer peer() const = 0;
    [[nodiscard]] virtual const PeerIdentity& identity() const = 0;

protected:
    ~RequestSource() = default;
};

// A handler gets it as its first parameter if it has one for it, `rpc::Context&` or
// `const rpc::Context&`, in coroutines too:
//
//     server.handle("greet", [](rpc::Context& context, std::string who) -> asio::awaitable<...>
//
// It lives until the handler has ended. Calls that the handler makes, with or without it, inherit
// the deadline, the trace and the request id, and are cancelled with it.
// Thread safety: one thread at a time, those on which its handler runs.
class Context {
public:
    // What a request says, as its connection read it. `method` must outlive the context.
    struct Facts {
        std::string_view method;
        bool awaits_reply = true;
        Deadline deadline;
        TimePoint began{};
        Metadata metadata;
        // What layers have added before the handler begins.
        Metadata reply_metadata;
        std::unique_ptr<Attachments> attachments;
    };

    // `stop` is null for a handler that is never asked to stop; it must outlive the context.
    Context(Facts facts, const RequestSource* source, const StopOnDemand* stop)
        : facts_(std::move(facts)), source_(source), stop_(stop) {}

    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() = default;

    // The name that was called.
    [[nodiscard]] std::string_view method() const noexcept { return facts_.method; }

    // False for a notification.
    [[nodiscard]] bool awaits_reply() const noexcept { return facts_.awaits_reply; }

    // When the caller waits no longer; never, if it has not said. A handler that has not begun by
    // then does not begin.
    [[nodiscard]] Deadline deadline() const noexcept { return facts_.deadline; }

    // When the request was read.
    [[nodiscard]] TimePoint began() const noexcept { return facts_.began; }

    // Asked to stop when the caller cancels the call, its deadline passes or the connection ends.
    // Callbacks run on the connection's I/O thread, which is a coroutine handler's own. Plain
    // handlers that run inline hold that thread, so theirs is never asked.
    [[nodiscard]] std::stop_token stop_token() const noexcept {
        return stop_ != nullptr ? stop_->token() : std::stop_token{};
    }

    // What came with the request.
    [[nodiscard]] const Metadata& metadata() const noexcept { return facts_.metadata; }

    // Sets or replaces what goes back with the reply. Throws std::length_error beyond the limits of
    // Metadata. Peers that do not speak the extension do not get it.
    void reply_with(std::string_view name, std::string_view value) {
        facts_.reply_metadata.set(name, value);
    }

    [[nodiscard]] const Metadata& reply_metadata() const noexcept { return facts_.reply_metadata; }

    // Who asked: can be kept, called and notified, also after the handler has ended.
    [[nodiscard]] Peer peer() const { return source_->peer(); }

    // Who that is, as far as the connection knows: its address, a local process, the certificate
    // that it has proved to own. Found out at most once for each connection.
    [[nodiscard]] const PeerIdentity& identity() const { return source_->identity(); }

    // What a layer has attached without an owner (Exchange::attach()), such as a Principal; null if
    // none has.
    template <class T>
    [[nodiscard]] const T* attached() const noexcept {
        return facts_.attachments
                   ? static_cast<const T*>(facts_.attachments->find(typeid(T), nullptr))
                   : nullptr;
    }

    // The context of the handler that runs on this thread now, or null.
    [[nodiscard]] static const Context* current() noexcept;

private:
    friend class ContextScope;
    friend class IncomingLayers;  // which may change what the handler sees, before it begins

    Facts facts_;
    const RequestSource* const source_;
    const StopOnDemand* const stop_;
};

// While it lives, its context is the current one of its thread. For those who run handlers.
class ContextScope {
public:
    explicit ContextScope(const Context& context) noexcept;
    ContextScope(const ContextScope&) = delete;
    ContextScope& operator=(const ContextScope&) = delete;
    ~ContextScope();

private:
    const Context* const before_;
};

}  // namespace rollcall::rpc
