// The floor: epoll and nothing else. It sends back what it reads, without looking at it; the client
// knows how long a reply is and counts bytes. All replies of a read are sent in one write.

#include "contender.h"
#include "raw_caller.h"
#include "request_bytes.h"

#include <array>
#include <cerrno>
#include <deque>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace rollcall::bench {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10U;

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error{errno, std::generic_category(), what};
    return result;
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void send_small_writes_at_once(int socket) {
    const int on = 1;
    checked(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

// A non-blocking socket with what it did not take yet.
class RawSocket {
public:
    explicit RawSocket(int socket) : socket_(socket) {}

    ~RawSocket() { ::close(socket_); }

    RawSocket(const RawSocket&) = delete;
    RawSocket& operator=(const RawSocket&) = delete;

    // `owner` comes with its events.
    void watch(int epoll, void* owner) {
        epoll_ = epoll;
        owner_ = owner;
        epoll_event event{EPOLLIN, {.ptr = owner_}};
        checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event), "epoll_ctl");
    }

    // Bytes read into `to`; 0 if there is nothing now, -1 at the end.
    [[nodiscard]] ssize_t read(std::vector<char>& to) const {
        const ssize_t bytes = ::recv(socket_, to.data(), to.size(), 0);
        if (bytes > 0) return bytes;
        return bytes < 0 && errno == EAGAIN ? 0 : -1;
    }

    void write(const char* data, std::size_t bytes) {
        std::size_t sent = 0;
        if (rest_.empty()) {
            const ssize_t taken = ::send(socket_, data, bytes, MSG_NOSIGNAL);
            sent = taken > 0 ? static_cast<std::size_t>(taken) : 0;
        }
        if (sent == bytes) return;
        rest_.append(data + sent, bytes - sent);
        await_room(true);
    }

    void write_rest() {
        const ssize_t taken =
            ::send(socket_, rest_.data() + done_, rest_.size() - done_, MSG_NOSIGNAL);
        if (taken > 0) done_ += static_cast<std::size_t>(taken);
        if (done_ < rest_.size()) return;
        rest_.clear();
        done_ = 0;
        await_room(false);
    }

private:
    void await_room(bool wanted) {
        if (wanted == awaits_room_) return;
        awaits_room_ = wanted;
        epoll_event event{EPOLLIN, {.ptr = owner_}};
        if (wanted) event.events |= EPOLLOUT;
        checked(::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_, &event), "epoll_ctl");
    }

    const int socket_;
    int epoll_ = -1;
    void* owner_ = nullptr;
    std::string rest_;
    std::size_t done_ = 0;
    bool awaits_room_ = false;
};

void serve_epoll(const Listening& listening) {
    const int listener = checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    checked(::bind(listener, name, length), "bind");
    checked(::listen(listener, SOMAXCONN), "listen");
    checked(::getsockname(listener, name, &length), "getsockname");
    const int epoll = checked(::epoll_create1(0), "epoll_create1");
    epoll_event of_listener{EPOLLIN, {.ptr = nullptr}};
    checked(::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &of_listener), "epoll_ctl");
    listening(ntohs(address.sin_port));

    std::vector<char> buffer(kBufferBytes);
    std::array<epoll_event, 256> events{};
    for (;;) {
        const int ready = ::epoll_wait(epoll, events.data(), events.size(), -1);
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events.at(static_cast<std::size_t>(i));
            if (event.data.ptr == nullptr) {
                const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
                if (accepted < 0) continue;
                send_small_writes_at_once(accepted);
                auto* const socket = new RawSocket{accepted};
                socket->watch(epoll, socket);
                continue;
            }
            auto* const socket = static_cast<RawSocket*>(event.data.ptr);
            if ((event.events & EPOLLOUT) != 0) socket->write_rest();
            if ((event.events & ~EPOLLOUT) == 0) continue;
            const ssize_t bytes = socket->read(buffer);
            if (bytes > 0) socket->write(buffer.data(), static_cast<std::size_t>(bytes));
            if (bytes < 0) delete socket;
        }
    }
}

class LoadConnection {
public:
    LoadConnection(
        int epoll,
        const Endpoint& server,
        const std::string& requests,
        const Workload& workload,
        Measurement& measurement
    )
        : socket_(connect(server)),
          requests_(requests),
          request_bytes_(requests.size() / workload.in_flight),
          measurement_(measurement) {
        socket_.watch(epoll, this);
    }

    void send(std::size_t calls, TimePoint now) {
        sent_.insert(sent_.end(), calls, now);
        socket_.write(requests_.data(), calls * request_bytes_);
    }

    // False when the measurement is over.
    [[nodiscard]] bool on_ready(std::uint32_t events, std::vector<char>& buffer) {
        if ((events & EPOLLOUT) != 0) socket_.write_rest();
        if ((events & ~std::uint32_t{EPOLLOUT}) == 0) return true;
        const ssize_t bytes = socket_.read(buffer);
        if (bytes < 0) measurement_.add_failure();
        if (bytes <= 0) return bytes == 0;
        received_ += static_cast<std::size_t>(bytes);
        std::size_t replies = 0;
        TimePoint now;
        // As every contender: one look at the clock for each call.
        for (; received_ >= request_bytes_; received_ -= request_bytes_, ++replies) {
            now = SteadyClock::now();
            measurement_.add(sent_.front(), now);
            sent_.pop_front();
        }
        if (replies == 0) return true;
        if (measurement_.is_over(now)) return false;
        send(replies, now);
        return true;
    }

private:
    static int connect(const Endpoint& server) {
        const int socket = checked(::socket(AF_INET, SOCK_STREAM, 0), "socket");
        const sockaddr_in address = loopback(server.port());
        const auto* const name = reinterpret_cast<const sockaddr*>(&address);
        checked(::connect(socket, name, sizeof address), "connect");
        send_small_writes_at_once(socket);
        int on = 1;
        checked(::ioctl(socket, FIONBIO, &on), "FIONBIO");
        return socket;
    }

    RawSocket socket_;
    const std::string& requests_;  // as many as are ever in flight
    const std::size_t request_bytes_;
    Measurement& measurement_;
    std::deque<TimePoint> sent_;
    std::size_t received_ = 0;
};

void load_epoll(const Endpoint& server, const Workload& workload, Measurement& measurement) {
    const std::string request = request_bytes(workload.payload_bytes);
    std::string requests;
    for (std::size_t i = 0; i < workload.in_flight; ++i)
        requests += request;
    const int epoll = checked(::epoll_create1(0), "epoll_create1");
    std::vector<std::unique_ptr<LoadConnection>> connections;
    for (std::size_t i = 0; i < workload.connections; ++i) {
        connections.push_back(
            std::make_unique<LoadConnection>(epoll, server, requests, workload, measurement)
        );
    }
    measurement.begin();
    for (const auto& connection : connections)
        connection->send(workload.in_flight, SteadyClock::now());
    std::vector<char> buffer(kBufferBytes);
    std::array<epoll_event, 256> events{};
    for (bool goes_on = true; goes_on;) {
        const int ready = ::epoll_wait(epoll, events.data(), events.size(), -1);
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events.at(static_cast<std::size_t>(i));
            auto* const connection = static_cast<LoadConnection*>(event.data.ptr);
            goes_on = connection->on_ready(event.events, buffer) && goes_on;
        }
    }
    ::close(epoll);
}

}  // namespace

Contenders epoll_contenders() {
    Contender made{"epoll", serve_epoll, load_epoll};
    made.connect = connect_raw;
    made.threads = Threads::have_one_each;
    made.connections = true;
    return {made};
}

}  // namespace rollcall::bench
