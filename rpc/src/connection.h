#pragma once
// What the connections of servers and of clients have in common: they run handlers for what their
// peer asks and send the replies.

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

    [[nodiscard]] bool is_open() const noexcept override {
        return !closed_.load(std::memory_order_acquire);
    }

    [[nodiscard]] bool is_over() const noexcept override {
        return host_->load->over.load(std::memory_order_acquire);
    }

protected:
    Connection(
        IoThread& thread,
        std::weak_ptr<IoThread> thread_life,
        std::shared_ptr<const HandlerHost> host,
        MessageStream stream
    );
    ~Connection() = default;

    // Runs the handler of a request. The reply is behind the thread's output when this returns, or
    // comes later. Returns what the handler counts against the budget if it goes on, else 0.
    std::size_t run(const Base& self, Admitted&& admitted, std::size_t frame_bytes, TimePoint read);

    // The peer's handle, made once.
    [[nodiscard]] const std::shared_ptr<PeerState>& peer_state(const Base& self) const;

    // The program hears that the connection has ended, if it has heard that it began, and nothing
    // is kept for the peer any more.
    void part(bool has_begun, std::string_view reason);

    // No reply goes out any more. Handlers of its requests are told to stop.
    void close_requests();

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
    const std::shared_ptr<const HandlerHost> host_;
    MessageStream stream_;
    bool handing_out_ = false;  // messages of this connection: the thread's output is its own

private:
    void run_inline(
        const Base& self, Admitted&& admitted, Context::Facts&& facts, codec::Buffer& out
    );
    static void on_reply(
        const Base& self,
        const std::shared_ptr<ActiveRequest>& request,
        Result<void>&& ended,
        codec::Buffer&& result
    );
    void queue_reply(ActiveRequest& request, Result<void>&& ended, codec::Buffer&& result);

    mutable std::shared_ptr<PeerState> peer_;  // made when somebody may ask for it
    // While an inline handler runs, of which the thread's output ends in half a reply:
    const Base* running_ = nullptr;  // this
    codec::Buffer ended_meanwhile_;  // replies that it has caused
    std::atomic<bool> closed_{false};
};

}  // namespace rollcall::rpc
