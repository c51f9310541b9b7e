#pragma once
// One call of a ServiceClient, from the caller's side. Users need service_client.h only.

#include <rollcall/base/clock.h>
#include <rollcall/rpc/call.h>
#include <rollcall/rpc/client.h>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace rollcall::discovery {

class InstanceSlot;
class ServiceCall;
class ServiceCore;

// What brings the outcome to the caller and is, if it can, the first attempt as well: it goes to
// the client of an instance as it is, and if that answers, this is all there ever was of the call.
// What fails there and may do better elsewhere becomes a ServiceCall, which makes further attempts
// and ends this one. So does, before it has gone anywhere, what must wait for an instance, may be
// hedged, or goes through layers, for whom each attempt is a call of its own.
class DirectCall : public rpc::Call {
public:
    using Core = std::shared_ptr<ServiceCore>;

    DirectCall(rpc::PackedInvocation&& packed, Deadline must_end, Kind awaited = Kind::reply);
    ~DirectCall() override;

    // `call` is a DirectCall, whose call has begun at `now`. It is cancelled with the handler that
    // runs on this thread, if one does.
    static void start(Core core, rpc::CallPtr call, TimePoint now);

    // Before start(): others may call the two below. Most need it not, and no lock either.
    void let_watch() noexcept { watched_ = true; }

    // Any thread, any time.
    static void cancel(const rpc::CallPtr& call);
    // For a blocking caller whose deadline has passed without an end: what is known by now; `sent`
    // is what is certain of the attempt that this is. Nothing if the end is here after all.
    [[nodiscard]] std::optional<Error> late_error(Sent sent);

protected:
    void note_answer() noexcept {
        if (slot_) on_answer();
    }

    [[nodiscard]] bool goes_on(Error& error) noexcept { return slot_ && on_failure(error); }

private:
    using Slot = std::shared_ptr<InstanceSlot>;

    // False if it has not gone anywhere; then what it was given is untouched.
    [[nodiscard]] static bool go(Core& core, rpc::CallPtr& call, TimePoint now);
    void submit(rpc::Client& client, rpc::CallPtr&& call);
    // From now on further attempts decide.
    void become(const std::shared_ptr<ServiceCall>& further);
    void on_answer() noexcept;
    [[nodiscard]] bool on_failure(Error& error) noexcept;

    [[nodiscard]] std::unique_lock<std::mutex> lock_if_watched() {
        return watched_ ? std::unique_lock{mutex_} : std::unique_lock<std::mutex>{};
    }

    const Deadline whole_;  // Call::deadline is that of the attempt
    bool watched_ = false;
    // While it is an attempt:
    Core core_;
    TimePoint began_{};
    std::mutex mutex_;  // of what follows, if others may look
    Slot slot_;
    rpc::Client* client_ = nullptr;  // of the slot, once it has been submitted there
    bool cancelled_ = false;
    std::weak_ptr<ServiceCall> further_;
};

}  // namespace rollcall::discovery
