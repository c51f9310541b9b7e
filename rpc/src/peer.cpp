#include <rollcall/rpc/peer.h>

#include "outgoing_calls.h"
#include "peer_state.h"

#include <asio/system_executor.hpp>

#include <atomic>
#include <utility>

namespace rollcall::rpc {
namespace {

std::uint64_t next_peer_id() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// What a call costs on its way besides its bytes.
constexpr std::size_t kPostedBytes = 256;

// The state of handles that refer to nobody.
const std::shared_ptr<PeerState>& nobody() {
    static const auto kNobody = std::make_shared<PeerState>();
    return kNobody;
}

std::shared_ptr<EventLoop> loop_of(const std::shared_ptr<IoThread>& thread) {
    return thread ? thread->loop() : nullptr;
}

// Where completions run that name no executor.
asio::any_io_executor executor_on(const std::shared_ptr<EventLoop>& loop) {
    if (loop) return executor_of(loop, AfterLoop::elsewhere);
    return asio::system_executor{};
}

}  // namespace

PeerState::PeerState() : executor_(executor_on(nullptr)), id_(0) {
}

PeerState::PeerState(
    std::weak_ptr<PeerLink> link,
    const std::weak_ptr<IoThread>& thread,
    std::string name,
    PeerSettings settings
)
    : link_(std::move(link)),
      loop_(loop_of(thread.lock())),
      executor_(executor_on(loop_)),
      name_(std::move(name)),
      settings_(std::move(settings)),
      id_(next_peer_id()) {
}

template <class Act>
bool PeerState::post(Act&& act) {
    std::shared_ptr<PeerLink> link = link_.lock();
    if (!loop_ || !link || !link->is_open()) return false;
    return loop_->post([link = std::move(link), run = std::forward<Act>(act)]() mutable {
        run(link);
    });
}

void PeerState::refuse(Call& call, Errc code, const char* why) const {
    if (call.kind == Call::Kind::nothing && settings_.load)
        settings_.load->dropped_notifications.fetch_add(1, std::memory_order_relaxed);
    fail_call(call, code, why, Sent::not_sent, name_);
}

// A call on its way to the connection's thread. A loop that ends destroys what nobody has run: the
// call ends then all the same.
class PeerState::PostedCall {
public:
    PostedCall(std::shared_ptr<PeerState> to, CallPtr call, std::size_t bytes)
        : to_(std::move(to)), call_(std::move(call)), bytes_(bytes) {}

    PostedCall(PostedCall&&) noexcept = default;
    PostedCall& operator=(PostedCall&&) = delete;

    ~PostedCall() {
        if (!call_) return;
        to_->posted_bytes_.fetch_sub(bytes_);
        fail_call(
            *call_, Errc::connection_lost, "the peer is not connected", Sent::not_sent, to_->name()
        );
    }

    void operator()(const std::shared_ptr<PeerLink>& link) {
        to_->posted_bytes_.fetch_sub(bytes_);
        link->submit_here(link, std::exchange(call_, CallPtr{}));
    }

private:
    const std::shared_ptr<PeerState> to_;
    CallPtr call_;
    const std::size_t bytes_;
};

void PeerState::submit(CallPtr call) {
    // One call may always be on its way, however large it is.
    const std::size_t bytes = kPostedBytes + call->invocation.body().size();
    const std::size_t before = posted_bytes_.fetch_add(bytes);
    if (before > 0 && before + bytes > settings_.max_posted_bytes) {
        posted_bytes_.fetch_sub(bytes);
        return refuse(*call, Errc::overloaded, "too much is on its way to this peer's thread");
    }
    // What is refused ends the call, here.
    static_cast<void>(post(PostedCall{shared_from_this(), std::move(call), bytes}));
}

void PeerState::cancel(const CallPtr& call) {
    static_cast<void>(post([call](const std::shared_ptr<PeerLink>& link) {
        link->cancel_here(link, call);
    }));
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
    if (!ended_) data_[type].swap(value);
}

void PeerState::end() {
    // What was kept may hold this peer: the circle ends with the connection.
    std::map<std::type_index, std::shared_ptr<void>> last;
    const std::lock_guard lock{mutex_};
    ended_ = true;
    last.swap(data_);
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
