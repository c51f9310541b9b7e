#pragma once
// What the connections of servers and of clients have in common: they run handlers for what their
// peer asks and send the replies.

#include <rollcall/rpc/middleware.h>

#include "connection_port.h"
#include "handler_host.h"
#include "incoming_calls.h"
#include "io_thread.h"
#include "message_stream.h"
#include "peer_state.h"
#include "stream_table.h"

#include <atomic>
#include <memory>

namespace rollcall::rpc {

// Lives on one I/O thread; completion handlers and requests share it. Replies that come after its
// end are dropped, but until they come their handlers count against the budget: a peer does not get
// more of them by connecting anew.
class Connection : public ReplySink, public PeerLink {
public:
    using Base = std::shared_ptr<Connection>;

    [[nodiscard]] bool reply_in_place(ActiveRequest& request, const PackResult& pack) override;
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

    [[nodiscard]] bool is_over() const noexcept override {
        return host_->load->over.load(std::memory_order_acquire);
    }

    // Its streams have something to do. On the I/O thread, in a handler of its own.
    static void serve_streams(const Base& self);

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

    // The program hears that the connection has ended, if it has heard that it began, and nothing
    // is kept for the peer any more.
    void part(bool has_begun, std::string_view reason);

    // What `act` throws goes on. But what it has left undone nobody knows: the connection ends.
    template <class Act>
    static void act_or_end(const Base& self, Act&& act) {
        try {
            act();
        } catch (...) {
            self->end_broken_off(self);
            throw;
        }
    }

    // No reply goes out any more. Handlers of its requests are told to stop.
    void close_requests();

    // What its streams have to say, as far as the peer reads. Within a handler of this connection's
    // own, with the thread's output empty.
    static void pump_streams(const Base& self);
    // Ends those that have been silent for too long; when that can be next.
    static void expire_streams(const Base& self, TimePoint now);
    [[nodiscard]] Deadline earliest_stream() const;

    // Whether this call may go out: one that opens a stream needs room for it.
    [[nodiscard]] bool may_open(const Call& call) const;
    // Its request has been written.
    void open_stream(const Base& self, const Call& call);

    // What bounds the streams of this kind of connection.
    struct StreamBounds {
        StreamOptions options;
        codec::Limits items;
        std::size_t most_queued = 0;  // unsent bytes at which streams wait
    };

    [[nodiscard]] virtual StreamBounds stream_bounds() const = 0;
    [[nodiscard]] virtual StreamPeer stream_peer() const = 0;
    // Ends a call of this side's own; what there is to say to the peer about it goes to `out`.
    virtual void give_up_call(std::uint32_t id, Error why, codec::Buffer& out) = 0;
    // Sends the thread's output.
    virtual void send_output(const Base& self) = 0;

    [[nodiscard]] virtual IncomingCalls& incoming() = 0;
    [[nodiscard]] virtual ReplyFormat reply_format() const = 0;
    [[nodiscard]] virtual PeerSettings peer_settings() const = 0;
    // A request whose handler goes on must be stopped then.
    virtual void watch(Deadline deadline) = 0;
    // A reply was put into the queue, on the I/O thread: it is to be sent. Within any handler.
    virtual void on_reply_queued(const Base& self) = 0;
    // Gives `bytes` back to the budget and wakes who waits for it.
    virtual void release(std::size_t bytes) = 0;

