#pragma once
// The name that was probably meant.

#include <span>
#include <string>
#include <string_view>

namespace rollcall::rpc {

// The candidate nearest to `name` within two edits (and never more than a third of its length), or
// empty. Cost is bounded whatever a peer sends: names longer than 64 bytes have no neighbour, and
// at most 256 candidates are looked at.
[[nodiscard]] std::string_view nearest_name(
    std::string_view name, std::span<const std::string_view> candidates
);

}  // namespace rollcall::rpc
