#include "envelope.h"

#include <rollcall/codec/pack.h>
#include <rollcall/codec/reader.h>

#include <stdexcept>

namespace rollcall::rpc {
namespace {

constexpr std::string_view kBudget = "t";
constexpr std::string_view kStream = "s";
constexpr std::uint64_t kMaxStream = 3;
// In front of a name.
constexpr std::size_t kHeadBytes = 2;
// Names and values within their limit need less, and what newer peers may add fits as well.
constexpr std::size_t kMaxMapBytes = 2 * Metadata::kMaxBytes;

// What stands at `value`, if it is what it should be: then the reader is behind it.
bool read_value(Envelope& envelope, codec::Bytes name, codec::Reader& value) {
    if (name == kBudget) {
        envelope.budget_ms = value.read_unsigned();
        return envelope.budget_ms.has_value();
    }
    if (name == kStream) {
        const auto sides = value.read_unsigned();
        if (sides && *sides <= kMaxStream) envelope.stream = static_cast<std::uint8_t>(*sides);
        return sides.has_value();
    }
    if (name.size() < Metadata::kMinNameBytes) return false;
    const std::size_t left = value.rest().size();
    const auto text = value.read_text();
    if (!text) return false;
    if (envelope.metadata.empty()) envelope.metadata.reserve(kHeadBytes + name.size() + left);
    envelope.metadata.set(name, *text);
    return true;
}

void read_pair(Envelope& envelope, codec::Reader& pairs) {
    const auto name = pairs.read_text();
    if (!name) static_cast<void>(pairs.skip());
    if (!name || !read_value(envelope, *name, pairs)) static_cast<void>(pairs.skip());
}

std::size_t pairs_of(
    const std::optional<std::uint64_t>& budget_ms, const Metadata& metadata, std::uint8_t stream
) {
    return metadata.size() + (budget_ms ? 1U : 0U) + (stream != 0 ? 1U : 0U);
}

}  // namespace

std::optional<Error> read_envelope(codec::Bytes map, Envelope& to) {
    codec::Reader reader{map};
    // Whoever repeats names does not get more of them read.
    if (map.size() > kMaxMapBytes) {
        return Error{
            Errc::invalid_request,
            "the metadata has " + std::to_string(map.size()) + " bytes; the limit is " +
                std::to_string(kMaxMapBytes)};
    }
    const std::uint32_t pairs = reader.read_map().value_or(0);
    try {
        for (std::uint32_t i = 0; i < pairs; ++i) {
            read_pair(to, reader);
        }
    } catch (const std::length_error& beyond) {
        return Error{Errc::invalid_request, beyond.what()};
    }
    return std::nullopt;
}

std::size_t envelope_size(
    const std::optional<std::uint64_t>& budget_ms, const Metadata& metadata, std::uint8_t stream
) {
    const std::size_t pairs = pairs_of(budget_ms, metadata, stream);
    if (pairs == 0) return 0;
    std::size_t bytes = codec::map_head_size(pairs) + metadata.packed().size();
    if (budget_ms) bytes += kHeadBytes + codec::unsigned_size(*budget_ms);
    if (stream != 0) bytes += kHeadBytes + codec::unsigned_size(stream);
    return bytes;
}

void write_envelope(
    codec::Buffer& out,
    const std::optional<std::uint64_t>& budget_ms,
    const Metadata& metadata,
    std::uint8_t stream
) {
    codec::pack_map_head(out, pairs_of(budget_ms, metadata, stream));
    if (budget_ms) {
        codec::pack_str(out, kBudget);
        codec::pack_unsigned(out, *budget_ms);
    }
    if (stream != 0) {
        codec::pack_str(out, kStream);
        codec::pack_unsigned(out, stream);
    }
    out.append(metadata.packed());
}

std::uint64_t budget_ms(Duration remaining) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(remaining).count();
    return ms > 0 ? static_cast<std::uint64_t>(ms) : 0;
}

}  // namespace rollcall::rpc
