#include "acceptor.h"

#include <rollcall/base/close_on_exec.h>

#include "port_holder.h"
#include "resolver.h"

#include <asio/ip/v6_only.hpp>

#include <cerrno>
#include <future>
#include <optional>
#include <system_error>

namespace rollcall::rpc {
namespace {

// How long accepting rests when the process has no descriptors left.
constexpr Duration kExhaustedPause = std::chrono::milliseconds{100};
constexpr Duration kResolvePatience = std::chrono::seconds{5};

Addresses listen_addresses(const Endpoint& listen) {
    if (Addresses literal = literal_address(listen); !literal.empty()) return literal;
    const auto answer = std::make_shared<std::promise<Result<Addresses>>>();
    auto future = answer->get_future();
    resolve(listen, [answer](Result<Addresses> addresses) {
        answer->set_value(std::move(addresses));
    });
    if (future.wait_for(kResolvePatience) != std::future_status::ready) {
        throw std::system_error{
            std::make_error_code(std::errc::timed_out), "cannot resolve " + listen.to_string()};
    }
    Result<Addresses> addresses = future.get();
    if (!addresses) {
        throw std::system_error{make_error_code(Errc::resolve_failed), addresses.error().message()};
    }
    return *std::move(addresses);
}

}  // namespace

Acceptor::Acceptor(
    std::shared_ptr<IoThread> thread, const Endpoint& listen, unsigned unix_mode, Log log
)
    : thread_(std::move(thread)),
      log_(std::move(log)),
      acceptor_(thread_->context()),
      pause_(thread_->context()) {
    if (!listen.is_unix()) {
        listen_on_tcp(listen);
        return;
    }
    acceptor_.open(unix_address(listen).protocol());
    close_on_exec(acceptor_.native_handle());
    file_ = UnixSocketFile::listen(acceptor_, listen, unix_mode);
    endpoint_ = listen;
}

void Acceptor::listen_on_tcp(const Endpoint& listen) {
    const asio::ip::tcp::endpoint address = listen_addresses(listen).front();
    asio::error_code ec;
    acceptor_.open(address.protocol(), ec);
    close_on_exec(acceptor_.native_handle());
    if (!ec) acceptor_.set_option(asio::socket_base::reuse_address{true}, ec);
    // A wildcard IPv6 address serves IPv4 as well.
    if (!ec && address.address().is_v6()) acceptor_.set_option(asio::ip::v6_only{false}, ec);
    if (!ec) acceptor_.bind(address, ec);
    if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) {
        std::string what = "cannot listen on " + listen.to_string();
        const bool taken = ec == asio::error::address_in_use;
        if (const std::string holder = taken ? port_holder(listen.port()) : ""; !holder.empty()) {
            what += " (held by " + holder + ")";
        }
        // Of the standard category: Asio's own does not compare equal to std::errc.
        throw std::system_error{ec.value(), std::system_category(), what};
    }
    endpoint_ = endpoint_of(acceptor_.local_endpoint()).value();
}

void Acceptor::start(const Self& self, NextTarget next) {
    self->next_ = std::move(next);
    accept_next(self);
}

void Acceptor::accept_next(const Self& self) {
    self->target_ = self->next_();
    self->accepted_ = std::make_unique<StreamSocket>(self->target_.thread->context());
    self->acceptor_.async_accept(*self->accepted_, [self](const asio::error_code& ec) {
        on_accept(self, ec);
    });
}

void Acceptor::on_accept(const Self& self, const asio::error_code& ec) {
    if (self->closed_) {
        // It may have accepted before it was cancelled: that connection is not lost.
        if (!ec) self->target_.adopt(std::move(*self->accepted_));
        return self->finish_close();
    }
    const bool exhausted = ec == asio::error::no_descriptors ||
                           ec.value() == ENFILE ||  // no std::errc equals a code of Asio
                           ec == asio::error::no_buffer_space || ec == asio::error::no_memory;
    if (!ec) {
        self->exhausted_ = false;
        self->target_.adopt(std::move(*self->accepted_));
    } else if (exhausted && !std::exchange(self->exhausted_, true)) {
        self->log_.error(
            "server " + self->endpoint_.to_string() + ": cannot accept connections: " + ec.message()
        );
    }
    if (!exhausted) return accept_next(self);  // a connection that was gone before it was accepted
    self->pause_.expires_after(kExhaustedPause);
    self->pause_.async_wait([self](const asio::error_code&) {
        self->closed_ ? self->finish_close() : accept_next(self);
    });
}

void Acceptor::close(const Self& self, std::function<void()> closed) {
    self->closed_ = std::move(closed);
    self->file_.remove();  // nobody else comes; those who have come are still accepted
    // Either an accept or a pause is under way; its completion goes on.
    asio::error_code ignored;
    self->acceptor_.cancel(ignored);
    self->pause_.cancel();
}

void Acceptor::finish_close() {
    asio::error_code ec;
    acceptor_.non_blocking(true, ec);
    // As many as the backlog holds; peers that connect meanwhile could prolong it without end.
    for (int i = 0; i < asio::socket_base::max_listen_connections && !ec; ++i) {
        const Target target = next_();
        StreamSocket socket{target.thread->context()};
        acceptor_.accept(socket, ec);
        if (!ec) target.adopt(std::move(socket));
    }
    acceptor_.close(ec);
    next_ = nullptr;  // what these hold must not outlive the stop
    target_ = {};
    accepted_.reset();
    const auto closed = std::exchange(closed_, nullptr);
    closed();
}

}  // namespace rollcall::rpc
