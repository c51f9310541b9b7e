#pragma once
// A client by hand that asks in batches: the server's costs depend on nothing else.

#include <rollcall/base/endpoint.h>

#include "support/raw_peer.h"

#include <cstddef>
#include <string>

namespace rollcall::tests {

// All requests of a batch come in one write, and the next batch when all are answered. So the
// server reads the same bytes in the same pieces, however it and this client are scheduled. One
// thread.
class BatchCaller {
public:
    enum class Form {
        plain,          // MessagePack-RPC and nothing else
        with_deadline,  // after a hello, each request with the time that its caller waits
    };

    enum class Method {
        add,   // of two small integers
        echo,  // of 16 bytes of text
    };

    BatchCaller(const Endpoint& server, std::size_t depth, Form form, Method method = Method::add);

    // Asks and takes the replies, so many times. Throws std::runtime_error if they are not the
    // expected ones.
    void exchange(std::size_t batches);

private:
    void say_hello();

    RawPeer peer_;
    std::string requests_;
    std::string replies_;
};

}  // namespace rollcall::tests
