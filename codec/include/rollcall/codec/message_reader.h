#pragma once
// Cuts a stream of bytes into whole messages.

#include <rollcall/codec/buffer.h>
#include <rollcall/codec/scanner.h>

#include <memory>
#include <span>

namespace rollcall::codec {

// Messages that lie whole in a chunk are handed out in place; only the half message at its end is
// copied, and memory is held for it only until it is complete. Memory grows with the bytes that
// came, never with what a header promises.
// Thread safety: one thread at a time.
class MessageReader {
public:
    enum class Status { ok, too_large, too_deep, invalid };

    explicit MessageReader(const Limits& limits) : limits_(limits) {}

    // Calls `take(Bytes)` for each whole message. When it returns false, the bytes that follow are
    // kept, and none are handed out until resume(). A status other than ok is final. `take` must
    // not call back into this reader.
    template <class Take>
    [[nodiscard]] Status feed(Bytes chunk, Take&& take);

    // Hands out what was kept when `take` returned false.
    template <class Take>
    [[nodiscard]] Status resume(Take&& take);

    // Forgets what was kept and the half message: nothing more will be handed out.
    void drop_kept() {
        kept_.clear(0);
        kept_from_ = 0;
        partial_.reset();
        paused_ = false;
    }

    // True if `take` stopped it and bytes are kept.
    [[nodiscard]] bool paused() const { return paused_; }

    // True if the first part of a message is here.
    [[nodiscard]] bool has_partial() const { return partial_ != nullptr; }

    // Bytes held for the half message and for what was kept.
    [[nodiscard]] std::size_t held_bytes() const;

    // Memory held for these bytes.
    [[nodiscard]] std::size_t memory_bytes() const {
        return kept_.capacity() + (partial_ ? partial_->bytes.capacity() : 0);
    }

    // Where the next bytes should be read to save a copy: room behind a half message that needs
    // much more. Empty if there is none; then read elsewhere and feed(). Otherwise read into it
    // and call fed(n, take).
    [[nodiscard]] std::span<char> large_message_room();

    template <class Take>
    [[nodiscard]] Status fed(std::size_t bytes, Take&& take);

private:
    struct Partial {
        explicit Partial(const Limits& limits) : scanner(limits) {}

        Buffer bytes;
        Scanner scanner;
    };

    [[nodiscard]] static Status status_of(ScanStatus scanned);
    // Moves bytes from `chunk` behind the half message until it is complete or `chunk` is empty.
    [[nodiscard]] ScanStatus complete_partial(Bytes& chunk);

    template <class Take>
    [[nodiscard]] Status finish_partial(Take& take);
    // Hands out what it can of `chunk` and leaves in it what has to be kept.
    template <class Take>
    [[nodiscard]] Status drain(Bytes& chunk, Take& take);

    Limits limits_;
    bool paused_ = false;
    std::unique_ptr<Partial> partial_;
    Buffer kept_;
    std::size_t kept_from_ = 0;  // bytes of kept_ that have been handed out
};

template <class Take>
MessageReader::Status MessageReader::finish_partial(Take& take) {
    const std::unique_ptr<Partial> whole = std::move(partial_);
    paused_ = !take(whole->bytes.view());
    return Status::ok;
}

template <class Take>
MessageReader::Status MessageReader::drain(Bytes& chunk, Take& take) {
    if (partial_ && !chunk.empty()) {
        const ScanStatus scanned = complete_partial(chunk);
        if (scanned == ScanStatus::need_more) return Status::ok;
        if (scanned != ScanStatus::complete) return status_of(scanned);
        static_cast<void>(finish_partial(take));
    }
    while (!chunk.empty() && !paused_) {
        Scanner scanner{limits_};
        const ScanStatus scanned = scanner.scan(chunk.data(), chunk.size());
        if (scanned == ScanStatus::need_more) {
            partial_ = std::make_unique<Partial>(limits_);
            partial_->bytes.append(chunk);
            partial_->scanner = scanner;
            chunk = {};
            return Status::ok;
        }
        if (scanned != ScanStatus::complete) return status_of(scanned);
        paused_ = !take(chunk.substr(0, scanner.size()));
        chunk.remove_prefix(scanner.size());
    }
    return Status::ok;
}

template <class Take>
MessageReader::Status MessageReader::feed(Bytes chunk, Take&& take) {
    const Status status = drain(chunk, take);
    if (status == Status::ok) kept_.append(chunk);
    return status;
}

template <class Take>
MessageReader::Status MessageReader::resume(Take&& take) {
    paused_ = false;
    Buffer kept = std::move(kept_);
    Bytes rest = kept.view().substr(kept_from_);
    kept_from_ = 0;
    const Status status = drain(rest, take);
    if (status == Status::ok && !rest.empty()) {
        // Stays where it is: copying it on each resume would be quadratic.
        kept_from_ = kept.size() - rest.size();
        kept_ = std::move(kept);
    }
    return status;
}

template <class Take>
MessageReader::Status MessageReader::fed(std::size_t bytes, Take&& take) {
    partial_->bytes.add(bytes);
    const ScanStatus scanned =
        partial_->scanner.scan(partial_->bytes.data(), partial_->bytes.size());
    if (scanned == ScanStatus::need_more) return Status::ok;
    // large_message_room() never offers more than the message needs, so nothing lies behind it.
    return scanned == ScanStatus::complete ? finish_partial(take) : status_of(scanned);
}

}  // namespace rollcall::codec
