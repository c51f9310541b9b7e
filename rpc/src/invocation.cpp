#include <rollcall/rpc/context.h>
#include <rollcall/rpc/invocation.h>

#include <cstring>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kScratchKeptBytes = std::size_t{64} << 10U;

codec::Buffer& scratch() {
    thread_local codec::Buffer buffer;
    return buffer;
}

}  // namespace

codec::Buffer PackedInvocation::take_scratch() {
    // Taken, not borrowed: packing a user's type may itself make an invocation.
    return std::move(scratch());
}

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): small_ is read as far as it is written
PackedInvocation::PackedInvocation(codec::Buffer&& bytes) {
    if (bytes.size() > kSmallBytes) {
        large_ = std::make_shared<const codec::Buffer>(std::move(bytes));
        return;
    }
    small_size_ = static_cast<std::uint8_t>(bytes.size());
    std::memcpy(small_.data(), bytes.data(), bytes.size());
    bytes.clear(kScratchKeptBytes);
    scratch() = std::move(bytes);
}

PackedInvocation PackedInvocation::with_packed_params(
    std::string_view method, codec::Bytes params
) {
    codec::Buffer bytes = take_scratch();
    codec::pack_str(bytes, method);
    bytes.append(params);
    return PackedInvocation{std::move(bytes)};
}

std::string_view PackedInvocation::method() const {
    return codec::Reader{body()}.read_text().value_or(std::string_view{});
}

void PackedInvocation::set_metadata(std::string_view name, std::string_view value) {
    metadata_.set(name, value);
    needs_metadata_ = true;
}

void PackedInvocation::offer_metadata(std::string_view name, std::string_view value) {
    if (!metadata_.has_room(name, value)) return;
    metadata_.set(name, value);
    awaits_hello_ = true;
}

Deadline PackedInvocation::inherit(Deadline deadline) {
    const Context* const context = Context::current();
    if (context == nullptr) return deadline;
    for (const std::string_view name : {kTraceParent, kTraceState, kRequestId}) {
        const auto value = context->metadata().find(name);
        if (value && !metadata_.contains(name)) offer_metadata(name, *value);
    }
    if (!context->deadline().is_never()) awaits_hello_ = true;
    return deadline.earlier(context->deadline());
}

}  // namespace rollcall::rpc
