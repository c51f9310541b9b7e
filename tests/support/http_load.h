#pragma once
// Many kept-alive HTTP connections of one thread, each with one request under way.

#include <rollcall/base/clock.h>
#include <rollcall/base/endpoint.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::tests {

// Throws std::runtime_error if a connection fails or an answer has another status than expected.
class HttpLoad {
public:
    HttpLoad(const Endpoint& server, std::size_t connections);
    ~HttpLoad();
    HttpLoad(const HttpLoad&) = delete;
    HttpLoad& operator=(const HttpLoad&) = delete;

    struct Figures {
        std::uint64_t requests = 0;
        double seconds = 0;
        double client_cpu_us = 0;  // of this thread, per request
        double server_cpu_us = 0;  // of the rest of the process, per request
    };

    // Writes the next request to its argument; false when there are no more.
    using Next = std::function<bool(std::string& request)>;

    // Sends what `next` gives until it gives nothing or `limit` has passed; waits for all answers.
    Figures run(const Next& next, Duration limit);

    // One request on the first connection, and the body of its answer.
    std::string ask(const std::string& request);

    // Sends one request on each connection, the same or that of its number, and returns at once.
    void send_each(const std::string& request);
    void send_each(const std::function<std::string(std::size_t number)>& request);
    // Waits for an answer on each; when each came, counted from `since`, sorted.
    std::vector<Duration> receive_each(TimePoint since, Duration limit);

    // Connections whose last answer has `text` in it.
    [[nodiscard]] std::size_t answers_with(std::string_view text) const;

private:
    struct Connection {
        int descriptor = -1;
        std::string received;
        bool waiting = false;
    };

    void send(Connection& connection, std::string_view request);
    // True when the whole answer has come.
    bool receive(Connection& connection);

    int epoll_ = -1;
    std::vector<Connection> connections_;
};

// "METHOD target HTTP/1.1" with a body.
[[nodiscard]] std::string request_text(
    std::string_view method, std::string_view target, std::string_view body = ""
);

}  // namespace rollcall::tests
