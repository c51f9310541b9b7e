#include "exchange.h"

#include "bounded_stream.h"
#include "channel.h"
#include "connector.h"
#include "dial.h"

#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// httplib is used for HTTP only. Its own I/O has a time-out per receive, which a server that sends
// a byte at a time renews for ever; holds its mutex while it resolves and connects, so that
// stop() waits for both; and writes without MSG_NOSIGNAL. It leaves two virtual functions open,
// for making the connection and for the stream over it, and those are ours.

namespace rollcall::http {
namespace {

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
          options_(options),
          connector_(
              base.endpoint(),
              {base.is_encrypted(), options.tls, options.connect_timeout, options.lookup}
          ) {
        set_keep_alive(true);
        set_url_encode(false);
        set_decompress(false);
        set_follow_location(false);
    }

    Result<Client::Response> exchange(const Outgoing& outgoing, const IoBounds& bounds) {
        IoBounds own = bounds;  // the reader of a stream moves the deadline
        bounds_ = &own;
        outcome_ = {};
        std::string body;
        httplib::Response response;
        httplib::Request request;
        request.method = outgoing.method;
        request.path = outgoing.target;
        for (const auto& [name, value] : outgoing.headers)
            request.headers.emplace(name, value);
        request.body = outgoing.body;
        request.content_receiver =
            [&](const char* data, size_t size, uint64_t /*offset*/, uint64_t /*total*/) {
                const bool streams = outgoing.receive && response.status / 100 == 2;
                return streams ? hand_out({data, size}, outgoing.receive, own)
                               : collect({data, size}, body);
            };
        auto unused = httplib::Error::Success;
        const bool ok = ClientImpl::send(request, response, unused);
        bounds_ = nullptr;
        const bool whole = ok || outcome_.not_modified || outcome_.ended_by_reader;
        if (!whole) return error_of(outcome_, options_);
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
    bool collect(std::string_view piece, std::string& body) {
        outcome_.body_too_large = piece.size() > options_.body_bytes_max - body.size();
        if (!outcome_.body_too_large) body.append(piece);
        return !outcome_.body_too_large;
    }

    bool hand_out(std::string_view piece, const Client::Receive& receive, IoBounds& bounds) {
        const auto deadline = receive(piece);
        if (deadline) bounds.deadline = *deadline;
        outcome_.ended_by_reader = !deadline;
        return deadline.has_value();
    }

    // Fills in the socket only if all went well.
    Result<void> connect(Socket& socket, const IoBounds& bounds) {
        channel_.reset();
        auto connection = connector_.connect(bounds);
        if (!connection) return connection.error();
        channel_ = std::move(connection->channel);
        // httplib closes it.
        socket.sock = connection->socket.release();
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

    ClientOptions options_;
    Connector connector_;
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
