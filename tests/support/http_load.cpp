#include "support/http_load.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rollcall::tests {
namespace {

double cpu_seconds(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::system_category(), what};
}

int dial(const Endpoint& server) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(descriptor, generic, sizeof address) != 0) fail("connect");
    return descriptor;
}

// The size of the answer that begins here; 0 while its head is not whole.
std::size_t answer_size(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    const auto length = text.find("Content-Length: ");
    const std::size_t body =
        length < end ? std::strtoull(text.c_str() + length + 16, nullptr, 10) : 0;
    return end + 4 + body;
}

}  // namespace

HttpLoad::HttpLoad(const Endpoint& server, std::size_t connections)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), connections_(connections) {
    for (std::size_t i = 0; i < connections; ++i) {
        connections_[i].descriptor = dial(server);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].descriptor, &event) != 0)
            fail("epoll_ctl");
    }
}

HttpLoad::~HttpLoad() {
    for (const Connection& connection : connections_)
        ::close(connection.descriptor);
    ::close(epoll_);
}

HttpLoad::Figures HttpLoad::run(const Next& next, Duration limit) {
    const double process = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    const double thread = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    const TimePoint begun = SteadyClock::now();
    Figures figures;
    std::string request;
    std::size_t waiting = 0;
    bool more = true;
    const auto send_next = [&](Connection& connection) {
        more = more && SteadyClock::now() < begun + limit && next(request);
        if (!more) return;
        send(connection, request);
        ++waiting;
    };
    for (Connection& connection : connections_)
        send_next(connection);
    std::array<epoll_event, 256> events{};
    while (waiting > 0) {
        const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 10'000);
        if (ready <= 0) throw std::runtime_error{"no answer for ten seconds"};
        for (int i = 0; i < ready; ++i) {
            Connection& connection = connections_[events.at(static_cast<std::size_t>(i)).data.u64];
            if (!receive(connection)) continue;
            --waiting;
            ++figures.requests;
            send_next(connection);
        }
    }
    const double client = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - thread;
    const double all = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - process;
    figures.seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
    const auto count = static_cast<double>(figures.requests);
    figures.client_cpu_us = client * 1e6 / count;
    figures.server_cpu_us = (all - client) * 1e6 / count;
    return figures;
}

void HttpLoad::send_each(const std::string& request) {
    for (Connection& connection : connections_)
        send(connection, request);
}

void HttpLoad::send_each(const std::function<std::string(std::size_t number)>& request) {
    for (std::size_t i = 0; i < connections_.size(); ++i)
        send(connections_[i], request(i));
}

std::size_t HttpLoad::answers_with(std::string_view text) const {
    const auto has = [&](const Connection& each) {
        return !each.waiting && each.received.find(text) != std::string::npos;
    };
    const auto count = std::count_if(connections_.begin(), connections_.end(), has);
    return static_cast<std::size_t>(count);
}

std::vector<Duration> HttpLoad::receive_each(TimePoint since, Duration limit) {
    std::vector<Duration> times;
    std::array<epoll_event, 256> events{};
    while (times.size() < connections_.size()) {
        if (SteadyClock::now() > since + limit) {
            throw std::runtime_error{
                std::to_string(connections_.size() - times.size()) + " answers have not come"};
        }
        const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 1000);
        for (int i = 0; i < ready; ++i) {
            if (receive(connections_[events.at(static_cast<std::size_t>(i)).data.u64]))
                times.push_back(SteadyClock::now() - since);
        }
    }
    return times;
}

std::string HttpLoad::ask(const std::string& request) {
    Connection& connection = connections_.front();
    send(connection, request);
    while (!receive(connection)) {
        epoll_event event{};
        if (::epoll_wait(epoll_, &event, 1, 10'000) <= 0)
            throw std::runtime_error{"no answer for ten seconds"};
    }
    const std::string answer = std::exchange(connection.received, {});
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

void HttpLoad::send(Connection& connection, std::string_view request) {
    connection.received.clear();
    connection.waiting = true;
    while (!request.empty()) {
        const ssize_t n =
            ::send(connection.descriptor, request.data(), request.size(), MSG_NOSIGNAL);
        if (n <= 0) fail("send");
        request.remove_prefix(static_cast<std::size_t>(n));
    }
}

bool HttpLoad::receive(Connection& connection) {
    std::array<char, 65536> chunk;
    const ssize_t n = ::recv(connection.descriptor, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) fail("the server closed a connection");
    connection.received.append(chunk.data(), static_cast<std::size_t>(n));
    const std::size_t size = answer_size(connection.received);
    if (!connection.waiting || size == 0 || connection.received.size() < size) return false;
    if (connection.received.compare(9, 1, "2") != 0)
        throw std::runtime_error{"an answer is " + connection.received.substr(0, 200)};
    connection.waiting = false;
    return true;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body) {
    std::string text{method};
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: x\r\n");
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text.append("\r\n").append(body);
    return text;
}

}  // namespace rollcall::tests
