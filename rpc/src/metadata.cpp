#include <rollcall/rpc/metadata.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>

namespace rollcall::rpc {
namespace {

// What a pair costs beside its texts.
constexpr std::size_t kPairBytes = 8;

}  // namespace

void Metadata::set(std::string_view name, std::string_view value) {
    if (name.size() < kMinNameBytes || name.size() > kMaxNameBytes) {
        throw std::length_error{
            "a name in metadata has 2 to 128 bytes, not " + std::to_string(name.size())};
    }
    const auto same = [&](const Pair& pair) { return pair.first == name; };
    const auto found = std::find_if(pairs_.begin(), pairs_.end(), same);
    const std::size_t before = found == pairs_.end() ? 0 : found->second.size();
    const std::size_t added = found == pairs_.end() ? kPairBytes + name.size() : 0;
    const std::size_t bytes = bytes_ - before + added + value.size();
    if (bytes > kMaxBytes) {
        throw std::length_error{
            "the metadata would have " + std::to_string(bytes) + " bytes; the limit is " +
            std::to_string(kMaxBytes)};
    }
    if (found == pairs_.end()) {
        pairs_.emplace_back(name, value);
    } else {
        found->second = value;
    }
    bytes_ = bytes;
}

void Metadata::erase(std::string_view name) {
    std::erase_if(pairs_, [&](const Pair& pair) {
        if (pair.first != name) return false;
        bytes_ -= kPairBytes + pair.first.size() + pair.second.size();
        return true;
    });
}

std::size_t Metadata::memory_bytes() const noexcept {
    std::size_t bytes = pairs_.capacity() * sizeof(Pair);
    for (const auto& [name, value] : pairs_)
        bytes += name.capacity() + value.capacity();
    return bytes;
}

bool Metadata::has_room(std::string_view name, std::string_view value) const noexcept {
    return bytes_ + kPairBytes + name.size() + value.size() <= kMaxBytes;
}

const std::string* Metadata::find(std::string_view name) const {
    for (const Pair& pair : pairs_) {
        if (pair.first == name) return &pair.second;
    }
    return nullptr;
}

struct ReplyMetadata::State {
    std::mutex mutex;
    Metadata metadata;
};

ReplyMetadata::ReplyMetadata() : state_(std::make_shared<State>()) {
}

Metadata ReplyMetadata::get() const {
    const std::lock_guard lock{state_->mutex};
    return state_->metadata;
}

void ReplyMetadata::set(Metadata metadata) const {
    const std::lock_guard lock{state_->mutex};
    state_->metadata = std::move(metadata);
}

}  // namespace rollcall::rpc
