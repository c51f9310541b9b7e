#include "exchange.h"

#include "channel.h"
#include "dial.h"
#include "resolver.h"
#include "tls_channel.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

// httplib is used for HTTP only. Its own I/O has a time-out per receive, which a server that sends
// a byte at a time renews for ever; holds its mutex while it resolves and connects, so that
// stop() waits for both; and writes without MSG_NOSIGNAL. It leaves two virtual functions open,
// for making the connection and for the stream over it, and those are ours.

namespace rollcall::http {
namespace {

// httplib refuses longer lines with an error that does not say so, and matches the status line
// with std::regex, which recurses once per character: so the limit is held here.
constexpr std::size_t kLineBytesMax = CPPHTTPLIB_HEADER_MAX_LENGTH;

// What became of one request; the stream and the callbacks write it.
struct Outcome {
    IoEnd end = IoEnd::ready;
    int error = 0;
    bool answered = false;  // at least one byte came back
    bool reused = true;     // no new connection was made
    bool line_too_long = false;
    bool headers_too_large = false;
    bool body_too_large = false;
    bool not_modified = false;  // a 304 is whole, and has no body
    std::string exception = {};
    std::vector<std::string> empty_headers = {};  // httplib leaves out headers without a value
    std::optional<Error> dial_error = std::nullopt;
    std::optional<Error> failure = std::nullopt;  // what the channel knows about it
};

class BoundedStream final : public httplib::Stream {
public:
    BoundedStream(
        Channel& channel, const IoBounds& bounds, std::size_t header_max, Outcome& outcome
    )
        : channel_(channel), bounds_(bounds), header_bytes_max_(header_max), outcome_(outcome) {}

    [[nodiscard]] bool is_readable() const override { return true; }

    [[nodiscard]] bool is_writable() const override { return true; }

    ssize_t read(char* data, size_t size) override {
        if (size == 0 || outcome_.not_modified) return 0;
        if (position_ == filled_) {
            if (const ssize_t end = fill(); end <= 0) return end;
        }
        const std::size_t n = std::min(size, filled_ - position_);
        std::copy_n(buffer_.data() + position_, n, data);
        position_ += n;
        if (!count(size == 1, *data)) return -1;
        return static_cast<ssize_t>(n);
    }

    ssize_t write(const char* data, size_t size) override {
        const Transfer sent = channel_.write_all(data, size, bounds_);
        if (sent.end == IoEnd::ready) return static_cast<ssize_t>(size);
        note(sent);
        return -1;
    }

    void get_remote_ip_and_port(std::string&, int&) const override {}

    void get_local_ip_and_port(std::string&, int&) const override {}

    // Nobody asks: all I/O goes through read() and write().
    [[nodiscard]] socket_t socket() const override { return -1; }

private:
    ssize_t fill() {
        const Transfer got = channel_.read_some(buffer_.data(), buffer_.size(), bounds_);
        if (got.end != IoEnd::ready) {
            note(got);
            return got.end == IoEnd::closed ? 0 : -1;
        }
        outcome_.answered = true;
        position_ = 0;
        filled_ = got.bytes;
        return 1;
    }

    // httplib reads lines byte by byte and bodies in blocks, which is how the two are told apart.
    bool count(bool in_line, char byte) {
        if (!in_line) {
            in_headers_ = false;
            line_bytes_ = 0;
            return true;
        }
        outcome_.line_too_long = ++line_bytes_ > kLineBytesMax;
        outcome_.headers_too_large = in_headers_ && ++header_bytes_ > header_bytes_max_;
        if (in_headers_) line_ += byte;
        if (byte == '\n') {
            if (in_headers_) note_status();
            note_empty_header();
            line_bytes_ = 0;
            line_.clear();
        }
        return !outcome_.line_too_long && !outcome_.headers_too_large;
    }

