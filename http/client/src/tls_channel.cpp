#include "tls_channel.h"

#include <rollcall/tls/context.h>

#include <cerrno>
#include <poll.h>
#include <system_error>
#include <utility>

namespace rollcall::http {

using State = tls::Step::State;

Result<std::unique_ptr<TlsChannel>> TlsChannel::connect(
    int descriptor,
    const Endpoint& server,
    const tls::ClientOptions& options,
    const IoBounds& bounds
) {
    const auto context = tls::client_context(options);
    if (!context) return context.error();
    auto session = tls::Session::connect(
        descriptor,
        *context,
        {server.host(), options, "if it speaks plain HTTP, its URL starts with http://"}
    );
    if (!session) return session.error();
    std::unique_ptr<TlsChannel> channel{new TlsChannel{descriptor, *std::move(session)}};
    if (auto done = channel->handshake(bounds); !done) return done.error();
    return channel;
}

TlsChannel::TlsChannel(int descriptor, std::unique_ptr<tls::Session> session)
    : descriptor_(descriptor), session_(std::move(session)) {
}

TlsChannel::~TlsChannel() {
    session_->say_goodbye();
}

Result<void> TlsChannel::handshake(const IoBounds& bounds) {
    for (;;) {
        const tls::Step step = session_->handshake();
        if (step.state == State::done) return {};
        const Transfer transfer = wait_after(step, bounds);
        switch (transfer.end) {
            case IoEnd::ready:
                break;
            case IoEnd::timed_out:
                return Error{Errc::timed_out, "the TLS handshake was not complete"};
            case IoEnd::cancelled:
                return Error{Errc::cancelled, "cancelled"};
            case IoEnd::closed:
            case IoEnd::cut:
            case IoEnd::failed:
                if (failure_) return *failure_;
                return Error{
                    Errc::connect_failed,
                    "the connection failed within the TLS handshake: " +
                        std::generic_category().message(transfer.error)};
        }
    }
}

Transfer TlsChannel::read_some(char* data, std::size_t size, const IoBounds& bounds) {
    for (;;) {
        // Asked before each receive: data that never stops coming must not outlive the deadline.
        const IoEnd end = check_bounds(bounds);
        if (end != IoEnd::ready) return {end, 0, 0};
        const tls::Step step = session_->read(data, size);
        if (step.state == State::done) return {IoEnd::ready, step.bytes, 0};
        const Transfer transfer = wait_after(step, bounds);
        if (transfer.end != IoEnd::ready) return transfer;
    }
}

Transfer TlsChannel::write_all(const char* data, std::size_t size, const IoBounds& bounds) {
    std::size_t done = 0;
    while (done < size) {
        const IoEnd end = check_bounds(bounds);
        if (end != IoEnd::ready) return {end, done, 0};
        const tls::Step step = session_->write(data + done, size - done);
        if (step.state == State::done) {
            done += step.bytes;
            continue;
        }
        const Transfer transfer = wait_after(step, bounds);
        if (transfer.end != IoEnd::ready) return {transfer.end, done, transfer.error};
    }
    return {IoEnd::ready, done, 0};
}

Transfer TlsChannel::wait_after(const tls::Step& step, const IoBounds& bounds) {
    switch (step.state) {
        case State::done:
            return {IoEnd::ready, 0, 0};
        case State::wants_read:
            return {wait_ready(descriptor_, POLLIN, bounds), 0, errno};
        case State::wants_write:
            return {wait_ready(descriptor_, POLLOUT, bounds), 0, errno};
        case State::closed:
            return {IoEnd::closed, 0, 0};
        case State::cut:
            failure_ = session_->failure();
            return {IoEnd::cut, 0, 0};
        case State::failed:
            break;
    }
    failure_ = session_->failure();
    return {IoEnd::failed, 0, step.error};
}

}  // namespace rollcall::http
