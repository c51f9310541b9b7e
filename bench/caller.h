#pragma once
// A client that calls and waits, for what is measured of connections and of threads.

#include <rollcall/base/endpoint.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace rollcall::bench {

// A client object with its connection; destroying it closes that.
class Caller {
public:
    Caller() = default;
    virtual ~Caller() = default;
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    // Calls echo and waits for the reply; false if there is none.
    [[nodiscard]] virtual bool call() = 0;
};

// Returns once it is connected; throws if it cannot be.
using Connect =
    std::function<std::unique_ptr<Caller>(const Endpoint& server, std::size_t payload_bytes)>;

}  // namespace rollcall::bench