    // httplib would read a body up to the end of the connection, which a server keeps alive, or
    // one of the length that the header tells of the list that has not been sent.
    void note_status() {
        if (line_.starts_with("HTTP/1.")) is_304_ = line_.compare(8, 4, " 304") == 0;
        const bool is_end = line_ == "\r\n" || line_ == "\n";
        outcome_.not_modified = is_304_ && is_end && !outcome_.headers_too_large;
    }

    void note_empty_header() {
        const auto colon = line_.find(':');
        if (colon == 0 || colon == std::string::npos) return;
        if (line_.find_first_not_of(" \t\r\n", colon + 1) != std::string::npos) return;
        outcome_.empty_headers.push_back(line_.substr(0, colon));
    }

    void note(const Transfer& transfer) {
        outcome_.end = transfer.end;
        outcome_.error = transfer.error;
        outcome_.failure = channel_.failure();
    }

    Channel& channel_;
    const IoBounds& bounds_;
    std::size_t header_bytes_max_;
    Outcome& outcome_;
    std::array<char, 4096> buffer_{};
    std::size_t position_ = 0;
    std::size_t filled_ = 0;
    std::string line_;  // of the headers, as far as it was read
    std::size_t line_bytes_ = 0;
    std::size_t header_bytes_ = 0;
    bool in_headers_ = true;
    bool is_304_ = false;
};

Error error_of(const Outcome& outcome, const ClientOptions& options) {
    if (outcome.dial_error) return *outcome.dial_error;
    if (outcome.line_too_long) {
        return Error{
            Errc::message_too_large,
            "a header of the answer is longer than " + std::to_string(kLineBytesMax) +
                " bytes, the most that this client reads; have the server send less in one "
                "header, or the same in the body"};
    }
    if (outcome.headers_too_large) {
        return Error{
            Errc::message_too_large,
            "the headers of the answer are larger than header_bytes_max, " +
                std::to_string(options.header_bytes_max) + " bytes"};
    }
    if (outcome.body_too_large) {
        return Error{
            Errc::message_too_large,
            "the body of the answer is larger than body_bytes_max, " +
                std::to_string(options.body_bytes_max) + " bytes"};
    }
    if (outcome.failure) return *outcome.failure;
    switch (outcome.end) {
        case IoEnd::timed_out:
            return Error{
                Errc::timed_out,
                outcome.answered ? "the answer was not complete" : "no answer came"};
        case IoEnd::cancelled:
            return Error{Errc::cancelled, "cancelled"};
        case IoEnd::closed:
        case IoEnd::cut:
            return Error{
                Errc::connection_lost,
                outcome.answered ? "the server closed the connection within its answer"
                                 : "the server closed the connection without an answer"};
        case IoEnd::failed:
            return Error{
                Errc::connection_lost,
                "the connection failed: " + std::generic_category().message(outcome.error)};
        case IoEnd::ready:
            break;
    }
    const std::string detail = outcome.exception.empty() ? "" : " (" + outcome.exception + ")";
    return Error{Errc::protocol_error, "the answer is not HTTP/1.1" + detail};
}

// A kept-alive connection that the server has given up meanwhile shows only now.
bool found_closed(const Outcome& outcome) {
    return outcome.reused && !outcome.answered &&
           (outcome.end == IoEnd::closed || outcome.end == IoEnd::cut ||
            outcome.end == IoEnd::failed);
}

}  // namespace

class Exchange::Connection final : public httplib::ClientImpl {
public:
    Connection(const Url& base, const ClientOptions& options)
        : httplib::ClientImpl(base.endpoint().host(), base.endpoint().port()),
          endpoint_(base.endpoint()),
          encrypted_(base.is_encrypted()),
          options_(options),
          resolver_(options.lookup) {
        set_keep_alive(true);
        set_url_encode(false);
        set_decompress(false);
        set_follow_location(false);
    }

