#include "server_handshakes.h"

#include "http_refusal.h"
#include "plain_refusal.h"
#include "server_core.h"
#include "server_shard.h"

#include <array>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace rollcall::rpc {
namespace {

using State = tls::Step::State;

constexpr char kTlsHandshake = '\x16';

bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

struct ServerHandshakes::One {
    One(StreamSocket connected, TimePoint now)
        : peer(peer_text(connected)), begun(now), transport(std::move(connected)) {}

    const std::string peer;
    const TimePoint begun;
    Transport transport;
    std::optional<PlainRefusal> refusal;  // of a peer that speaks plain MessagePack-RPC
    bool heard = false;                   // a handshake has begun
    bool has_turn = false;
    bool dismissed = false;
    bool ended = false;
};

void ServerHandshakes::begin(StreamSocket socket, TimePoint now) {
    const auto one = std::make_shared<One>(std::move(socket), now);
    all_.insert(one);
    listen(one);
}

void ServerHandshakes::listen(const Self& one) {
    one->transport.async_wait_readable([this, one](const asio::error_code& ec) {
        if (one->ended) return;
        ec ? end(one) : on_first_byte(one);
    });
}

void ServerHandshakes::on_first_byte(const Self& one) {
    char first = 0;
    const ssize_t n = ::recv(one->transport.descriptor(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return listen(one);
    if (n <= 0) return end(one);
    if (first != kTlsHandshake) return refuse_plain(one, first);
    one->heard = true;
    if (under_way_ >= shard_.core().max_handshakes_of_shard()) {
        waiting_.push_back(one);
        return;
    }
    one->has_turn = true;
    ++under_way_;
    take_turn(one);
}

void ServerHandshakes::take_turn(const Self& one) {
    one->transport.encrypt(shard_.core().tls()->begin(one->transport.descriptor()));
    shake_hands(one);
}

void ServerHandshakes::shake_hands(const Self& one) {
    const tls::Step step = one->transport.handshake();
    if (step.state == State::done) {
        Transport ready = std::move(one->transport);
        next_turn(one);
        all_.erase(one);
        one->ended = true;
        return shard_.adopt(std::move(ready));
    }
    const bool waits = step.state == State::wants_read || step.state == State::wants_write;
    if (!waits) return on_failure(one, step);
    one->transport.async_wait_for(step, [this, one](const asio::error_code& ec) {
        if (one->ended || one->dismissed) return;
        ec ? end(one) : shake_hands(one);
    });
}

void ServerHandshakes::on_failure(const Self& one, const tls::Step& step) {
    ServerShard::add(shard_.counters.failed_handshakes, 1);
    // One that was killed meanwhile is no news.
    const bool is_cut = step.state == State::cut;
    log(*one, "its TLS handshake failed: " + one->transport.words_for(step), !is_cut);
    if (is_cut) return end(one);
    // The alert that says why has been sent; a close with bytes unread would take it back.
    dismiss(one, "");
}

void ServerHandshakes::refuse_plain(const Self& one, char first) {
    ServerShard::add(shard_.counters.protocol_errors, 1);
    if (is_letter(first)) {
        log(*one, "it speaks plain HTTP, but this port speaks MessagePack-RPC over TLS", true);
        std::string sentence = "This port speaks MessagePack-RPC over TLS, not HTTP";
        const std::string& hint = shard_.core().options().http_hint;
        if (!hint.empty()) sentence += "; " + hint;
        return dismiss(one, http_refusal(sentence));
    }
    if (codec::can_start_message(first)) {
        log(*one, "it speaks plain MessagePack-RPC, but this port speaks TLS", true);
        // As long as it stays, within the time of a handshake: calls come after the hello.
        one->refusal.emplace(Error{
            Errc::invalid_request, "this port speaks TLS; connect with it (ClientOptions::tls)"});
        one->dismissed = true;
        return read_away(one);
    }
    log(*one, "its first byte begins no TLS handshake", true);
    dismiss(one, "");
}

void ServerHandshakes::dismiss(const Self& one, std::string_view answer) {
    one->dismissed = true;
    next_turn(one);
    asio::error_code ignored;
    // As far as the kernel takes it, which is all of it: nothing was sent before.
    if (!answer.empty())
        static_cast<void>(one->transport.write_some(asio::buffer(answer), ignored));
    one->transport.finish_sending();
    read_away(one);
}

void ServerHandshakes::read_away(const Self& one) {
    // Not what the session would read: that has ended.
    one->transport.async_wait_for({State::wants_read}, [this, one](const asio::error_code& ec) {
        if (one->ended) return;
        std::array<char, 4096> bytes{};
        ssize_t n = 0;
        const int descriptor = one->transport.descriptor();
        if (!ec) n = ::recv(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n > 0 && one->refusal) answer_plain(one, {bytes.data(), static_cast<std::size_t>(n)});
        const bool goes_on = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
        goes_on ? read_away(one) : end(one);
    });
}

void ServerHandshakes::answer_plain(const Self& one, codec::Bytes bytes) {
    const PlainRefusal::Said said = one->refusal->answer(bytes);
    asio::error_code ec;
    const auto from = asio::buffer(said.bytes.data(), said.bytes.size());
    const std::size_t sent = said.is_last ? 0 : one->transport.write_some(from, ec);
    if (!said.is_last && sent == said.bytes.size()) return;
    one->refusal.reset();
    one->transport.finish_sending();
}

void ServerHandshakes::check_time(TimePoint now) {
    const Duration limit = shard_.core().options().handshake_timeout;
    std::vector<Self> late;
    for (const Self& one : all_) {
        if (now - one->begun >= limit) late.push_back(one);
    }
    for (const Self& one : late) {
        if (!one->dismissed) log_late(*one);
        end(one);
    }
}

void ServerHandshakes::log_late(const One& one) const {
    // One that has said nothing is a probe, and no news.
    if (!one.heard) return log(one, "it said nothing", false);
    ServerShard::add(shard_.counters.failed_handshakes, 1);
    log(one,
        one.has_turn ? "its TLS handshake was not complete in time"
                     : "its TLS handshake had no turn in time: max_handshakes were under way",
        true);
}

void ServerHandshakes::close_all() {
    for (const Self& one : std::vector<Self>{all_.begin(), all_.end()})
        end(one);
}

void ServerHandshakes::log(const One& one, std::string_view reason, bool is_news) const {
    shard_.log_close(one.peer, reason, is_news ? LogLevel::warning : LogLevel::debug);
}

void ServerHandshakes::end(const Self& one) {
    if (std::exchange(one->ended, true)) return;
    one->transport.close();
    next_turn(one);
    all_.erase(one);
    shard_.core().connection_closed();
}

void ServerHandshakes::next_turn(const Self& one) {
    if (!std::exchange(one->has_turn, false)) return;
    --under_way_;
    while (!waiting_.empty()) {
        const Self next = std::move(waiting_.front());
        waiting_.pop_front();
        if (next->ended) continue;
        next->has_turn = true;
        ++under_way_;
        // Not here: one that fails at once passes the turn on, and so may a thousand.
        asio::post(shard_.thread().context(), [this, next] {
            if (!next->ended) take_turn(next);
        });
        return;
    }
}

}  // namespace rollcall::rpc
