#include "stream_link.h"

#include <rollcall/codec/reader.h>
#include <rollcall/rpc/io_threads.h>

#include <algorithm>
#include <utility>

namespace rollcall::rpc {
namespace {

// What a reader has read of its items is told in portions: it costs a lock.
constexpr std::size_t kReportBytes = std::size_t{16} << 10U;

std::size_t bytes_of(std::uint64_t credit) {
    return static_cast<std::size_t>(std::min(credit, kMaxStreamCredit));
}

}  // namespace

StreamPipePtr make_opened_stream(std::string_view method, Deadline deadline) {
    return std::make_shared<StreamLink>(std::string{method}, deadline);
}

namespace detail {

codec::Buffer& stream_scratch() {
    thread_local codec::Buffer scratch;
    scratch.clear(std::size_t{64} << 10U);
    return scratch;
}

}  // namespace detail

StreamLink::StreamLink(std::string method, Deadline deadline)
    : method_(std::move(method)), deadline_(deadline) {
}

StreamLink::~StreamLink() {
    if (port_) port_->held.fetch_sub(held_, std::memory_order_relaxed);
}

// ---- the program

std::size_t StreamLink::most_unsent() const {
    return port_ ? port_->most_unsent.load(std::memory_order_relaxed) : 0;
}

bool StreamLink::is_readable() const {
    return outcome_ || (in_ && (in_->has_items() || in_->ended()));
}

bool StreamLink::is_writable() const {
    return outcome_ || out_.ended() || out_.accepts(most_unsent());
}

Error StreamLink::why_over() const {
    if (outcome_ && !*outcome_) return outcome_->error();
    return Error{Errc::stream_failed, "the stream is over: nothing more can be written"}
        .with_method(method_)
        .with_sent(Sent::maybe_sent);
}

Result<bool> StreamLink::write(codec::Buffer& item) {
    Lock lock{mutex_};
    if (outcome_ || out_.ended()) return why_over();
    if (!out_.accepts(most_unsent())) return false;
    if (item.size() > terms_.max_item_bytes) {
        return Error{
            Errc::message_too_large,
            "the item has " + std::to_string(item.size()) + " bytes; the limit is " +
                std::to_string(terms_.max_item_bytes)}
            .with_method(method_);
    }
    out_.take(item);
    wake(lock);
    return true;
}

void StreamLink::finish_writing() {
    Lock lock{mutex_};
    if (out_.ended()) return;
    out_.end();
    wake(lock);
}

void StreamLink::report_read() {
    const std::size_t bytes = std::exchange(unreported_, 0);
    if (bytes == 0 || !in_) return;
    in_->consumed(bytes);
    count_held();
}

void StreamLink::count_held() {
    const std::size_t now = in_->held();
    port_->held.fetch_add(now - held_, std::memory_order_relaxed);
    held_ = now;
}

Result<StreamPipe::Next> StreamLink::next(codec::Bytes& item) {
    if (batch_at_ == batch_.size() || unreported_ >= kReportBytes) {
        Lock lock{mutex_};
        report_read();
        if (batch_at_ == batch_.size()) {
            batch_at_ = 0;
            batch_.clear(0);
            if (in_ && in_->has_items()) {
                in_->take(batch_);
                awaits_item_ = false;
            } else if (in_ && in_->ended() && !terms_.key.ours) {
                return Next::end;
            } else if (outcome_) {
                if (!*outcome_) return outcome_->error();
                if (!in_ || in_->held() == 0) return Next::end;
                return Error{Errc::stream_failed, "the stream ended within an item"}
                    .with_method(method_)
                    .with_sent(Sent::maybe_sent);
            } else {
                awaits_item_ = true;
                if (in_) in_->wait();
            }
        }
        if (in_ && in_->credit_due()) wake(lock);
        if (batch_.empty()) return Next::nothing_yet;
    }
    codec::Reader reader{batch_.view().substr(batch_at_)};
    item = reader.skip();
    batch_at_ += item.size();
    unreported_ += item.size();
    ++items_read_;
    return Next::item;
}

std::optional<Result<codec::Bytes>> StreamLink::outcome() {
    const Lock lock{mutex_};
    if (!outcome_) return std::nullopt;
    if (!*outcome_) return Result<codec::Bytes>{outcome_->error()};
    return Result<codec::Bytes>{(*outcome_)->view()};
}

Result<void> StreamLink::wait(StreamDirection direction) {
    if (IoThreads::on_io_thread()) {
        return Error{
            Errc::would_deadlock,
            "blocking on a stream on an I/O thread would wait for itself: co_await async_read() or "
            "async_write() instead, or register the handler with RunOn::pool"}
            .with_method(method_);
    }
    Lock lock{mutex_};
    ++blocked_;
    changed_.wait(lock, [&] {
        return direction == StreamDirection::in ? is_readable() : is_writable();
    });
    --blocked_;
    return {};
}

void StreamLink::wait(StreamDirection direction, std::shared_ptr<StreamWaiter> waiter) {
    Lock lock{mutex_};
    (direction == StreamDirection::in ? readers_ : writers_).push_back(std::move(waiter));
    tell_waiting(lock);
}

void StreamLink::tell_waiting(Lock& lock) {
    Waiters told;
    if (!readers_.empty() && is_readable()) told.swap(readers_);
    if (!writers_.empty() && is_writable()) {
        told.insert(told.end(), writers_.begin(), writers_.end());
        writers_.clear();
    }
    if (blocked_ > 0) changed_.notify_all();
    lock.unlock();
    for (const auto& waiter : told)
        StreamWaiter::end(waiter, Result<void>{});
}

void StreamLink::wake(Lock& lock) {
    const bool is_news = port_ && !std::exchange(woken_, true);
    const std::shared_ptr<StreamPort> port = is_news ? port_ : nullptr;
    const StreamKey key = terms_.key;
    lock.unlock();
    if (port) port->wake(key);
}

// ---- the connection

void StreamLink::bind(std::shared_ptr<StreamPort> port, const StreamTerms& terms) {
    Lock lock{mutex_};
    port_ = std::move(port);
    terms_ = terms;
    woken_ = false;
    end_sent_ = false;
    const auto incoming = terms.key.ours ? StreamSides::down : StreamSides::up;
    const bool reads = (static_cast<unsigned>(terms.sides) & static_cast<unsigned>(incoming)) != 0;
    if (reads) {
        in_.emplace(terms.items, terms.options);
        // Whoever waited before anybody carried it does not ask again.
        if (awaits_item_) in_->wait();
    }
    static_cast<void>(out_.grant(bytes_of(terms.credit)));
    const bool sends = out_.ended() || out_.waiting() > 0;
    tell_waiting(lock);
    if (!sends) return;
    lock.lock();
    wake(lock);
}

bool StreamLink::may_bind() const {
    const Lock lock{mutex_};
    return !out_.has_begun() && !outcome_;
}

void StreamLink::unbind() {
    const Lock lock{mutex_};
    if (port_) port_->held.fetch_sub(std::exchange(held_, 0), std::memory_order_relaxed);
    port_ = nullptr;
    in_.reset();
    out_.forget_credit();
}

bool StreamLink::is_bound_to(const StreamPort& port, const StreamKey& key) const {
    const Lock lock{mutex_};
    return port_.get() == &port && terms_.key == key;
}

std::optional<std::string> StreamLink::feed(codec::Bytes bytes) {
    Lock lock{mutex_};
    if (outcome_) return std::nullopt;
    if (!in_) return "data came in a direction that has none";
    auto broken = in_->feed(bytes);
    count_held();  // items before what is wrong are here
    if (broken) return broken;
    tell_waiting(lock);
    return std::nullopt;
}

std::optional<std::string> StreamLink::grant(std::uint64_t credit) {
    Lock lock{mutex_};
    if (!out_.grant(credit)) return "credit came for more than 2^31 - 1 bytes at a time";
    tell_waiting(lock);
    return std::nullopt;
}

std::optional<std::string> StreamLink::end_data() {
    Lock lock{mutex_};
    if (outcome_) return std::nullopt;
    if (!in_) return "the end of the data came in a direction that has none";
    if (auto broken = in_->end()) return broken;
    tell_waiting(lock);
    return std::nullopt;
}

StreamLink::Work StreamLink::begin_work(StreamBudget& budget) {
    const Lock lock{mutex_};
    woken_ = false;
    Work work;
    work.over = outcome_.has_value();
    if (work.over || !in_) return work;
    if (const auto credit = in_->give_credit(budget)) {
        work.credit = *credit;
    } else {
        work.broken = "an item is larger than what the streams of this connection may hold";
    }
    return work;
}

bool StreamLink::send(codec::Buffer& out, std::size_t most) {
    Lock lock{mutex_};
    if (outcome_) return false;
    const codec::Bytes bytes = out_.next(most);
    if (bytes.empty()) return false;
    write_stream_data(out, terms_.key, bytes);
    out_.sent(bytes.size());
    const bool more = out_.can_send();
    tell_waiting(lock);
    return more;
}

bool StreamLink::take_end() {
    const Lock lock{mutex_};
    const bool due = terms_.key.ours && out_.ended() && out_.waiting() == 0 && !outcome_;
    return due && !std::exchange(end_sent_, true);
}

bool StreamLink::is_drained() const {
    const Lock lock{mutex_};
    return outcome_ || out_.waiting() == 0;
}

void StreamLink::end(Lock& lock, Result<codec::Buffer>&& outcome) {
    if (outcome_) return;
    outcome_.emplace(std::move(outcome));
    out_.drop();
    tell_waiting(lock);
    lock.lock();
    wake(lock);  // the connection forgets it
}

void StreamLink::fail(Error error) {
    Lock lock{mutex_};
    if (error.method().empty()) error.set_method(method_);
    end(lock, Result<codec::Buffer>{std::move(error)});
}

void StreamLink::finish(codec::Bytes result) {
    codec::Buffer copy;
    copy.append(result);
    Lock lock{mutex_};
    end(lock, Result<codec::Buffer>{std::move(copy)});
}

std::optional<Error> StreamLink::failure() const {
    const Lock lock{mutex_};
    if (!outcome_ || *outcome_) return std::nullopt;
    return outcome_->error();
}

void StreamLink::settle(const StreamPort& port, StreamBudget& budget) {
    const Lock lock{mutex_};
    if (in_ && port_.get() == &port) in_->settle(budget);
}

}  // namespace rollcall::rpc
