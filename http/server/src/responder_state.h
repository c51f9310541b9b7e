#pragma once
// What stands behind a Responder. Included by few: RESTinio takes seconds to compile.

#include <rollcall/http/server.h>

#include "connections.h"
#include "idle_connections.h"

#include <asio/io_context.hpp>

#include <functional>
#include <memory>
#include <unordered_map>

namespace rollcall::http {

// What the answers need and may outlive the loop.
struct Answers {
    explicit Answers(asio::io_context& context) : io(&context) {}

    asio::io_context* io;  // valid while `open` holds anything
    std::unordered_multimap<restinio::connection_id_t, Responder::State*> open;
    IdleConnections connections;
    std::shared_ptr<int> written = std::make_shared<int>();  // one more owner per write under way
    bool stopping = false;
};

// Holds the connection of one request until it is answered. Only on the I/O thread.
class Responder::State {
public:
    State(std::shared_ptr<Answers> answers, restinio::request_t& request);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void respond(const Response& response);

    void when_gone(std::function<void()> gone) { gone_ = std::move(gone); }

    // The client has closed its connection. May end this object.
    void client_gone();

    // Lets go of the connection, which must not outlive the loop.
    void abandon() { connection_.reset(); }

private:
    // No longer one of the open ones, of which a connection has few.
    void close();

    std::shared_ptr<Answers> answers_;
    restinio::impl::connection_handle_t connection_;
    restinio::connection_id_t connection_id_;
    restinio::request_id_t request_id_;
    std::function<void()> gone_;
    bool keep_alive_;
    bool upgrade_;
    bool head_;
};

}  // namespace rollcall::http