    Result<Client::Response> exchange(const Outgoing& outgoing, const IoBounds& bounds) {
        bounds_ = &bounds;
        outcome_ = {};
        std::string body;
        httplib::Request request;
        request.method = outgoing.method;
        request.path = outgoing.target;
        for (const auto& [name, value] : outgoing.headers)
            request.headers.emplace(name, value);
        request.body = outgoing.body;
        request.content_receiver =
            [&](const char* data, size_t size, uint64_t /*offset*/, uint64_t /*total*/) {
                outcome_.body_too_large = size > options_.body_bytes_max - body.size();
                if (!outcome_.body_too_large) body.append(data, size);
                return !outcome_.body_too_large;
            };
        httplib::Response response;
        auto unused = httplib::Error::Success;
        const bool ok = ClientImpl::send(request, response, unused);
        bounds_ = nullptr;
        if (!ok && !outcome_.not_modified) return error_of(outcome_, options_);
        HeaderList headers{response.headers.begin(), response.headers.end()};
        for (const std::string& name : outcome_.empty_headers)
            if (!response.has_header(name)) headers.emplace_back(name, "");
        return Client::Response{response.status, std::move(headers), std::move(body)};
    }

    [[nodiscard]] bool found_connection_closed() const { return found_closed(outcome_); }

    Result<std::string> local_address(const IoBounds& bounds) {
        const std::lock_guard lock{socket_mutex_};
        if (!socket_.is_open()) {
            if (auto connected = connect(socket_, bounds); !connected) return connected.error();
        }
        return local_address_of(socket_.sock);
    }

private:
    // Fills in the socket only if all went well.
    Result<void> connect(Socket& socket, const IoBounds& bounds) {
        channel_.reset();
        auto addresses = resolver_.resolve(endpoint_, bounds);
        if (!addresses) return addresses.error();
        auto descriptor = dial(*addresses, {endpoint_.port(), options_.connect_timeout}, bounds);
        if (!descriptor) return descriptor.error();
        if (!encrypted_) {
            channel_ = std::make_unique<PlainChannel>(*descriptor);
        } else {
            auto channel = TlsChannel::connect(*descriptor, endpoint_, options_.tls, bounds);
            if (!channel) {
                ::close(*descriptor);
                return channel.error();
            }
            channel_ = std::move(*channel);
        }
        socket.sock = *descriptor;
        return {};
    }

    bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
        outcome_.reused = false;
        const auto connected = connect(socket, *bounds_);
        if (connected) return true;
        error = httplib::Error::Connection;
        outcome_.dial_error = connected.error();
        return false;
    }

    // Called before the socket is closed.
    void shutdown_ssl(Socket&, bool) override { channel_.reset(); }

    bool process_socket(const Socket&, std::function<bool(httplib::Stream&)> callback) override {
        BoundedStream stream{*channel_, *bounds_, options_.header_bytes_max, outcome_};
        // send() is left in a wrong state by an exception.
        try {
            return callback(stream);
        } catch (const std::exception& error) {
            outcome_.exception = error.what();
            return false;
        }
    }

    Endpoint endpoint_;
    bool encrypted_;
    ClientOptions options_;
    Resolver resolver_;
    std::unique_ptr<Channel> channel_;  // over the socket, while there is one
    Outcome outcome_;
    const IoBounds* bounds_ = nullptr;  // of the request under way
};

Exchange::Exchange(const Url& base, const ClientOptions& options)
    : connection_(std::make_unique<Connection>(base, options)) {
}

Exchange::~Exchange() = default;

Result<Client::Response> Exchange::send(const Outgoing& outgoing, const IoBounds& bounds) {
    auto answer = connection_->exchange(outgoing, bounds);
    if (!answer && connection_->found_connection_closed()) {
        answer = connection_->exchange(outgoing, bounds);
    }
    return answer;
}

Result<std::string> Exchange::local_address(const IoBounds& bounds) {
    return connection_->local_address(bounds);
}

}  // namespace rollcall::http
