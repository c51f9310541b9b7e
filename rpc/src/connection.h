#pragma once
// What the connections of servers and of clients have in common: they run handlers for what their
// peer asks and send the replies.

#include <rollcall/rpc/middleware.h>

#include "handler_host.h"
#include "incoming_calls.h"
#include "io_thread.h"
#include "message_stream.h"
#include "peer_state.h"

#include <atomic>
#include <memory>

namespace rollcall::rpc {

// Lives on one I/O thread; completion handlers and requests share it. Replies that come after its
// end are dropped, but until they come their handlers count against the budget: a peer does not get
// more of them by connecting anew.
class Connection : public ReplySink, public PeerLink {
public:
    using Base = std::shared_ptr<Connection>;

    void reply(
        const std::shared_ptr<ActiveRequest>& request, Result<void> ended, codec::Buffer&& result
    ) override;

    // While a handler of this connection runs, and for requests that it has begun.
    [[nodiscard]] Peer peer() const override;

    // Found out when it is first asked for, on the I/O thread; requests that may ask elsewhere are
    // begun with it.
    [[nodiscard]] const PeerIdentity& identity() const override;

    [[nodiscard]] bool is_open() const noexcept override {
        return !closed_.load(std::memory_order_acquire);
    }

protected:
    Connection(
        IoThread& thread,
        std::weak_ptr<IoThread> thread_life,
        std::shared_ptr<const HandlerHost> host,
        MessageStream stream
    );
    ~Connection();

    // Runs the handler of a request. The reply is behind the thread's output when this returns, or
    // comes later. Returns what the handler counts against the budget if it goes on, else 0.
    std::size_t run(const Base& self, Admitted&& admitted, std::size_t frame_bytes, TimePoint read);

    // The peer's handle, made once.
    [[nodiscard]] const std::shared_ptr<PeerState>& peer_state(const Base& self) const;

    // No reply goes out any more. Handlers of its requests are told to stop.
    void close_requests();

    [[nodiscard]] virtual IncomingCalls& incoming() = 0;
    [[nodiscard]] virtual ReplyFormat reply_format() const = 0;
    [[nodiscard]] virtual Duration peer_call_timeout() const = 0;
    // A request whose handler goes on must be stopped then.
    virtual void watch(Deadline deadline) = 0;
    // A reply was put into the queue, on the I/O thread: it is to be sent. Within any handler.
    virtual void on_reply_queued(const Base& self) = 0;
    // Gives `bytes` back to the budget and wakes who waits for it.
    virtual void release(std::size_t bytes) = 0;

    IoThread& thread_;
    const std::weak_ptr<IoThread> thread_life_;  // not shared: its loop owns handlers that own this
    const std::shared_ptr<const HandlerHost> host_;
    MessageStream stream_;
    bool handing_out_ = false;  // messages of this connection: the thread's output is its own

private:
    // `layers`: those that it has entered, or null.
    void run_inline(
        const Base& self,
        const Admitted& admitted,
        Context& context,
        IncomingLayers* layers,
        std::size_t frame_bytes
    );
    // A request whose handler does not end at once takes its id, its part of the budget and its
    // deadline.
    [[nodiscard]] std::shared_ptr<ActiveRequest> begin_request(
        const Base& self, const Admitted& admitted, Context::Facts&& facts, std::size_t frame_bytes
    );
    // As run(), through the layers.
    std::size_t run_layered(
        const Base& self, Admitted&& admitted, Context::Facts&& facts, std::size_t frame_bytes
    );
    void refuse_layered(
        const Admitted& admitted,
        const Context& context,
        IncomingLayers& layers,
        Error&& why,
        std::size_t frame_bytes
    );
    // `said` is what the layers say: go on, to a handler that does not end at once, or await.
    [[nodiscard]] std::size_t go_on_later(
        const Base& self,
        const Admitted& admitted,
        Context& context,
        std::size_t frame_bytes,
        std::unique_ptr<IncomingLayers> layers,
        Entry& said
    );
    [[nodiscard]] static asio::awaitable<void> go_through(
        ReplyTicket ticket, const MethodEntry* method, std::string params, Entry::Awaited awaited
    );
    [[nodiscard]] static Error too_late_to_begin();
    static void on_reply(
        const Base& self,
        const std::shared_ptr<ActiveRequest>& request,
        Result<void>&& ended,
        codec::Buffer&& result
    );
    // The handler of a request has ended, and so it was answered: it is counted and has left the
    // layers. `error` is null for a result.
    static void end_request(ActiveRequest& request, const Error* error, std::size_t reply_bytes);
    static void end_unanswered(ActiveRequest& request, const Result<void>& ended);
    void queue_reply(ActiveRequest& request, Result<void>&& ended, codec::Buffer&& result);

    mutable std::shared_ptr<PeerState> peer_;               // made when somebody may ask for it
    mutable std::unique_ptr<const PeerIdentity> identity_;  // likewise
    std::unique_ptr<IncomingLayers> spare_layers_;  // of the last request that ended at once
    // While an inline handler runs, of which the thread's output ends in half a reply:
    const Base* running_ = nullptr;  // this
    codec::Buffer ended_meanwhile_;  // replies that it has caused
    std::atomic<bool> closed_{false};
};

}  // namespace rollcall::rpc