    IoThread& thread_;
    const std::weak_ptr<IoThread> thread_life_;  // not shared: its loop owns handlers that own this
    const HandlerExecutor executor_;             // of its thread, for handlers; outlives the socket
    const std::shared_ptr<const HandlerHost> host_;
    MessageStream stream_;
    std::unique_ptr<StreamTable> streams_;  // made with the first stream
    bool handing_out_ = false;  // messages of this connection: the thread's output is its own

private:
    // It is not executed. Returns 0.
    std::size_t refuse(
        const Admitted& admitted, const Error& why, std::size_t frame_bytes, TimePoint read
    );
    // `layers`: those that it has entered, or null.
    void run_inline(
        const Base& self,
        const Admitted& admitted,
        Context& context,
        IncomingLayers* layers,
        std::size_t frame_bytes
    );
    // For a handler that may go on after it has been begun.
    [[nodiscard]] std::shared_ptr<ActiveRequest> make_request(
        const Base& self, const Admitted& admitted, Context::Facts&& facts, RequestSlots&& slots
    );
    // Lets `begin` begin it. If it goes on then, or may have to be found before, it is kept.
    // Returns what it counts against the budget, 0 if it has ended.
    template <class Begin>
    [[nodiscard]] std::size_t begin_request(
        const Base& self,
        const MethodEntry& method,
        const std::shared_ptr<ActiveRequest>& request,
        std::size_t frame_bytes,
        const Begin& begin
    );
    // It takes its id, its part of the budget and its deadline.
    void keep_request(
        const Base& self,
        const MethodEntry& method,
        const std::shared_ptr<ActiveRequest>& request,
        std::size_t frame_bytes
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
        Entry& said,
        RequestSlots&& slots
    );
    [[nodiscard]] static HandlerCoroutine go_through(
        ReplyTicket ticket, const MethodEntry* method, std::string params, Entry::Awaited awaited
    );
    // Lets it be handled when its layers have let it through.
    void run_entered(ReplyTicket ticket, const MethodEntry& method, codec::Bytes params);
    [[nodiscard]] static Error too_late_to_begin();
    void end_broken_off(const Base& self);
    // No reply is being packed any more: those that have come in between go behind it.
    void end_reply();
    // As reply(), of one that is being begun.
    void reply_at_once(ActiveRequest& request, Result<void>&& ended, const codec::Buffer& result);
    static void on_reply(
        const Base& self,
        const std::shared_ptr<ActiveRequest>& request,
        Result<void>&& ended,
        codec::Buffer&& result
    );
    // The handler of a request has ended, and so it was answered: it is counted and has left the
    // layers. `error` is null for a result.
    void end_request(ActiveRequest& request, const Error* error, std::size_t reply_bytes);
    void end_unanswered(ActiveRequest& request, const Result<void>& ended);

    [[nodiscard]] StreamTable& streams(const Base& self);
    // Why a request for a stream, or of a method that is one, is not to be executed, if it is not.
    [[nodiscard]] std::optional<Error> why_no_stream(const Admitted& admitted) const;
    void accept_stream(
        const Base& self, StreamSides sides, const std::shared_ptr<ActiveRequest>& request
    );
    static void finish_stream(
        const Base& self,
        const std::shared_ptr<ActiveRequest>& request,
        Result<void>&& ended,
        codec::Buffer&& result
    );
    // Answers those that have ended and gives up those that are broken.
    static void end_streams(const Base& self);

    void queue_reply(ActiveRequest& request, Result<void>&& ended, codec::Buffer&& result);

    std::shared_ptr<ConnectionPort> stream_port_;
    mutable std::shared_ptr<PeerState> peer_;               // made when somebody may ask for it
    mutable std::unique_ptr<const PeerIdentity> identity_;  // likewise
    std::unique_ptr<IncomingLayers> spare_layers_;  // of the last request that ended at once
    const Base* running_ = nullptr;                 // this, while an inline handler runs
    bool in_reply_ = false;          // the thread's output ends in half a reply of this connection
    codec::Buffer ended_meanwhile_;  // replies that have come in between
    std::atomic<bool> closed_{false};
};

template <class Begin>
std::size_t Connection::begin_request(
    const Base& self,
    const MethodEntry& method,
    const std::shared_ptr<ActiveRequest>& request,
    std::size_t frame_bytes,
    const Begin& begin
) {
    if (method.stream != StreamSides::none || method.handler->run_on() == RunOn::pool) {
        keep_request(self, method, request, frame_bytes);
        begin();
        return request->charged_bytes();
    }
    // Most coroutines end right here: those need nobody who finds or stops them.
    IncomingCalls::Starting starting{incoming(), method, *request, frame_bytes};
    begin();
    if (starting.has_ended()) return 0;
    keep_request(self, method, request, frame_bytes);
    return request->charged_bytes();
}

}  // namespace rollcall::rpc
