#include "server_refusals.h"

#include <array>
#include <utility>
#include <vector>

namespace rollcall::rpc {

struct ServerRefusals::One {
    One(StreamSocket connected, TimePoint now) : begun(now), transport(std::move(connected)) {}

    const TimePoint begun;
    Transport transport;
    PlainRefusal refusal{
        Error{Errc::unavailable, "the server has too many connections"},
        Goaway{"too many connections", 0, std::nullopt}};
    bool is_answered = false;  // what still comes is read away
    bool ended = false;
};

void ServerRefusals::begin(StreamSocket socket, TimePoint now, std::size_t most) {
    if (all_.size() >= most) return;
    const auto one = std::make_shared<One>(std::move(socket), now);
    all_.insert(one);
    listen(one);
}

void ServerRefusals::listen(const Self& one) {
    one->transport.async_wait_readable([this, one](const asio::error_code& ec) {
        if (one->ended) return;
        ec ? end(one) : on_readable(one);
    });
}

void ServerRefusals::on_readable(const Self& one) {
    std::array<char, 4096> bytes{};
    asio::error_code ec;
    const std::size_t n = one->transport.read_some(bytes, ec);
    if (ec && ec != asio::error::would_block && ec != asio::error::interrupted) return end(one);
    if (n > 0 && !one->is_answered && !answer(*one, {bytes.data(), n})) return end(one);
    listen(one);
}

bool ServerRefusals::answer(One& one, codec::Bytes bytes) {
    const PlainRefusal::Said said = one.refusal.answer(bytes);
    asio::error_code ec;
    const auto from = asio::buffer(said.bytes.data(), said.bytes.size());
    if (!said.bytes.empty() && one.transport.write_some(from, ec) < said.bytes.size()) return false;
    one.is_answered = said.is_last;
    // Closing with bytes unread would take back what was said.
    if (said.is_last) one.transport.finish_sending();
    return true;
}

void ServerRefusals::check_time(TimePoint now, Duration limit) {
    for (const Self& one : std::vector<Self>{all_.begin(), all_.end()}) {
        if (now - one->begun >= limit) end(one);
    }
}

void ServerRefusals::close_all() {
    for (const Self& one : std::vector<Self>{all_.begin(), all_.end()})
        end(one);
}

void ServerRefusals::end(const Self& one) {
    if (std::exchange(one->ended, true)) return;
    one->transport.close();
    all_.erase(one);
}

}  // namespace rollcall::rpc
