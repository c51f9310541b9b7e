#pragma once
// Calls of the server's methods that came by HTTP.

#include <rollcall/http/server.h>
#include <rollcall/inspect/inspector.h>
#include <rollcall/rpc/client.h>

#include <asio/cancellation_signal.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace rollcall::inspect {

// A client of the server like any other, over a connection without a network: limits, deadlines,
// counters and whatever stands around the handlers hold for its calls too.
// Only on the HTTP server's thread; stop() before that server is stopped.
class CallBridge {
public:
    CallBridge(rpc::ServerView view, const InspectorOptions& options, http::Server& http);
    ~CallBridge();
    CallBridge(const CallBridge&) = delete;
    CallBridge& operator=(const CallBridge&) = delete;

    // POST /rpc/METHOD. A client that goes before the answer cancels its call.
    void handle(const http::Request& request, http::Responder responder);

    // Nothing is answered any more. Any thread.
    void stop();

private:
    struct Pending {
        http::Responder responder;
        std::shared_ptr<asio::cancellation_signal> cancel;
    };

    // How completions, which run on the client's thread, get back: not at all after stop().
    struct Return {
        std::mutex mutex;
        CallBridge* bridge = nullptr;
    };

    void start(std::uint64_t id, rpc::Invocation<codec::Raw> call);
    void finish(std::uint64_t id, const Result<codec::Raw>& outcome);
    void cancel(std::uint64_t id);
    [[nodiscard]] rpc::Client& client();

    const rpc::ServerView view_;
    const InspectorOptions& options_;
    http::Server& http_;
    const rpc::IoThreads io_ = rpc::IoThreads::shared();
    const asio::any_io_executor executor_ = io_.executor();
    const std::shared_ptr<Return> return_ = std::make_shared<Return>();
    std::optional<rpc::Client> client_;  // made for the first call
    std::map<std::uint64_t, Pending> pending_;
    std::uint64_t last_id_ = 0;
};

}  // namespace rollcall::inspect
