#pragma once
// HTTP over one kept-alive connection, by cpp-httplib.

#include <rollcall/http/client.h>

#include "socket_io.h"

#include <memory>
#include <string>

namespace rollcall::http {

struct Outgoing {
    std::string method;
    std::string target;  // path and query, encoded
    HeaderList headers;
    std::string body;
    Client::Receive receive = {};  // of an answer of 200 to 299; none: the body is collected
};

// One thread at a time.
class Exchange {
public:
    Exchange(const Url& base, const ClientOptions& options);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    // One request and its answer. The message of an error does not name the request.
    [[nodiscard]] Result<Client::Response> send(const Outgoing& outgoing, const IoBounds& bounds);

    [[nodiscard]] Result<std::string> local_address(const IoBounds& bounds);

private:
    class Connection;
    std::unique_ptr<Connection> connection_;
};

}  // namespace rollcall::http
