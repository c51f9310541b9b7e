#include "dialer.h"

#include <rollcall/base/catching.h>
#include <rollcall/base/close_on_exec.h>
#include <rollcall/base/deadline.h>

#include <asio/post.hpp>

namespace rollcall::rpc {
namespace {

using State = tls::Step::State;

std::string words_for(const asio::error_code& problem) {
    // Only the timer closes the socket under a connect.
    if (problem == asio::error::operation_aborted) return "no answer in time";
    // What Asio makes of the EAGAIN of a Unix domain socket.
    if (problem == asio::error::no_buffer_space) {
        return "too many connections wait there to be accepted";
    }
    return problem.message();
}

}  // namespace

Dial::Dial(
    std::shared_ptr<IoThread> thread, std::shared_ptr<ClientTls> tls, Duration timeout, Done done
)
    : thread_(std::move(thread)),
      tls_(std::move(tls)),
      ends_(Deadline::in(timeout).point()),
      done_(std::move(done)),
      timer_(thread_->context()) {
}

std::shared_ptr<Dial> Dial::start(
    std::shared_ptr<IoThread> thread,
    const Endpoint& endpoint,
    std::shared_ptr<ClientTls> tls,
    Duration timeout,
    Done done
) {
    Self self{new Dial{std::move(thread), std::move(tls), timeout, std::move(done)}};
    asio::io_context& context = self->thread_->context();
    if (endpoint.is_unix()) {
        self->addresses_ = {unix_address(endpoint)};
        asio::post(context, [self] {
            if (self->done_) try_next(self);
        });
        return self;
    }
    if (Addresses literal = literal_address(endpoint); !literal.empty()) {
        asio::post(context, [self, literal = std::move(literal)] { on_resolved(self, literal); });
        return self;
    }
    arm_timer(self, self->ends_);
    // Weak: a lookup may come back long after the attempt, the loop and its thread have ended, and
    // a handler that a stopped loop never runs must not be what keeps that loop alive.
    resolve(
        endpoint,
        [attempt = std::weak_ptr<Dial>{self},
         loop = std::weak_ptr<IoThread>{self->thread_}](const Result<Addresses>& addresses) {
            const auto io = loop.lock();
            if (!io) return;
            asio::post(io->context(), [attempt, addresses] {
                if (const Self dial = attempt.lock()) on_resolved(dial, addresses);
            });
        }
    );
    return self;
}

std::shared_ptr<Dial> Dial::start_with(
    std::shared_ptr<IoThread> thread, std::function<Result<int>()> connect, Done done
) {
    Self self{new Dial{std::move(thread), nullptr, Duration{0}, std::move(done)}};
    asio::post(self->thread_->context(), [self, connect = std::move(connect)] {
        if (self->done_) take(self, connect);
    });
    return self;
}

void Dial::take(const Self& self, const std::function<Result<int>()>& connect) {
    const Result<int> given = catching(Errc::connect_failed, connect);
    if (!given) return self->finish(Error{Errc::connect_failed, given.error().message()});
    StreamSocket socket{self->thread_->context()};
    asio::error_code problem;
    take_over(socket, *given, problem);
    if (problem) return self->finish(Error{Errc::connect_failed, problem.message()});
    self->finish(Transport{std::move(socket)});
}

void Dial::cancel() {
    done_ = nullptr;
    timer_.cancel();
    if (socket_) {
        asio::error_code ignored;
        socket_->close(ignored);
    }
    if (transport_) transport_->close();
}

void Dial::arm_timer(const Self& self, TimePoint when) {
    self->timer_.expires_at(when);
    self->timer_.async_wait([self](const asio::error_code& ec) {
        // A wait that had ended before the timer was armed for the next address says nothing.
        if (ec || !self->done_ || SteadyClock::now() < self->timer_.expiry()) return;
        if (!self->socket_) {
            return self->finish(Error{Errc::connect_failed, "the name was not resolved in time"});
        }
        // Ends the attempt under way; its own completion goes on to the next address.
        asio::error_code ignored;
        self->transport_ ? self->transport_->close() : void(self->socket_->close(ignored));
    });
}

void Dial::on_resolved(const Self& self, Result<Addresses> addresses) {
    if (!self->done_) return;
    if (!addresses) return self->finish(std::move(addresses.error()));
    self->addresses_.assign(addresses->begin(), addresses->end());
    try_next(self);
}

void Dial::try_next(const Self& self) {
    const TimePoint now = SteadyClock::now();
    const auto left = static_cast<Duration::rep>(self->addresses_.size() - self->next_);
    if (left == 0 || now >= self->ends_) {
        return self->finish(Error{Errc::connect_failed, self->failures_});
    }
    const auto& address = self->addresses_[self->next_++];
    self->socket_.emplace(self->thread_->context());
    asio::error_code not_opened;  // async_connect() then says so
    self->socket_->open(address.protocol(), not_opened);
    close_on_exec(self->socket_->native_handle());
    arm_timer(self, now + (self->ends_ - now) / left);
    self->socket_->async_connect(address, [self](const asio::error_code& ec) {
        on_connected(self, ec);
    });
}

void Dial::on_connected(const Self& self, const asio::error_code& ec) {
    if (!self->done_) return;
    asio::error_code problem = ec;
    if (!problem) {
        // A connection attempt to a local port that nobody listens on can meet itself.
        asio::error_code ignored;
        const auto local = self->socket_->local_endpoint(ignored);
        const auto remote = self->socket_->remote_endpoint(problem);
        if (!problem && local == remote) problem = asio::error::connection_refused;
    }
    if (!problem) watch_anew(*self->socket_, problem);
    if (problem) return fail_one(self, words_for(problem));
    if (self->tls_) return begin_tls(self);
    self->finish(Transport{std::move(*self->socket_)});
}

void Dial::begin_tls(const Self& self) {
    auto session = self->tls_->begin(self->socket_->native_handle());
    // Of the files; no other address would do better.
    if (!session) return self->finish(std::move(session.error()));
    self->transport_.emplace(std::move(*self->socket_));
    self->transport_->encrypt(*std::move(session));
    shake_hands(self);
}

void Dial::shake_hands(const Self& self) {
    const tls::Step step = self->transport_->handshake();
    if (step.state == State::done) return self->finish(std::move(*self->transport_));
    if (step.state == State::wants_read || step.state == State::wants_write) {
        return self->transport_->async_wait_for(step, [self](const asio::error_code& ec) {
            if (!self->done_) return;
            // Only the timer closes it meanwhile.
            ec ? fail_one(self, "the TLS handshake was not complete in time") : shake_hands(self);
        });
    }
    fail_one(self, self->transport_->words_for(step));
}

void Dial::fail_one(const Self& self, const std::string& words) {
    if (self->transport_) self->transport_->close();
    self->transport_.reset();
    if (!self->failures_.empty()) self->failures_ += "; ";
    if (const auto tried = endpoint_of(self->addresses_[self->next_ - 1]))
        self->failures_ += tried->to_string() + ": ";
    self->failures_ += words;
    try_next(self);
}

void Dial::finish(Result<Transport> result) {
    timer_.cancel();
    const Done done = std::exchange(done_, nullptr);
    done(std::move(result));
}

}  // namespace rollcall::rpc
