#include <rollcall/codec/pack.h>
#include <rollcall/codec/reader.h>
#include <rollcall/rpc/metadata.h>

#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace rollcall::rpc {
namespace {

// What a pair costs beside its texts.
constexpr std::size_t kPairBytes = 8;

std::size_t cost_of(std::string_view name, std::string_view value) {
    return kPairBytes + name.size() + value.size();
}

void pack_pair(codec::Buffer& out, std::string_view name, std::string_view value) {
    codec::pack_str(out, name);
    codec::pack_str(out, value);
}

Metadata::Pair read_pair(codec::Reader& reader) {
    const std::string_view name = reader.read_text().value_or(std::string_view{});
    return {name, reader.read_text().value_or(std::string_view{})};
}

void require_name(std::string_view name) {
    if (name.size() >= Metadata::kMinNameBytes && name.size() <= Metadata::kMaxNameBytes) return;
    throw std::length_error{
        "a name in metadata has 2 to 128 bytes, not " + std::to_string(name.size())};
}

void require_room(std::size_t bytes) {
    if (bytes <= Metadata::kMaxBytes) return;
    throw std::length_error{
        "the metadata would have " + std::to_string(bytes) + " bytes; the limit is " +
        std::to_string(Metadata::kMaxBytes)};
}

}  // namespace

Metadata::Metadata(const Metadata& other) : pairs_(other.pairs_), counted_(other.counted_) {
    packed_.append(other.packed_.view());
}

Metadata& Metadata::operator=(const Metadata& other) {
    return *this = Metadata{other};
}

void Metadata::set(std::string_view name, std::string_view value) {
    require_name(name);
    const auto place = place_of(name);
    const std::size_t before = place ? cost_of(name, place->pair.value) : 0;
    const std::size_t counted = counted_ - before + cost_of(name, value);
    require_room(counted);
    if (place && place->pair.value.size() == value.size()) {
        return packed_.set(place->at + place->bytes - value.size(), value);
    }
    if (owns(name) || owns(value)) return set(std::string{name}, std::string{value});
    if (place) {
        codec::Buffer pair;
        pack_pair(pair, name, value);
        replace(*place, pair.view());
    } else {
        pack_pair(packed_, name, value);
        ++pairs_;
    }
    counted_ = static_cast<std::uint32_t>(counted);
}

void Metadata::erase(std::string_view name) {
    const auto place = place_of(name);
    if (!place) return;
    counted_ -= static_cast<std::uint32_t>(cost_of(name, place->pair.value));
    --pairs_;
    replace(*place, {});
}

void Metadata::replace(const Place& place, codec::Bytes with) {
    const codec::Bytes before = packed_.view();
    codec::Buffer changed;
    static_cast<void>(changed.room(before.size() - place.bytes + with.size()));
    changed.append(before.substr(0, place.at));
    changed.append(with);
    changed.append(before.substr(place.at + place.bytes));
    packed_ = std::move(changed);
}

bool Metadata::has_room(std::string_view name, std::string_view value) const noexcept {
    return counted_ + cost_of(name, value) <= kMaxBytes;
}

std::optional<std::string_view> Metadata::find(std::string_view name) const noexcept {
    const auto place = place_of(name);
    if (!place) return std::nullopt;
    return place->pair.value;
}

std::optional<Metadata::Place> Metadata::place_of(std::string_view name) const noexcept {
    codec::Reader reader{packed_.view()};
    while (!reader.at_end()) {
        const char* const from = reader.rest().data();
        const Pair pair = read_pair(reader);
        if (pair.name != name) continue;
        return Place{
            static_cast<std::size_t>(from - packed_.data()),
            static_cast<std::size_t>(reader.rest().data() - from),
            pair};
    }
    return std::nullopt;
}

bool Metadata::owns(std::string_view text) const noexcept {
    const std::less<> before;
    const char* const first = packed_.data();
    return !text.empty() && !before(text.data(), first) &&
           before(text.data(), first + packed_.size());
}

void Metadata::Iterator::read() noexcept {
    if (at_ == end_) return;
    codec::Reader reader{codec::Bytes{at_, static_cast<std::size_t>(end_ - at_)}};
    pair_ = read_pair(reader);
    next_ = reader.rest().data();
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
