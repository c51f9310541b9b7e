#pragma once
// One call on its way through one end, as the layers around it see it.

#include <rollcall/base/clock.h>
#include <rollcall/base/deadline.h>
#include <rollcall/base/error.h>
#include <rollcall/rpc/attachments.h>
#include <rollcall/rpc/metadata.h>
#include <rollcall/rpc/peer_identity.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <typeinfo>

namespace rollcall::rpc {

enum class Direction {
    incoming,  // on a server: a request or a notification of a peer
    outgoing,  // on a client: a call or a notification of the program
};

// How a call has ended.
struct Outcome {
    const Error* error = nullptr;   // null: well; valid during leave() only
    std::size_t request_bytes = 0;  // of its message; 0 if it was never sent
    std::size_t reply_bytes = 0;    // of its message; 0 if there was none
    TimePoint began{};              // as Exchange::began()
    // Not given: it ends when somebody first asks for its duration.
    mutable std::optional<TimePoint> ended{};

    [[nodiscard]] bool ok() const noexcept { return error == nullptr; }

    // From when it began until it has ended, the same for all layers. The first who asks looks at
    // the clock, which is not for nothing: for layers that need it. One thread at a time.
    [[nodiscard]] Duration duration() const noexcept {
        if (!ended) ended = SteadyClock::now();
        return *ended - began;
    }
};

// Lives from the first enter() to the last leave() of the call, awaitables of layers included.
// References that it gives are valid until the next change.
// Thread safety: one thread at a time.
class Exchange {
public:
    Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    virtual ~Exchange() = default;

    [[nodiscard]] virtual Direction direction() const noexcept = 0;

    // The name that is called. Of an incoming call it may be anything that a peer sends: methods
    // that nobody handles pass the layers as well.
    [[nodiscard]] virtual std::string_view method() const noexcept = 0;
    // False for a notification.
    [[nodiscard]] virtual bool awaits_reply() const noexcept = 0;
    [[nodiscard]] virtual Deadline deadline() const noexcept = 0;
    // When the request was read, or when the call was made.
    [[nodiscard]] virtual TimePoint began() const noexcept = 0;

    // What goes along with the request.
    [[nodiscard]] virtual const Metadata& metadata() const noexcept = 0;
    // Incoming: the handler sees it, and the calls that it makes take over what they take over.
    // Outgoing: it is sent, and a server that does not understand metadata fails the call, not
    // sent. Throws std::length_error beyond the limits of Metadata.
    virtual void set_metadata(std::string_view name, std::string_view value) = 0;
    // Outgoing: such a server gets the call without it. In both directions it is left out where
    // there is no room for it.
    virtual void offer_metadata(std::string_view name, std::string_view value) = 0;
    // What is not there is no error. Outgoing: what calls were given by the program stays needed.
    virtual void remove_metadata(std::string_view name) = 0;

    // Incoming: what goes back with the reply. Outgoing: what has come with it, in leave().
    [[nodiscard]] virtual const Metadata& reply_metadata() const noexcept = 0;
    // Adds to what goes back; nothing for outgoing calls, and none where there is no room for it.
    virtual void reply_with(std::string_view name, std::string_view value) = 0;

    // Incoming: "10.0.0.7:4711". Outgoing: the endpoint that the client calls.
    [[nodiscard]] virtual const std::string& peer_name() const = 0;
    // Incoming: as Peer::id(). Outgoing: 0, a call is not tied to a connection before it is sent.
    [[nodiscard]] virtual std::uint64_t connection_id() const = 0;
    // Incoming: who is at the other end. Outgoing: the endpoint as an address.
    [[nodiscard]] virtual const PeerIdentity& identity() const = 0;

    // Asked to stop when nobody waits for the call any more. For layers that await something.
    [[nodiscard]] virtual std::stop_token stop_token() const noexcept = 0;

    // Keeps something with the call, by its type. With `owner` (a layer's `this`) it is the layer's
    // own; without, incoming, handlers find it by Context::attached().
    template <class T>
    void attach(std::shared_ptr<T> value, const void* owner = nullptr) {
        attachments().put(typeid(T), owner, std::move(value));
    }

    // Null if nothing was attached.
    template <class T>
    [[nodiscard]] T* attached(const void* owner = nullptr) {
        return static_cast<T*>(attachments().find(typeid(T), owner));
    }

protected:
    [[nodiscard]] virtual Attachments& attachments() = 0;
};

}  // namespace rollcall::rpc
