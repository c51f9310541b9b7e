#include <rollcall/rpc/peer.h>

#include "outgoing_calls.h"
#include "peer_state.h"

#include <asio/post.hpp>
#include <asio/system_executor.hpp>

#include <atomic>
#include <utility>

namespace rollcall::rpc {
namespace {

std::uint64_t next_peer_id() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// The state of handles that refer to nobody.
const std::shared_ptr<PeerState>& nobody() {
    static const auto kNobody = std::make_shared<PeerState>();
    return kNobody;
}

}  // namespace

PeerState::PeerState() : call_timeout_(std::chrono::seconds{5}), id_(0) {
}

PeerState::PeerState(
    std::weak_ptr<PeerLink> link,
    std::weak_ptr<IoThread> thread,
    std::string name,
    Duration call_timeout
)
    : link_(std::move(link)),
      thread_(std::move(thread)),
      name_(std::move(name)),
      call_timeout_(call_timeout),
      id_(next_peer_id()) {
}

template <class Act>
bool PeerState::post(Act&& act) {
    const std::shared_ptr<IoThread> thread = thread_.lock();
    std::shared_ptr<PeerLink> link = link_.lock();
    if (!thread || !link || !link->is_open()) return false;
    asio::post(thread->context(), [link = std::move(link), run = std::forward<Act>(act)]() mutable {
        run(link);
    });
    return true;
}

void PeerState::submit(CallPtr call) {
    const bool posted =
        post([call](const std::shared_ptr<PeerLink>& link) { link->submit_here(link, call); });
    if (posted) return;
    fail_call(*call, Errc::connection_lost, "the peer is not connected", Sent::not_sent, name_);
}

void PeerState::cancel(const CallPtr& call) {
    static_cast<void>(post([call](const std::shared_ptr<PeerLink>& link) {
        link->cancel_here(link, call);
    }));
}

asio::any_io_executor PeerState::executor() const {
    if (const auto thread = thread_.lock()) return thread->context().get_executor();
    return asio::system_executor{};
}

bool PeerState::is_connected() const noexcept {
    const auto link = link_.lock();
    return link && link->is_open();
}

void PeerState::disconnect(std::string reason) {
    static_cast<void>(post([why = std::move(reason)](const std::shared_ptr<PeerLink>& link) {
        link->disconnect_here(link, why);
    }));
}

std::shared_ptr<void> PeerState::data(std::type_index type) const {
    const std::lock_guard lock{mutex_};
    const auto found = data_.find(type);
    return found == data_.end() ? nullptr : found->second;
}

void PeerState::set_data(std::type_index type, std::shared_ptr<void> value) {
    const std::lock_guard lock{mutex_};
    // The old one ends outside of the lock: it may do anything.
    data_[type].swap(value);
}

// ---- Peer

std::uint64_t Peer::id() const noexcept {
    return state_ ? state_->id() : 0;
}

const std::string& Peer::name() const noexcept {
    return (state_ ? state_ : nobody())->name();
}

bool Peer::is_connected() const noexcept {
    return state_ && state_->is_connected();
}

void Peer::disconnect(std::string_view reason) const {
    if (state_) state_->disconnect(std::string{reason});
}

CallTargetPtr Peer::target() const {
    return state_ ? state_ : nobody();
}

std::shared_ptr<void> Peer::find_data(std::type_index type) const {
    return state_ ? state_->data(type) : nullptr;
}

void Peer::put_data(std::type_index type, std::shared_ptr<void> value) const {
    if (state_) state_->set_data(type, std::move(value));
}

}  // namespace rollcall::rpc
