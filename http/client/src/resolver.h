#pragma once
// Host names to addresses, without ever waiting longer than the caller wants to.

#include <rollcall/base/result.h>
#include <rollcall/http/client.h>

#include "socket_io.h"

#include <memory>
#include <string>
#include <vector>

namespace rollcall::http {

// getaddrinfo cannot be interrupted and may hang for minutes, so it runs on a thread of its own
// that is left behind when the caller gives up. There is at most one such thread per Resolver:
// the next question waits for the answer that is still to come.
// One thread at a time. A thread left behind references nothing of the Resolver.
class Resolver {
public:
    explicit Resolver(Lookup lookup);

    // The numeric addresses of `host`, at least one. IP literals are returned as they are.
    [[nodiscard]] Result<std::vector<std::string>> resolve(
        const Endpoint& endpoint, const IoBounds& bounds
    );

private:
    struct Question;

    Lookup lookup_;
    std::shared_ptr<Question> pending_;
};

}  // namespace rollcall::http
